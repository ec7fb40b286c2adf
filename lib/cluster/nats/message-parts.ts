/**
 * Messages that are larger than a NATS server accepts (`max_payload`, 1 MB by default) are published in parts. The
 * subject of a part is `<channel>.part.<message>.<index>.<count>`, so that JetStream finds each of them by its subject.
 * Parts of different messages may alternate.
 */
import { createId } from '../../engine/internal.js';
import { SocketIoError } from '../../errors.js';

/** Bytes of a message. A larger one is a mistake of the application. */
const MAX_BYTES = 64_000_000;

/** Bytes of all incomplete messages of a receiver: two of the largest. */
const MAX_SIZE = 2 * MAX_BYTES;

export interface Part {
  readonly subject: string;
  readonly bytes: Uint8Array;
}

/** @returns the subjects of all parts of the message that a part belongs to; `null` if it is not the last one */
export function partsUpTo(subject: string): readonly string[] | null {
  const part = parse(subject);
  if (part === null || part.index !== part.count - 1) return null;
  const message = subject.split('.').slice(0, -2).join('.');
  return Array.from({ length: part.count }, (_, index) => `${message}.${index}.${part.count}`);
}

/** Splits the messages of one sender. */
export class Splitter {
  readonly #channel: string;
  readonly #sender = createId();
  #split = 0;

  constructor(channel: string) {
    this.#channel = channel;
  }

  /**
   * @param size the most bytes of a part
   * @throws SocketIoError `INVALID_ARGUMENT` if the message is larger than receivers accept
   */
  split(bytes: Uint8Array, size: number): readonly Part[] {
    if (bytes.length <= size) return [{ subject: this.#channel, bytes }];
    if (bytes.length > MAX_BYTES) {
      const rule = `a message to other servers must have at most ${MAX_BYTES} bytes, got ${bytes.length}`;
      throw new SocketIoError('INVALID_ARGUMENT', `${rule}: store the data elsewhere and emit its address`);
    }
    const count = Math.ceil(bytes.length / size);
    const message = `${this.#channel}.part.${this.#sender}-${this.#split++}`;
    return Array.from({ length: count }, (_, index) => ({
      subject: `${message}.${index}.${count}`,
      bytes: bytes.subarray(index * size, (index + 1) * size),
    }));
  }
}

/** Bytes that an incomplete message takes next to its content, so that empty parts count, too. */
const OVERHEAD = 200;

interface Incomplete {
  readonly parts: Uint8Array[];
  size: number;
}

/** Puts the parts of messages together, as they arrive. */
export class Assembler {
  readonly #incomplete = new Map<string, Incomplete>();
  #size = 0;

  /** Adds a part. @returns the message if it is complete. Parts that do not fit are ignored. */
  add({ subject, bytes }: Part): Buffer | null {
    const part = parse(subject);
    if (part === null) return null;
    const { message, index, count } = part;
    if (index === 0) this.#drop(message);
    const found = index === 0 ? { parts: [], size: 0 } : this.#incomplete.get(message);
    if (found === undefined || found.parts.length !== index) {
      this.#drop(message);
      return null;
    }
    found.parts.push(bytes);
    if (found.parts.length === count) {
      this.#drop(message);
      return Buffer.concat(found.parts);
    }
    found.size += bytes.length + OVERHEAD;
    this.#size += bytes.length + OVERHEAD;
    this.#incomplete.set(message, found);
    // The sender of the oldest one is the most likely to have died.
    for (const oldest of this.#incomplete.keys()) {
      if (this.#size <= MAX_SIZE) break;
      this.#drop(oldest);
    }
    return null;
  }

  /** Drops all incomplete messages, because parts may have been lost. */
  clear(): void {
    this.#incomplete.clear();
    this.#size = 0;
  }

  #drop(message: string): void {
    this.#size -= this.#incomplete.get(message)?.size ?? 0;
    this.#incomplete.delete(message);
  }
}

function parse(subject: string): { message: string; index: number; count: number } | null {
  const [, message, index, count] = /\.part\.([^.]+)\.(\d{1,6})\.(\d{1,6})$/.exec(subject) ?? [];
  if (message === undefined) return null;
  return { message, index: Number(index), count: Number(count) };
}
