/**
 * Engine.IO packets as listeners of a connection see them. Created only if there are listeners.
 * Source: Engine.IO, the events `packet` and `packetCreate` of its `Socket`.
 */
import { decodeBase64Message, type EnginePacketKind, enginePacketKind } from '../../protocol/internal.js';
import type { Message } from './message.js';

/**
 * One Engine.IO packet, incoming or outgoing.
 * @publicApi
 */
export interface EnginePacket {
  /** `error` for text that is not a packet; its connection is closed. */
  readonly type: EnginePacketKind | 'error';
  /** The content after the digit of the packet's kind; left out if empty. */
  readonly data?: string | Buffer;
  /** Set on outgoing packets. */
  readonly options?: { readonly compress: boolean };
}

/** @param message one incoming WebSocket message */
export function shownPacket(message: string | Buffer): EnginePacket {
  if (typeof message !== 'string') return { type: 'message', data: message };
  const type = enginePacketKind(message);
  if (type !== null) return message.length === 1 ? { type } : { type, data: message.slice(1) };
  const bytes = decodeBase64Message(message);
  return bytes === null ? { type: 'error', data: 'parser error' } : { type: 'message', data: bytes as Buffer };
}

/** @returns one packet for each frame of an outgoing message: its text and each of its attachments */
export function shownPackets(message: Message): EnginePacket[] {
  const options = { compress: message.compress };
  return Array.from(message.payloads(), ({ binary, data }) => ({
    ...shownPacket(binary ? data : data.toString()),
    options,
  }));
}
