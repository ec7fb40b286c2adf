/**
 * Generates packets for property tests. Each packet is built from a few random bytes, and every byte is one choice.
 * This is cheap, and it shrinks well: once the bytes run out, every choice is the first and simplest one.
 */
import { type Arbitrary, uint8Array } from 'fast-check';
import { type Packet, PacketType } from '../../lib/protocol/internal.js';

/** Reads bytes as a sequence of choices. */
export class Choices {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Returns a number from 0 to `count - 1`, at most 255. */
  below(count: number): number {
    return (this.#bytes[this.#at++] ?? 0) % count;
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  times<T>(count: number, make: () => T): T[] {
    return Array.from({ length: count }, make);
  }
}

const NAMES = ['e', '', 'message', 'error', '__proto__', 'constructor', 'toString', '1', 'é', '😀', 'a b'];
const KEYS = ['a', 'b', '', '0', '10', 'num', 'constructor', 'toString', 'é', '"', 'a,b'];
const NAMESPACE = [...Array.from('a/09"[]{}-:? \n日😀'), '\ud800'];
const CHARACTERS = [
  ...Array.from('aZ0 ,-/:."\'\\\n\t\u0000\u001f\u007f\u2028\ufeff[]{}é日😀\uffff\ud800'),
  '\udc00',
  '[[[[',
  '"}]',
  '\\"',
  '{"_placeholder":true,"num":0}',
];
const NUMBERS = [0, 1, -1, 10, 0.5, -0, 255, 2 ** 31, -(2 ** 53), 1e21, 1e-7, 5e-324, 1.7976931348623157e308];
const NO_JSON = [undefined, Number.NaN, Number.POSITIVE_INFINITY];
const IDS = [undefined, undefined, 0, 1, 7, 10, 4711, 2 ** 31, 2 ** 32, 1e15, 2 ** 53 - 1];

/**
 * Returns packets of every type that a server or a client may send.
 * @param moreKeys additional keys for objects
 */
export function packets(...moreKeys: readonly string[]): Arbitrary<Packet> {
  const keys = [...KEYS, ...moreKeys];
  return uint8Array({ maxLength: 96, size: 'max' }).map((bytes) => new PacketMaker(new Choices(bytes), keys).packet());
}

/** Makes one packet of these choices, as {@link packets} does. */
export function packetOf(choices: Choices): Packet {
  return new PacketMaker(choices, KEYS).packet();
}

class PacketMaker {
  readonly #choices: Choices;
  readonly #keys: readonly string[];
  #parts = 0;
  #levels = 15; // each other level takes two bytes, so packets never exceed the 64 levels that a decoder accepts

  constructor(choices: Choices, keys: readonly string[]) {
    this.#choices = choices;
    this.#keys = keys;
  }

  packet(): Packet {
    const kind = this.#choices.below(10);
    const nsp = this.#namespace();
    if (kind < 5) {
      this.#parts = 10;
      return { type: PacketType.EVENT, nsp, id: this.#choices.of(IDS), data: [this.#name(), ...this.#values()] };
    }
    if (kind < 7) {
      this.#parts = 10;
      return { type: PacketType.ACK, nsp, id: this.#choices.of(IDS), data: this.#values() };
    }
    if (kind === 7) return { type: PacketType.DISCONNECT, nsp };
    if (kind === 8) return { type: PacketType.CONNECT, nsp, data: this.#choices.of([undefined, this.#object()]) };
    const message = this.#text(CHARACTERS);
    return {
      type: PacketType.CONNECT_ERROR,
      nsp,
      data: this.#choices.of([message, { message }, { message, data: this.#object() }]),
    };
  }

  #namespace(): string {
    const kind = this.#choices.below(8);
    if (kind < 4) return '/';
    return kind < 7 ? `/${this.#text(NAMESPACE)}` : `/${'n'.repeat(254)}`;
  }

  #name(): string | number {
    const kind = this.#choices.below(8);
    if (kind < 4) return this.#choices.of(NAMES);
    return kind < 7 ? `~${this.#text(CHARACTERS)}` : this.#choices.of(NUMBERS);
  }

  #text(characters: readonly string[]): string {
    return this.#choices.times(this.#choices.below(6), () => this.#choices.of(characters)).join('');
  }

  #values(): unknown[] {
    return this.#choices.times(this.#choices.below(6), () => this.#value());
  }

  #object(): Record<string, unknown> {
    const entry = () => [this.#choices.of(this.#keys), this.#value()] as const;
    return Object.fromEntries(this.#choices.times(this.#choices.below(4), entry));
  }

  #value(): unknown {
    switch (this.#choices.below(16)) {
      case 1:
        return this.#choices.below(2) === 0;
      case 2:
        return this.#choices.of(NUMBERS);
      case 3:
        return this.#choices.of(NO_JSON);
      case 4:
      case 5:
        return this.#text(CHARACTERS);
      case 6:
        return new Date(this.#choices.below(256) * 1e9);
      case 7: {
        const value = this.#object();
        return { toJSON: () => value };
      }
      case 8:
      case 9:
        return this.#values();
      case 10:
        return this.#wrapped(this.#choices.below(8));
      case 11:
      case 12:
        return this.#object();
      case 13:
      case 14:
      case 15:
        return this.#parts-- > 0 ? this.#binary() : null;
      default:
        return null;
    }
  }

  #wrapped(depth: number): unknown {
    if (depth === 0 || this.#levels-- <= 0) return this.#value();
    const inner = this.#wrapped(depth - 1);
    return this.#choices.of([[inner], { [this.#choices.of(this.#keys)]: inner }]);
  }

  #binary(): object {
    const bytes = Uint8Array.from(this.#choices.times(this.#choices.below(5), () => this.#choices.below(256)));
    switch (this.#choices.below(5)) {
      case 1:
        return bytes;
      case 2:
        return bytes.buffer;
      case 3:
        return new DataView(bytes.buffer, Math.min(1, bytes.length));
      case 4:
        return Uint16Array.from(bytes);
      default:
        return Buffer.from(bytes);
    }
  }
}

/**
 * Returns a value as its receiver sees it: plain data after a round trip through JSON, with a Buffer for each binary
 * part. A value that has been received before stays unchanged.
 */
export function received(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null; // -0 becomes 0
  if (typeof value !== 'object' || value === null) return value ?? null;
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (Array.isArray(value)) return value.map(received);
  if ('toJSON' in value && typeof value.toJSON === 'function') return received(value.toJSON());
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, received(item)]));
}
