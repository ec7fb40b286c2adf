/**
 * Checks the messages that clients get: each must equal the expected bytes, and their number must be right. Keeps the
 * first failure.
 */
import { setTimeout as sleep } from 'node:timers/promises';

const STALLED = 10_000; // ms
const AFTERWARDS = 25; // ms after the last message in which no other may arrive

export class Inbox {
  #due;
  #clients;
  #finish;
  #patience;
  /** Whether a message may be longer than what is expected. */
  #isPrefix;
  got = 0;
  failure = null;
  /** Time at which the last expected message arrived, in ms of `performance.now()`. */
  finishedAt = NaN;

  /** @param patience ms without a message after which the others count as missing */
  constructor(clients, due, { patience = STALLED, isPrefix = false } = {}) {
    this.#patience = patience;
    this.#isPrefix = isPrefix;
    this.#clients = clients;
    this.#due = due;
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  /** @returns whether these bytes equal `expected`, or begin with it */
  take(expected, chunk, start, end) {
    const isRight =
      expected !== undefined &&
      chunk.compare(expected, 0, expected.length, start, this.#isPrefix ? start + expected.length : end) === 0;
    if (!isRight) {
      const got = chunk.toString('utf8', start, Math.min(end, start + 80));
      this.fail(`expected ${expected?.toString('utf8', 0, 80) ?? 'no message'}, got ${got}`);
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

  /** Waits for the last message, and checks that no other follows. */
  async judge() {
    let before = 0;
    const stalled = setInterval(() => {
      if (this.got === before) this.fail(`expected messages: ${this.#due}, got ${this.got}`);
      before = this.got;
    }, this.#patience);
    await this.done;
    clearInterval(stalled);
    await sleep(AFTERWARDS);
    if (this.got > this.#due) this.fail(`expected messages: ${this.#due}, got ${this.got}`);
    const broken = this.#clients.find(({ failure }) => failure !== null);
    if (broken !== undefined) this.fail(broken.failure);
    return { count: this.got, failure: this.failure };
  }
}
