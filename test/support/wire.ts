/** Helpers to write wire data in tests. */
import type { Packet, PacketDecoder } from '../../lib/protocol/internal.js';

/** One WebSocket message: a text with its Engine.IO prefix, or bytes. */
export type Message = string | Uint8Array;

/** Decodes hexadecimal digits. */
export function bytes(hex: string): Buffer {
  return Buffer.from(hex, 'hex');
}

/** Returns the same bytes as a view into a larger buffer, as a socket delivers them. */
export function pooled(data: Uint8Array): Uint8Array {
  const pool = Buffer.alloc(data.length + 16, 0xee);
  pool.set(data, 8);
  return pool.subarray(8, 8 + data.length);
}

/** Returns the JSON placeholder of binary part number `num`. */
export function placeholder(num: unknown): string {
  return `{"_placeholder":true,"num":${JSON.stringify(num)}}`;
}

/** Returns the JSON of `depth` nested arrays. */
export function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}

/** Passes the messages of one client to a decoder, and returns the result of each. */
export function feed(decoder: PacketDecoder, ...messages: readonly Message[]): (Packet | null)[] {
  return messages.map((message) => (typeof message === 'string' ? decoder.text(message, 1) : decoder.binary(message)));
}

/** Returns the data of a packet, for tests that know its type. */
export function dataOf(packet: Packet | null | undefined): unknown {
  return packet && 'data' in packet ? packet.data : undefined;
}
