/** Bulletins for property tests, and their records as a reader reports them. */
import { type Arbitrary, array, boolean, constant, constantFrom, oneof, record, string, uint8Array } from 'fast-check';
import { Bulletin } from '../../lib/cluster/bulletin/bulletin.js';
import { BulletinWriter } from '../../lib/cluster/bulletin/bulletin-writer.js';
import { Message } from '../../lib/engine/internal.js';
import type { Encoded } from '../../lib/protocol/internal.js';
import { BroadcastTarget } from '../../lib/server/internal.js';

export const NODE = 'node-00001';

/** A call of the writer, which is also the call of the visitor that it leads to. */
export type Entry =
  | {
      readonly namespace: string;
      readonly rooms: readonly string[] | null;
      readonly excepted: readonly string[];
      readonly flags: { readonly volatile?: true; readonly compress?: false };
      readonly wire: Buffer;
      readonly kept: boolean;
    }
  | { readonly packet: Encoded };

export function write(writer: BulletinWriter, entries: readonly Entry[]): void {
  for (const entry of entries) {
    if ('packet' in entry) writer.message(entry.packet);
    else {
      const { namespace, rooms, excepted, flags, kept, wire } = entry;
      writer.broadcast(namespace, BroadcastTarget.of(rooms, excepted, flags), kept, wire);
    }
  }
}

export function bulletinOf(...entries: readonly Entry[]): Buffer {
  const writer = new BulletinWriter(NODE, 1);
  write(writer, entries);
  return writer.take();
}

/** Reads a bulletin as the calls of its visitor, each with its arguments. */
export function visits(bytes: Buffer): unknown[][] {
  const calls: unknown[][] = [];
  Bulletin.read(bytes).visit({
    broadcast: (...args) => calls.push(args),
    message: (...args) => calls.push(args),
  });
  return calls;
}

/** The calls that {@link visits} returns for a bulletin of these entries. */
export function expectedVisits(entries: readonly Entry[], firstEvent = 0): unknown[][] {
  let event = firstEvent;
  return entries.map((entry, index) => {
    if ('packet' in entry) return [entry.packet];
    const { namespace, rooms, excepted, flags, wire } = entry;
    return [namespace, BroadcastTarget.of(rooms, excepted, flags), wire, entry.kept ? ++event : 0, index];
  });
}

const text = (): Arbitrary<string> =>
  oneof(
    string({ unit: 'binary', maxLength: 8 }),
    constantFrom(
      '',
      '/',
      'r'.repeat(31),
      'r'.repeat(32),
      'r'.repeat(254),
      'r'.repeat(255),
      'é'.repeat(127),
      'é'.repeat(128),
    ),
  );

const bytes = (): Arbitrary<Buffer> =>
  oneof(
    uint8Array({ maxLength: 6 }),
    constantFrom(125, 126, 65_535, 65_536).map((length) => new Uint8Array(length)),
  ).map((data) => Buffer.from(data));

/** A text without parts, which {@link encode} never wraps, or several parts. */
const packet = (): Arbitrary<Encoded> =>
  oneof(
    text(),
    array(oneof(text(), bytes()), { maxLength: 4 }).filter(
      (parts) => parts.length !== 1 || typeof parts[0] !== 'string',
    ),
  );

export const entries = (): Arbitrary<Entry[]> =>
  array(
    oneof(
      record({
        namespace: text(),
        rooms: oneof(constant(null), array(text(), { maxLength: 3 })),
        excepted: array(text(), { maxLength: 2 }),
        flags: constantFrom(
          {},
          { volatile: true as const },
          { compress: false as const },
          { volatile: true as const, compress: false as const },
        ),
        wire: array(oneof(text(), bytes()), { minLength: 1, maxLength: 3 }).map((parts) => Message.of(parts).wire),
        kept: boolean(),
      }),
      record({ packet: packet() }),
    ),
    { maxLength: 5 },
  );
