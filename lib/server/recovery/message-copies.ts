/**
 * Copies of the messages of one log, packed one behind the other. Node cuts small buffers out of shared pieces of 8 kB,
 * so a small message that is kept would hold on to 8 kB of messages that are not: twenty times what it weighs.
 */
import { Message } from '../../engine/internal.js';

/** Bytes of the first chunk. Each further chunk has twice as many, up to {@link LARGEST}. */
const SMALLEST = 512;
const LARGEST = 8_192;

/** Messages of this size have memory of their own. */
const LARGE = 4_096;

export class MessageCopies {
  #chunk: Buffer | null = null;
  /** Bytes of the chunk that are in use. */
  #used = 0;

  /** @returns a copy, or a large message itself */
  copy(message: Message): Message {
    const { wire, compress, key } = message;
    if (wire.length >= LARGE) return message;
    if (this.#chunk === null || this.#used + wire.length > this.#chunk.length) {
      const size = Math.min(LARGEST, Math.max(SMALLEST, (this.#chunk?.length ?? 0) * 2, wire.length));
      this.#chunk = Buffer.allocUnsafeSlow(size);
      this.#used = 0;
    }
    const copy = this.#chunk.subarray(this.#used, (this.#used += wire.length));
    wire.copy(copy);
    return new Message(copy, compress, key);
  }
}
