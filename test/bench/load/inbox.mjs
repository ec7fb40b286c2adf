/**
 * Judges what clients get: every message must be the very bytes that are due next, and there must be as many
 * as are due. The first thing that is not so is remembered and told.
 */
import { setTimeout as sleep } from 'node:timers/promises';

const STALLED = 20_000; // ms
const AFTERWARDS = 25; // ms in which nothing more may come

export class Inbox {
  #due;
  #clients;
  #finish;
  #patience;
  got = 0;
  failure = null;
  /** When the last message that was due had come, in ms. */
  finishedAt = NaN;

  /** @param patience ms after which what has not come is missing */
  constructor(clients, due, patience = STALLED) {
    this.#patience = patience;
    this.#clients = clients;
    this.#due = due;
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  /** @returns whether these bytes are `expected` */
  take(expected, chunk, start, end) {
    const isRight = expected !== undefined && chunk.compare(expected, 0, expected.length, start, end) === 0;
    if (!isRight) {
      const got = chunk.toString('utf8', start, Math.min(end, start + 80));
      this.fail(`got ${got} where ${expected?.toString('utf8', 0, 80) ?? 'nothing'} was due`);
    }
    if (++this.got === this.#due) {
      this.finishedAt = performance.now();
      this.#finish();
    }
    return isRight;
  }

  fail(reason) {
    this.failure ??= reason;
    this.#finish();
  }

  /** Waits for the last message, and for none after it. */
  async judge() {
    const stalled = setTimeout(() => this.fail(`${this.got} of ${this.#due} messages came`), this.#patience);
    await this.done;
    clearTimeout(stalled);
    await sleep(AFTERWARDS);
    if (this.got > this.#due) this.fail(`${this.got} messages came where ${this.#due} were due`);
    const broken = this.#clients.find(({ failure }) => failure !== null);
    if (broken !== undefined) this.fail(broken.failure);
    return { count: this.got, failure: this.failure };
  }
}
