/**
 * The Engine.IO packet inside one WebSocket message: a digit that names the kind, then its data. A
 * binary message is always a `message` and carries no digit.
 * Source: Engine.IO protocol, revision 4, "Packet encoding".
 */

/** What the digit means, in its order. */
export const ENGINE_PACKETS = ['open', 'close', 'ping', 'pong', 'message', 'upgrade', 'noop'] as const;

export type EnginePacketKind = (typeof ENGINE_PACKETS)[number];

/** The character code that stands before every text message of Socket.IO. */
export const MESSAGE_PREFIX = 52;

const ZERO = 48;

/** The kind of a text message, or `null` when its first character names none. */
export function enginePacketKind(text: string): EnginePacketKind | null {
  return ENGINE_PACKETS[text.charCodeAt(0) - ZERO] ?? null;
}

/** A text message of that kind. */
export function encodeEnginePacket(kind: EnginePacketKind, data = ''): string {
  return `${ENGINE_PACKETS.indexOf(kind)}${data}`;
}

/**
 * The bytes of a text message `b<base64>`, a form of binary message that the protocol knows from long
 * polling and that is accepted here too; `null` when it is not one.
 */
export function decodeBase64Message(text: string): Uint8Array | null {
  if (text.charCodeAt(0) !== 98 /* b */) return null;
  const bytes = Buffer.from(text.slice(1), 'base64');
  // Node skips what is not base64; a sound text comes out again as it went in, but for its padding.
  const sound = bytes.toString('base64').replace(/=+$/, '') === text.slice(1).replace(/={1,2}$/, '');
  return sound ? bytes : null;
}

/** What the server says first. Source: Engine.IO protocol, revision 4, "Handshake". */
export interface OpenPacket {
  readonly sid: string;
  /** ms */
  readonly pingInterval: number;
  /** ms */
  readonly pingTimeout: number;
  /** bytes */
  readonly maxPayload: number;
}

/** The open packet as text: exactly the five keys of the protocol. Over WebSocket there is nothing to upgrade to. */
export function encodeOpenPacket({ sid, pingInterval, pingTimeout, maxPayload }: OpenPacket): string {
  return encodeEnginePacket('open', JSON.stringify({ sid, upgrades: [], pingInterval, pingTimeout, maxPayload }));
}
