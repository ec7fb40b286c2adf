/**
 * Packets as the events of a connection show them, made only where somebody listens.
 * Source: Engine.IO, the events `packet` and `packetCreate` of its `Socket`.
 */
import { decodeBase64Message, type EnginePacketKind, enginePacketKind } from '../../protocol/index.js';
import type { Message } from './message.js';

/** One Engine.IO packet, in or out. */
export interface EnginePacket {
  /** `error` for a text that is no packet: its connection is closed. */
  readonly type: EnginePacketKind | 'error';
  /** What it carries, without the digit of its kind; left out when that is nothing. */
  readonly data?: string | Buffer;
  /** Of a packet that goes out. */
  readonly options?: { readonly compress: boolean };
}

/** What arrived as one WebSocket message. */
export function packetOf(message: string | Buffer): EnginePacket {
  if (typeof message !== 'string') return { type: 'message', data: message };
  const type = enginePacketKind(message);
  if (type !== null) return message.length === 1 ? { type } : { type, data: message.slice(1) };
  const bytes = decodeBase64Message(message);
  return bytes === null ? { type: 'error', data: 'parser error' } : { type: 'message', data: bytes as Buffer };
}

/** What goes out as one message of ours: a packet with attachments is several here. */
export function packetsOf(message: Message): EnginePacket[] {
  const options = { compress: message.compress };
  return Array.from(message.payloads(), ({ binary, data }) => ({
    ...packetOf(binary ? data : data.toString()),
    options,
  }));
}
