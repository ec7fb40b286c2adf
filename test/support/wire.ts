/** What goes over the wire, as tests write it down. */
import type { Packet, PacketDecoder } from '../../lib/protocol/index.js';

/** One WebSocket message: a text with its Engine.IO prefix, or bytes. */
export type Message = string | Uint8Array;

/** Bytes written as hexadecimal digits. */
export function bytes(hex: string): Buffer {
  return Buffer.from(hex, 'hex');
}

/** The same bytes as a view into a larger buffer, as a socket hands them over. */
export function pooled(data: Uint8Array): Uint8Array {
  const pool = Buffer.alloc(data.length + 16, 0xee);
  pool.set(data, 8);
  return pool.subarray(8, 8 + data.length);
}

/** The JSON that stands for binary part number `num`. */
export function placeholder(num: unknown): string {
  return `{"_placeholder":true,"num":${JSON.stringify(num)}}`;
}

/** `depth` arrays inside one another. */
export function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}

/** Hands the messages of one client to a decoder; what each of them led to. */
export function feed(decoder: PacketDecoder, ...messages: readonly Message[]): (Packet | null)[] {
  return messages.map((message) => (typeof message === 'string' ? decoder.text(message, 1) : decoder.binary(message)));
}

/** What a packet carries, when the test knows its kind. */
export function dataOf(packet: Packet | null | undefined): unknown {
  return packet && 'data' in packet ? packet.data : undefined;
}
