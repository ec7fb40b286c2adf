/**
 * Everybody who waits equally long stands in one queue with one timer, whatever their number. Since the
 * delay is the same for all, the order of arrival is the order of expiry: adding, renewing and leaving
 * are O(1), and an idle member costs one Map entry.
 */
import { type Clock, systemClock, type Timer } from './clock.js';

/** Deadlines are rounded up to one of so many moments per delay, so that many members share one timer run. */
const MOMENTS_PER_DELAY = 64;

export class DeadlineQueue<T> {
  readonly #delay: number;
  readonly #step: number;
  readonly #expire: (member: T) => void;
  readonly #clock: Clock;
  readonly #due = new Map<T, number>();
  #timer: Timer | null = null;

  /**
   * @param delay ms; a member expires at most 1/64 of it later
   * @param expire called once for each member that neither renewed nor left in time
   */
  constructor(delay: number, expire: (member: T) => void, clock: Clock = systemClock) {
    this.#delay = delay;
    this.#step = Math.max(1, Math.floor(delay / MOMENTS_PER_DELAY));
    this.#expire = expire;
    this.#clock = clock;
  }

  get size(): number {
    return this.#due.size;
  }

  /** Starts the member's delay, or starts it anew. */
  add(member: T): void {
    this.#due.delete(member);
    const due = Math.ceil((this.#clock.now() + this.#delay) / this.#step) * this.#step;
    this.#due.set(member, due);
    if (this.#timer === null) this.#arm(due);
  }

  /** @returns whether the member was waiting */
  delete(member: T): boolean {
    return this.#due.delete(member);
  }

  clear(): void {
    this.#due.clear();
    this.#timer?.cancel();
    this.#timer = null;
  }

  #arm(due: number): void {
    this.#timer = this.#clock.after(Math.max(0, due - this.#clock.now()), () => this.#run());
  }

  /** The timer that ran stays in its place meanwhile: so a member that is added now arms none before its turn. */
  #run(): void {
    const now = this.#clock.now();
    try {
      for (const [member, due] of this.#due) {
        if (due > now) break;
        this.#due.delete(member);
        this.#expire(member);
      }
    } finally {
      this.#timer?.cancel(); // there is a second one when the queue was cleared and filled meanwhile
      this.#timer = null;
      const next = this.#due.values().next();
      if (next.done !== true) this.#arm(next.value);
    }
  }
}
