/** Reads a bulletin. Its bytes come from a channel to which other programs may write, so nothing in them is trusted. */
import { arePacketFrames } from '../../engine/internal.js';
import type { Encoded } from '../../protocol/internal.js';
import { BroadcastTarget, type Flags } from '../../server/internal.js';
import { FieldReader } from './field-reader.js';
import { FLAG, HEADER, NODE_LENGTH, PART, RECORD, RECORD_HEADER_LENGTH, SIGNATURE, VERSION } from './format.js';
import { MalformedBulletin } from './malformed-bulletin.js';

export { MalformedBulletin };

/**
 * The records of a bulletin, one call for each. Records of unknown types are left out.
 * A `context` is that of the trace to which the record belongs; it has not been checked.
 */
export interface BulletinVisitor {
  broadcast(record: BroadcastRecord, context: Uint8Array | null): void;
  message(packet: Encoded, context: Uint8Array | null): void;
}

/** Thrown for a bulletin in another version of the format, during a deploy for example. */
export class UnknownVersion extends Error {
  override readonly name = 'UnknownVersion';

  constructor(readonly version: number) {
    super(`a bulletin must have version ${VERSION} of the format, got version ${version}`);
  }
}

/** A broadcast in a bulletin. Its frames are a view of the bulletin, made only if the event has a receiver here. */
export class BroadcastRecord {
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #end: number;
  #wire: Buffer | null = null;

  constructor(
    readonly namespace: string,
    readonly target: BroadcastTarget,
    /** Number of the event among the kept events of its node, from 1; 0 if it is not kept. */
    readonly event: number,
    /** Position of the record in the bulletin, from 0. */
    readonly index: number,
    /** When it was sent, in ms since 1970; 0 if its node did not say. */
    readonly at: number,
    bytes: Buffer,
    start: number,
    end: number,
  ) {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  /** Frames as clients get them. They keep the bulletin in memory. */
  get wire(): Buffer {
    return (this.#wire ??= this.#bytes.subarray(this.#start, this.#end));
  }
}

/** Flags by the bits of {@link FLAG} that concern them. */
const FLAGS: readonly Flags[] = [{}, { volatile: true }, { compress: false }, { volatile: true, compress: false }];

export class Bulletin {
  readonly version = VERSION;
  readonly codec: number;
  readonly node: string;
  readonly sequence: number;
  readonly firstEvent: number;
  readonly #bytes: Buffer;

  private constructor(bytes: Buffer) {
    this.codec = bytes[HEADER.codec] as number;
    this.node = bytes.toString('latin1', HEADER.node, HEADER.node + NODE_LENGTH);
    this.sequence = bytes.readUIntBE(HEADER.sequence, 6);
    this.firstEvent = bytes.readUIntBE(HEADER.firstEvent, 6);
    this.#bytes = bytes;
  }

  /**
   * Reads the header, and checks that the records end where the bytes end.
   * @throws MalformedBulletin, UnknownVersion
   */
  static read(bytes: Buffer): Bulletin {
    if (bytes.length <= HEADER.version || bytes.readUInt16BE(0) !== SIGNATURE) {
      throw new MalformedBulletin('it does not start with NS');
    }
    const version = bytes[HEADER.version] as number;
    if (version !== VERSION) throw new UnknownVersion(version);
    if (bytes.length < HEADER.length) throw new MalformedBulletin('its header is incomplete');
    for (let at: number = HEADER.length; at < bytes.length;) {
      at = bodyEnd(bytes, at);
      if (at > bytes.length) throw new MalformedBulletin('its last record is incomplete');
    }
    return new Bulletin(bytes);
  }

  /** The number of kept events after which the next bulletin of its node starts. Decodes nothing. */
  get lastEvent(): number {
    const bytes = this.#bytes;
    let last = this.firstEvent;
    for (let at: number = HEADER.length; at < bytes.length; at = bodyEnd(bytes, at)) {
      const flags = bytes[at + RECORD_HEADER_LENGTH] as number;
      if (bytes[at] === RECORD.broadcast && bytes.readUInt32BE(at + 1) > 0 && (flags & FLAG.kept) !== 0) last++;
    }
    return last;
  }

  /**
   * Visits the records in order. All are checked before the first visit, so a malformed bulletin has no effect.
   * @throws MalformedBulletin
   */
  visit(visitor: BulletinVisitor): void {
    let context: Uint8Array | null = null;
    for (const record of this.#decode()) {
      if (record instanceof BroadcastRecord) visitor.broadcast(record, context);
      else if (!(record instanceof Uint8Array)) visitor.message(record, context);
      context = record instanceof Uint8Array ? record : null;
    }
  }

  /** A context comes before the record that it belongs to. */
  #decode(): (BroadcastRecord | Encoded | Uint8Array)[] {
    const bytes = this.#bytes;
    const reader = new FieldReader(bytes);
    const records: (BroadcastRecord | Encoded | Uint8Array)[] = [];
    let event = this.firstEvent;
    let latest: string | null = null;
    let time = 0;
    let end: number;
    for (let at: number = HEADER.length, index = 0; at < bytes.length; at = end, index++) {
      end = bodyEnd(bytes, at);
      const type = bytes[at];
      reader.open(at + RECORD_HEADER_LENGTH, end);
      if (type === RECORD.broadcast) {
        const flags = reader.byte();
        const isKept = (flags & FLAG.kept) !== 0;
        if (isKept) event++;
        const namespace = reader.repeatedString();
        const rooms = (flags & FLAG.rooms) === 0 ? null : reader.strings();
        const target = BroadcastTarget.of(rooms, reader.strings(), flagsOf(flags, latest));
        latest = null;
        checkFrames(reader);
        const number = isKept ? event : 0;
        records.push(new BroadcastRecord(namespace, target, number, index, time, bytes, reader.at, end));
      } else if (type === RECORD.message) {
        records.push(readPacket(reader));
      } else if (type === RECORD.context) {
        records.push(bytes.subarray(reader.at, end));
      } else if (type === RECORD.latest) {
        latest = reader.text(end - reader.at);
      } else if (type === RECORD.time) {
        time = reader.time();
      } else if (records.at(-1) instanceof Uint8Array) {
        records.pop(); // the context of a record that is left out
      }
    }
    return records;
  }
}

/** Returns where the record that starts here ends, which may be past the end of the bytes. */
function bodyEnd(bytes: Buffer, at: number): number {
  const body = at + RECORD_HEADER_LENGTH;
  return body > bytes.length ? body : body + bytes.readUInt32BE(at + 1);
}

/** @param latest the key in the record before the broadcast */
function flagsOf(bits: number, latest: string | null): Flags {
  const flags = FLAGS[bits & 3] as Flags;
  return latest === null ? flags : { ...flags, latest };
}

function checkFrames({ bytes, at, end }: FieldReader): void {
  if (arePacketFrames(bytes, at, end)) return;
  throw new MalformedBulletin('a broadcast is not made of the frames of a packet');
}

function readPacket(reader: FieldReader): Encoded {
  const parts: (string | Buffer)[] = [];
  while (!reader.isAtEnd) {
    const tag = reader.byte();
    if (tag === PART.text) parts.push(reader.text(reader.uint32()));
    else if (tag === PART.binary) parts.push(reader.copy(reader.uint32()));
    else throw new MalformedBulletin(`a part of a message must be text (0) or binary (1), got ${tag}`);
  }
  const [first] = parts;
  return parts.length === 1 && typeof first === 'string' ? first : parts;
}
