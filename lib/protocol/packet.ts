/**
 * The Socket.IO packet as a value. Two of the seven types on the wire are events and acknowledgements with attachments,
 * so five types remain after decoding. A value of these types has been validated: no other file checks the shape of a
 * packet again.
 * Source: Socket.IO protocol, revision 5, "Packet types".
 */

/** The digit with which each type of packet starts on the wire. */
export const PacketType = {
  CONNECT: 0,
  DISCONNECT: 1,
  EVENT: 2,
  ACK: 3,
  CONNECT_ERROR: 4,
  BINARY_EVENT: 5,
  BINARY_ACK: 6,
} as const;

/** A client requests a namespace (`data` is its `auth`), or the server accepts the request (`data.sid`). */
export interface ConnectPacket {
  readonly type: typeof PacketType.CONNECT;
  readonly nsp: string;
  readonly data?: Readonly<Record<string, unknown>> | undefined;
  /** Set if the data weighed more than `connectWeight`: it has been dropped. */
  readonly tooLarge?: true;
}

/** Either side leaves a namespace. The packet has no payload and is not answered. */
export interface DisconnectPacket {
  readonly type: typeof PacketType.DISCONNECT;
  readonly nsp: string;
}

/**
 * `data` is the name of the event and its arguments; `id` is set (0 is valid) if an acknowledgement is requested.
 * @publicApi
 */
export interface EventPacket {
  readonly type: typeof PacketType.EVENT;
  readonly nsp: string;
  readonly id?: number | undefined;
  readonly data: readonly [name: string | number, ...args: unknown[]];
}

/** Acknowledges an event with the arguments in `data`. Without an `id` it is ignored. */
export interface AckPacket {
  readonly type: typeof PacketType.ACK;
  readonly nsp: string;
  readonly id?: number | undefined;
  readonly data: readonly unknown[];
}

/** The server refuses a namespace. The connection and its other namespaces stay open. */
export interface ConnectErrorPacket {
  readonly type: typeof PacketType.CONNECT_ERROR;
  readonly nsp: string;
  readonly data: Refusal | string;
}

/** The `connect_error` of a refused client: `err.message` and `err.data`. */
export interface Refusal {
  readonly message: string;
  readonly data?: unknown;
}

export type Packet = ConnectPacket | DisconnectPacket | EventPacket | AckPacket | ConnectErrorPacket;

/** Names reserved by the protocol and the clients. None can be the name of an event, in either direction. */
export const RESERVED_EVENTS: ReadonlySet<string> = new Set([
  'connect',
  'connect_error',
  'disconnect',
  'disconnecting',
  'newListener',
  'removeListener',
]);
