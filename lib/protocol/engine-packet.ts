/**
 * The Engine.IO packet in a WebSocket message: a digit for its kind, followed by its data. A binary message is always
 * a `message` and has no digit.
 * Source: Engine.IO protocol, revision 4, "Packet encoding".
 */

/** The kinds of packet; the index of each is its digit. */
export const ENGINE_PACKETS = ['open', 'close', 'ping', 'pong', 'message', 'upgrade', 'noop'] as const;

export type EnginePacketKind = (typeof ENGINE_PACKETS)[number];

/** The character code of the digit for `message`, which precedes every Socket.IO packet that is text. */
export const MESSAGE_PREFIX = 52;

const ZERO = 48;

/** @returns the kind of a text message; `null` if its first character is not the digit of a kind */
export function enginePacketKind(text: string): EnginePacketKind | null {
  return ENGINE_PACKETS[text.charCodeAt(0) - ZERO] ?? null;
}

export function encodeEnginePacket(kind: EnginePacketKind, data = ''): string {
  return `${ENGINE_PACKETS.indexOf(kind)}${data}`;
}

/**
 * Decodes a text message `b<base64>`, the form of binary messages in long polling, which is also accepted here.
 * @returns `null` for any other text
 */
export function decodeBase64Message(text: string): Uint8Array | null {
  if (text.charCodeAt(0) !== 98 /* b */) return null;
  const bytes = Buffer.from(text.slice(1), 'base64');
  // Node skips illegal characters. Apart from padding, only valid base64 is the same after a round trip.
  const isValid = bytes.toString('base64').replace(/=+$/, '') === text.slice(1).replace(/={1,2}$/, '');
  return isValid ? bytes : null;
}

/** The first packet of a connection, sent by the server. Source: Engine.IO protocol, revision 4, "Handshake". */
export interface OpenPacket {
  readonly sid: string;
  /** ms */
  readonly pingInterval: number;
  /** ms */
  readonly pingTimeout: number;
  /** bytes */
  readonly maxPayload: number;
}

/** Encodes the open packet with the five keys of the protocol. `upgrades` is empty: a WebSocket cannot be upgraded. */
export function encodeOpenPacket({ sid, pingInterval, pingTimeout, maxPayload }: OpenPacket): string {
  return encodeEnginePacket('open', JSON.stringify({ sid, upgrades: [], pingInterval, pingTimeout, maxPayload }));
}
