/** Writes a bulletin, in a buffer that is used again for the next one. */
import type { Encoded } from '../../protocol/internal.js';
import type { BroadcastTarget } from '../../server/internal.js';
import {
  FLAG,
  HEADER,
  LONG,
  NODE_LENGTH,
  PART,
  RECORD,
  RECORD_HEADER_LENGTH,
  SIGNATURE,
  TIME_LENGTH,
  VERSION,
} from './format.js';

/** Bytes of the buffer at first: enough for most turns. */
const INITIAL_LENGTH = 16_384;

/** A larger buffer is released after its bulletin, so that one very large turn does not hold memory permanently. */
const MAX_KEPT_LENGTH = 262_144;

/** Shorter strings are written in a loop: a call of `Buffer.write` takes three times as long. */
const SHORT = 32;

/** The most bytes of a UTF-16 code unit in UTF-8. */
const MAX_UNIT_LENGTH = 3;

/** The most bytes of a length in front of a string, a list or a part; in front of a part, this includes its tag. */
const MAX_COUNT_LENGTH = 5;

export class BulletinWriter {
  readonly #node: string;
  readonly #codec: number;
  #buffer = Buffer.allocUnsafeSlow(INITIAL_LENGTH);
  #at: number = HEADER.length;
  #sequence = 1;
  /** Kept events before this bulletin. */
  #firstEvent = 0;
  /** Kept events so far. */
  #events = 0;
  /** The time of the next broadcast, if it has one; 0 until a time is appended to this bulletin. */
  #time = 0;

  /**
   * @param node 10 characters of latin1
   * @param codec identifies the codec of all packets
   */
  constructor(node: string, codec: number) {
    if (node.length !== NODE_LENGTH) {
      throw new Error(`the id of a node must have ${NODE_LENGTH} characters, got ${JSON.stringify(node)}`);
    }
    this.#node = node;
    this.#codec = codec;
  }

  // --- Public attributes ---

  get isEmpty(): boolean {
    return this.#at === HEADER.length;
  }

  /** The number of kept events so far, in all bulletins. */
  get events(): number {
    return this.#events;
  }

  /** Bytes so far, with the header. */
  get size(): number {
    return this.#at;
  }

  // --- Public methods ---

  /**
   * Appends a broadcast.
   * @param kept whether the event can be replayed: it counts in `firstEvent` of the next bulletin
   * @param wire the frames of a packet
   * @param at when it was sent, in ms since 1970; 0 if the other servers need not know
   */
  broadcast(namespace: string, target: BroadcastTarget, kept: boolean, wire: Buffer, at = 0): void {
    const { rooms, excepted, flags } = target;
    let length = 1 + maxLength(namespace) + maxLengthOfAll(excepted) + wire.length;
    if (rooms !== null) length += maxLengthOfAll(rooms);
    if (at !== 0 && at !== this.#time) this.#sentAt(at, RECORD_HEADER_LENGTH + length + maxLengthOfKey(flags.latest));
    if (flags.latest !== undefined) this.#latest(flags.latest, RECORD_HEADER_LENGTH + length);
    const start = this.#open(RECORD.broadcast, length);
    this.#buffer[this.#at++] =
      (flags.volatile === true ? FLAG.volatile : 0) |
      (flags.compress === false ? FLAG.uncompressed : 0) |
      (rooms === null ? 0 : FLAG.rooms) |
      (kept ? FLAG.kept : 0);
    this.#string(namespace);
    if (rooms !== null) this.#strings(rooms);
    this.#strings(excepted);
    this.#bytes(wire);
    this.#close(start);
    if (kept) this.#events++;
  }

  /** Appends a packet for the other servers themselves. */
  message(packet: Encoded): void {
    const parts = typeof packet === 'string' ? [packet] : packet;
    let length = 0;
    for (const part of parts) length += typeof part === 'string' ? maxLength(part) : MAX_COUNT_LENGTH + part.length;
    const start = this.#open(RECORD.message, length);
    for (const part of parts) {
      const isText = typeof part === 'string';
      this.#buffer[this.#at++] = isText ? PART.text : PART.binary;
      const lengthAt = this.#at;
      this.#at += 4;
      if (isText) this.#at += this.#buffer.write(part, this.#at);
      else this.#bytes(part);
      this.#buffer.writeUInt32BE(this.#at - lengthAt - 4, lengthAt);
    }
    this.#close(start);
  }

  /** Appends the trace context of the next record. Only an append of that record may follow. */
  context(context: Uint8Array): void {
    const start = this.#open(RECORD.context, context.length);
    this.#bytes(context);
    this.#close(start);
  }

  /** Ends the bulletin and begins the next one. */
  take(): Buffer {
    const buffer = this.#buffer;
    buffer.writeUInt16BE(SIGNATURE, 0);
    buffer[HEADER.version] = VERSION;
    buffer[HEADER.codec] = this.#codec;
    buffer.write(this.#node, HEADER.node, 'latin1');
    buffer.writeUIntBE(this.#sequence++, HEADER.sequence, 6);
    buffer.writeUIntBE(this.#firstEvent, HEADER.firstEvent, 6);
    const bytes = Buffer.from(buffer.subarray(0, this.#at));
    this.#at = HEADER.length;
    this.#firstEvent = this.#events;
    this.#time = 0;
    if (buffer.length > MAX_KEPT_LENGTH) this.#buffer = Buffer.allocUnsafeSlow(INITIAL_LENGTH);
    return bytes;
  }

  // --- Inside ---

  /**
   * Appends the time of the next broadcasts, which older readers skip. Events of one turn mostly share it.
   * @param following as for {@link #latest}
   */
  #sentAt(at: number, following: number): void {
    const start = this.#open(RECORD.time, TIME_LENGTH + following);
    this.#at = this.#buffer.writeUIntBE(at, this.#at, TIME_LENGTH);
    this.#close(start);
    this.#time = at;
  }

  /**
   * Appends the key of the next broadcast. It is a record of its own, which older readers skip: they know all fields of
   * a broadcast.
   * @param following the most bytes of the broadcast, for which there must be memory, too
   */
  #latest(key: string, following: number): void {
    const start = this.#open(RECORD.latest, key.length * MAX_UNIT_LENGTH + following);
    this.#at += this.#buffer.write(key, this.#at);
    this.#close(start);
  }

  /**
   * Begins a record. Only this step can fail, for want of memory, and it leaves the bulletin as it is.
   * @param maxLength the most bytes that the body can take
   * @returns where the record starts
   */
  #open(type: number, maxLength: number): number {
    const start = this.#at;
    const length = start + RECORD_HEADER_LENGTH + maxLength;
    if (length > this.#buffer.length) {
      const buffer = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#buffer.length));
      buffer.set(this.#buffer.subarray(0, start));
      this.#buffer = buffer;
    }
    this.#buffer[start] = type;
    this.#at = start + RECORD_HEADER_LENGTH;
    return start;
  }

  #close(start: number): void {
    this.#buffer.writeUInt32BE(this.#at - start - RECORD_HEADER_LENGTH, start + 1);
  }

  #strings(strings: readonly string[]): void {
    this.#count(strings.length);
    for (const string of strings) this.#string(string);
  }

  #string(string: string): void {
    if (string.length < SHORT && this.#ascii(string)) return;
    this.#count(Buffer.byteLength(string));
    this.#at += this.#buffer.write(string, this.#at);
  }

  /** @returns whether the string is ASCII. Otherwise, nothing is written. */
  #ascii(string: string): boolean {
    const buffer = this.#buffer;
    const start = this.#at + 1;
    const { length } = string;
    for (let i = 0; i < length; i++) {
      const code = string.charCodeAt(i);
      if (code > 0x7f) return false;
      buffer[start + i] = code;
    }
    buffer[this.#at] = length;
    this.#at = start + length;
    return true;
  }

  #count(count: number): void {
    if (count < LONG) {
      this.#buffer[this.#at++] = count;
      return;
    }
    this.#buffer[this.#at] = LONG;
    this.#at = this.#buffer.writeUInt32BE(count, this.#at + 1);
  }

  #bytes(bytes: Uint8Array): void {
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }
}

function maxLength(string: string): number {
  return MAX_COUNT_LENGTH + string.length * MAX_UNIT_LENGTH;
}

function maxLengthOfKey(key = ''): number {
  return key.length * MAX_UNIT_LENGTH + RECORD_HEADER_LENGTH;
}

function maxLengthOfAll(strings: readonly string[]): number {
  let length = MAX_COUNT_LENGTH;
  for (const string of strings) length += maxLength(string);
  return length;
}
