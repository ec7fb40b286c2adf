/** Reads the fields of a record one after the other. None of them may reach past the end of the record. */
import { LONG, TIME_LENGTH } from './format.js';
import { MalformedBulletin } from './malformed-bulletin.js';

const NONE: readonly string[] = [];

export class FieldReader {
  /** Where the next field starts. */
  at = 0;
  #end = 0;
  /** The result of {@link repeatedString}, and where its bytes are. */
  #last = '';
  #lastStart = 0;
  #lastEnd = 0;

  constructor(readonly bytes: Buffer) {}

  /** Continues with the record whose body has these bounds. */
  open(start: number, end: number): void {
    this.at = start;
    this.#end = end;
  }

  get isAtEnd(): boolean {
    return this.at === this.#end;
  }

  get end(): number {
    return this.#end;
  }

  byte(): number {
    return this.bytes[this.#skip(1)] as number;
  }

  uint32(): number {
    return this.bytes.readUInt32BE(this.#skip(4));
  }

  /** ms since 1970 */
  time(): number {
    return this.bytes.readUIntBE(this.#skip(TIME_LENGTH), TIME_LENGTH);
  }

  text(length: number): string {
    const start = this.#skip(length);
    return this.bytes.toString('utf8', start, this.at);
  }

  string(): string {
    return this.text(this.#count());
  }

  /** Reads a string that is mostly the same in consecutive records. It is decoded only if it differs. */
  repeatedString(): string {
    const length = this.#count();
    const start = this.#skip(length);
    if (!this.#isLast(start, length)) {
      this.#last = this.bytes.toString('utf8', start, this.at);
      this.#lastStart = start;
      this.#lastEnd = this.at;
    }
    return this.#last;
  }

  strings(): readonly string[] {
    const count = this.#count();
    if (count === 0) return NONE;
    const strings = [this.string()]; // grows: the announced count may be wrong
    while (strings.length < count) strings.push(this.string());
    return strings;
  }

  /** Copies bytes, so that they do not keep the bulletin in memory. */
  copy(length: number): Buffer {
    const start = this.#skip(length);
    return Buffer.from(this.bytes.subarray(start, this.at));
  }

  /** The length of a string, or the number of items in a list. */
  #count(): number {
    const first = this.byte();
    return first === LONG ? this.uint32() : first;
  }

  /** @returns where the skipped bytes start */
  #skip(length: number): number {
    const start = this.at;
    if (length > this.#end - start) throw new MalformedBulletin('a field reaches past the end of its record');
    this.at = start + length;
    return start;
  }

  #isLast(start: number, length: number): boolean {
    const { bytes } = this;
    if (length !== this.#lastEnd - this.#lastStart) return false;
    for (let i = 0; i < length; i++) if (bytes[start + i] !== bytes[this.#lastStart + i]) return false;
    return true;
  }
}
