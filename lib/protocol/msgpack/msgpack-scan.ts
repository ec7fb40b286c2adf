/**
 * Checks a MessagePack message before it is decoded. A decoder allocates what a header announces, and six bytes can
 * announce an array of four thousand million items. This scan follows every length through the bytes and allocates
 * nothing but one number per level, so that the decoder gets only messages whose announcements are true.
 * Source: the MessagePack specification, "Formats".
 */
import { ProtocolError } from '../../errors.js';
import { tooDeep, tooMany } from '../containers.js';
import type { PacketLimits } from '../packet-limits.js';

/** The formats 0xc0 to 0xdf. The other formats have their length, or their value, in the first byte. */
interface Format {
  /** Bytes of the length that follows the first byte. */
  readonly lengthBytes: number;
  /** Bytes of fixed size that follow. */
  readonly fixed: number;
  /** Values that follow for each unit of the length; 0 if the length counts bytes. */
  readonly itemsPerUnit: number;
}

const format = (lengthBytes: number, fixed = 0, itemsPerUnit = 0): Format => ({ lengthBytes, fixed, itemsPerUnit });

const NOTHING = format(0);

const FORMATS: readonly (Format | null)[] = [
  NOTHING, // nil
  null, // never used
  NOTHING, // false
  NOTHING, // true
  ...[1, 2, 4].map((length) => format(length)), // bin
  ...[1, 2, 4].map((length) => format(length, 1)), // ext, with a byte for its type
  ...[4, 8].map((bytes) => format(0, bytes)), // float
  ...[1, 2, 4, 8].map((bytes) => format(0, bytes)), // uint
  ...[1, 2, 4, 8].map((bytes) => format(0, bytes)), // int
  ...[1, 2, 4, 8, 16].map((bytes) => format(0, 1 + bytes)), // fixext
  ...[1, 2, 4].map((length) => format(length)), // str
  ...[2, 4].map((length) => format(length, 0, 1)), // array
  ...[2, 4].map((length) => format(length, 0, 2)), // map
];

/**
 * Checks that the bytes are one complete MessagePack value within the limits.
 * @returns the number of arrays and maps in it
 * @throws ProtocolError
 */
export function scanMessagePack(bytes: Uint8Array, limits: Pick<PacketLimits, 'depth' | 'containers'>): number {
  // The map that holds the packet is no part of its payload, to which the limits apply.
  const [maxDepth, maxContainers] = [limits.depth + 1, limits.containers + 1];
  /** The values that each open array or map, except the innermost, still expects. */
  const outer: number[] = [];
  let [at, containers] = [0, 0];
  let expected = 1;
  let pending = 1; // the values that are still expected, on all levels

  while (pending > 0) {
    while (expected === 0) expected = outer.pop() as number;
    if (pending > bytes.length - at) throw truncated();
    expected--;
    pending--;
    const head = bytes[at++] as number;
    let [length, items] = [0, -1];
    if (head < 0x80 || head >= 0xe0) continue; // fixint
    if (head < 0x90) items = 2 * (head & 0x0f);
    else if (head < 0xa0) items = head & 0x0f;
    else if (head < 0xc0) length = head & 0x1f;
    else {
      const format = FORMATS[head - 0xc0] as Format | null;
      if (format === null) throw new ProtocolError('the message is not MessagePack');
      const { lengthBytes, fixed, itemsPerUnit } = format;
      if (at + lengthBytes > bytes.length) throw truncated();
      for (const end = at + lengthBytes; at < end; at++) length = length * 256 + (bytes[at] as number);
      if (itemsPerUnit > 0) [length, items] = [0, length * itemsPerUnit];
      length += fixed;
    }
    if (length > bytes.length - at) throw truncated();
    at += length;
    if (items === -1) continue;
    if (outer.length >= maxDepth) throw tooDeep();
    if (++containers > maxContainers) throw tooMany();
    if (items > bytes.length - at) throw truncated();
    outer.push(expected);
    expected = items;
    pending += items;
  }
  if (at < bytes.length) throw new ProtocolError('there are bytes after the MessagePack value');
  return containers;
}

function truncated(): ProtocolError {
  return new ProtocolError('the MessagePack value announces more than the message holds');
}
