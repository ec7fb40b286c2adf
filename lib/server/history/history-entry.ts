/** An event in the history of a room. */
import { arePacketFrames, Message } from '../../engine/internal.js';
import type { MessageCopies } from '../recovery/message-copies.js';

/** Bytes of the objects around the frames of an entry, measured roughly. */
const ENTRY_WEIGHT = 300;

/** The first byte of an encoded entry. */
const VERSION = 1;

/** Bytes before the fields of an encoded entry: the version, and the length of the fields. */
const PREFIX = 5;

/** The fields of an encoded entry, besides its frames. */
interface Fields {
  readonly n: string;
  readonly i: number;
  readonly t: number;
  /** The codec of the frames. */
  readonly p: string;
  /** Set if it is not compressed. */
  readonly u?: 1;
  readonly x?: readonly string[];
  readonly k?: string;
}

export class HistoryEntry {
  constructor(
    /** The id of the server that sent the event. */
    readonly node: string,
    /** Its number among the events of that server. */
    readonly number: number,
    /** When it was sent, by the clock of that server, in ms since 1970. */
    readonly at: number,
    /** The event as clients get it, without an offset. It has the key of the entry. */
    readonly message: Message,
    /** Rooms and ids of sockets that were left out. */
    readonly excepted: readonly string[],
    /** An entry with a key replaces the earlier entry with the same key. */
    readonly key: string | null,
    /** The rooms that it was sent to, while it is delivered. A copy is kept for each of them. */
    readonly rooms: readonly string[] = [],
  ) {}

  /** The same on all servers. */
  get id(): string {
    return `${this.node}.${this.number.toString(36)}`;
  }

  /** Bytes of memory, estimated. */
  get weight(): number {
    return ENTRY_WEIGHT + this.message.wire.length;
  }

  /** Copies the frames, so that the entry does not keep the memory of others. */
  copied(copies: MessageCopies): HistoryEntry {
    const { node, number, at, message, excepted, key } = this;
    return new HistoryEntry(node, number, at, copies.copy(message), excepted, key);
  }

  /** @param codec the name of the codec of its frames */
  encode(codec: string): Buffer {
    const { wire, compress } = this.message;
    const fields: Fields = {
      n: this.node,
      i: this.number,
      t: this.at,
      p: codec,
      ...(!compress && { u: 1 }),
      ...(this.excepted.length > 0 && { x: this.excepted }),
      ...(this.key !== null && { k: this.key }),
    };
    const head = Buffer.from(JSON.stringify(fields));
    const bytes = Buffer.allocUnsafe(PREFIX + head.length + wire.length);
    bytes[0] = VERSION;
    bytes.writeUInt32BE(head.length, 1);
    head.copy(bytes, PREFIX);
    wire.copy(bytes, PREFIX + head.length);
    return bytes;
  }

  /** @returns `null` for bytes of another version, codec or program */
  static decode(bytes: Buffer, codec: string): HistoryEntry | null {
    if (bytes.length < PREFIX || bytes[0] !== VERSION) return null;
    const start = PREFIX + bytes.readUInt32BE(1);
    if (start >= bytes.length || !arePacketFrames(bytes, start, bytes.length)) return null;
    const fields = fieldsIn(bytes.toString('utf8', PREFIX, start));
    if (fields === null || fields.p !== codec) return null;
    const { n, i, t, u, x = [], k = null } = fields;
    return new HistoryEntry(n, i, t, new Message(bytes.subarray(start), u === undefined, k), x, k);
  }
}

function fieldsIn(text: string): Fields | null {
  let fields: Partial<Fields> | null;
  try {
    fields = JSON.parse(text) as Partial<Fields> | null;
  } catch {
    return null;
  }
  const { n, i, t, p, x = [], k = '' } = fields ?? {};
  const isWhole = typeof n === 'string' && Number.isSafeInteger(i) && Number.isFinite(t) && typeof p === 'string';
  const areTexts = Array.isArray(x) && [...x, k].every((text: unknown) => typeof text === 'string');
  return isWhole && areTexts ? (fields as Fields) : null;
}
