/**
 * The Socket.IO packet as a value. On the wire there are seven kinds; two of them only say "the same,
 * with attachments", so that past the decoder there are five. What is typed here has been checked: no
 * other file looks at the shape of a packet again.
 * Source: Socket.IO protocol, revision 5, "Packet types".
 */

/** The digits that open a packet on the wire. */
export const PacketType = {
  CONNECT: 0,
  DISCONNECT: 1,
  EVENT: 2,
  ACK: 3,
  CONNECT_ERROR: 4,
  BINARY_EVENT: 5,
  BINARY_ACK: 6,
} as const;

/** A client asks for a namespace (`data` is what it says of itself), or the server grants it (`data.sid`). */
export interface ConnectPacket {
  readonly type: typeof PacketType.CONNECT;
  readonly nsp: string;
  readonly data?: Readonly<Record<string, unknown>> | undefined;
}

/** Either side leaves a namespace. It carries nothing and is not answered. */
export interface DisconnectPacket {
  readonly type: typeof PacketType.DISCONNECT;
  readonly nsp: string;
}

/** `data` is the event's name and its arguments; `id` is there when an acknowledgement is wanted (0 counts). */
export interface EventPacket {
  readonly type: typeof PacketType.EVENT;
  readonly nsp: string;
  readonly id?: number | undefined;
  readonly data: readonly [name: string | number, ...args: unknown[]];
}

/** The answer to an event: `data` are its arguments. Without an `id` it answers nothing and is ignored. */
export interface AckPacket {
  readonly type: typeof PacketType.ACK;
  readonly nsp: string;
  readonly id?: number | undefined;
  readonly data: readonly unknown[];
}

/** A namespace is refused. The connection and its other namespaces live on. */
export interface ConnectErrorPacket {
  readonly type: typeof PacketType.CONNECT_ERROR;
  readonly nsp: string;
  readonly data: Refusal | string;
}

/** What a refused client gets as its `connect_error`: `err.message` and `err.data`. */
export interface Refusal {
  readonly message: string;
  readonly data?: unknown;
}

export type Packet = ConnectPacket | DisconnectPacket | EventPacket | AckPacket | ConnectErrorPacket;

/** Names that the protocol and every client keep for themselves: never an event, in either direction. */
export const RESERVED_EVENTS: ReadonlySet<string> = new Set([
  'connect',
  'connect_error',
  'disconnect',
  'disconnecting',
  'newListener',
  'removeListener',
]);
