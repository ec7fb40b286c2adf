/** Bulletins for property tests, and their records as a reader reports them. */
import {
  type Arbitrary,
  array,
  boolean,
  constant,
  constantFrom,
  integer,
  oneof,
  record,
  string,
  uint8Array,
} from 'fast-check';
import { Bulletin } from '../../lib/cluster/bulletin/bulletin.js';
import { BulletinWriter } from '../../lib/cluster/bulletin/bulletin-writer.js';
import { Message } from '../../lib/engine/internal.js';
import type { Encoded } from '../../lib/protocol/internal.js';
import { BroadcastTarget, type Flags } from '../../lib/server/internal.js';

export const NODE = 'node-00001';

/** A call of the writer, which is also the call of the visitor that it leads to. */
export type Entry =
  | {
      readonly namespace: string;
      readonly rooms: readonly string[] | null;
      readonly excepted: readonly string[];
      readonly flags: Flags;
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
    broadcast: ({ namespace, target, wire, event, index }) => calls.push([namespace, target, wire, event, index]),
    message: (packet) => calls.push([packet]),
  });
  return calls;
}

/** The trace contexts of the records of a bulletin, in hexadecimal digits. */
export function contexts(bytes: Buffer): (string | null)[] {
  const found: (string | null)[] = [];
  const note = (_record: unknown, context: Uint8Array | null): void => {
    found.push(context === null ? null : Buffer.from(context).toString('hex'));
  };
  Bulletin.read(bytes).visit({ broadcast: note, message: note });
  return found;
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

const LONG_TEXTS = [31, 32, 254, 255].map((length) => 'r'.repeat(length)).concat('é'.repeat(127), 'é'.repeat(128));
const LONG_PARTS = [125, 126, 65_535, 65_536].map((length) => Buffer.alloc(length));

/** Any character but a lone surrogate, half of them ASCII. The unit `binary` of fast-check takes a second to create. */
const character = oneof(integer({ max: 0x7f, min: 0 }), integer({ max: 0x10_ffff - 0x800, min: 0 })).map((number) =>
  String.fromCodePoint(number < 0xd800 ? number : number + 0x800),
);

/** @param isLong whether there are strings and attachments at whose lengths the form of the length changes */
export function entries(isLong: boolean): Arbitrary<Entry[]> {
  const text = oneof(string({ unit: character, maxLength: 8 }), constantFrom('', '/', ...(isLong ? LONG_TEXTS : [])));
  const bytes = uint8Array({ maxLength: 6 }).map((data) => Buffer.from(data));
  const part = isLong ? oneof(text, bytes, constantFrom(...LONG_PARTS)) : oneof(text, bytes);
  // An array with one text is read as that text.
  const parts = array(part, { maxLength: 4 }).filter(({ length, 0: first }) => length !== 1 || first instanceof Buffer);
  const flags = constantFrom<Flags[]>({}, { volatile: true }, { compress: false }, { volatile: true, compress: false });
  const broadcast = record({
    namespace: text,
    rooms: oneof(constant(null), array(text, { maxLength: 3 })),
    excepted: array(text, { maxLength: 2 }),
    flags,
    wire: array(part, { minLength: 1, maxLength: 3 }).map((packet) => Message.of(packet).wire),
    kept: boolean(),
  });
  return array(oneof(broadcast, record({ packet: oneof(text, parts) })), { maxLength: 5 });
}
