/** The newest values of a stream, encoded, from the first one that its client has not acknowledged. */
import type { Message } from '../../engine/internal.js';
import type { EventPacket } from '../../protocol/internal.js';

/** Bytes that a kept value costs in addition to its frames. */
const VALUE_COST = 128;

export interface KeptValue {
  readonly message: Message;
  /** The event, until it has been sent for the first time; a copy that is sent again is only bytes. */
  packet: EventPacket | null;
}

export class KeptValues {
  #values: KeptValue[] = [];
  /** Index of the first value among them: they are removed in batches. */
  #head = 0;
  /** The number of the first value. */
  #first = 1;
  #bytes = 0;

  /** The number of the first value that is kept; of the next one, if there is none. */
  get first(): number {
    return this.#first;
  }

  get size(): number {
    return this.#values.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(value: KeptValue): void {
    this.#values.push(value);
    this.#bytes += costOf(value);
  }

  /** @param n a number from {@link first} on */
  get(n: number): KeptValue | undefined {
    return this.#values[this.#head + n - this.#first];
  }

  /** Removes the values up to a number. */
  dropThrough(n: number): void {
    while (this.#first <= n && this.size > 0) {
      this.#bytes -= costOf(this.#values[this.#head] as KeptValue);
      this.#head++;
      this.#first++;
    }
    if (this.#head < 64 && this.size > 0) return;
    this.#values = this.#values.slice(this.#head);
    this.#head = 0;
  }
}

function costOf({ message }: KeptValue): number {
  return VALUE_COST + message.wire.length;
}
