/**
 * A queue of members that all wait for the same delay, with one timer however many there are. Because the delay is the
 * same for all, members expire in the order in which they were added: adding, renewing and deleting are O(1), and an
 * idle member costs one Map entry.
 */
import { type Clock, systemClock, type Timer } from './clock.js';

/** Deadlines are rounded up to 1/64 of the delay, so that many members share one run of the timer. */
const STEPS_PER_DELAY = 64;

export class DeadlineQueue<T> {
  readonly #delay: number;
  readonly #step: number;
  readonly #expire: (member: T) => void;
  readonly #clock: Clock;
  readonly #due = new Map<T, number>();
  #timer: Timer | null = null;

  /**
   * @param delay ms; a member expires at most 1/64 of the delay later
   * @param expire called once for each member that is neither renewed nor deleted in time
   */
  constructor(delay: number, expire: (member: T) => void, clock: Clock = systemClock) {
    this.#delay = delay;
    this.#step = Math.max(1, Math.floor(delay / STEPS_PER_DELAY));
    this.#expire = expire;
    this.#clock = clock;
  }

  get size(): number {
    return this.#due.size;
  }

  /** Adds a member, or restarts its delay. */
  add(member: T): void {
    this.#due.delete(member);
    const due = Math.ceil((this.#clock.now() + this.#delay) / this.#step) * this.#step;
    this.#due.set(member, due);
    if (this.#timer === null) this.#arm(due);
  }

  has(member: T): boolean {
    return this.#due.has(member);
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

  /** `#timer` stays set during the run, so that members added by `expire` do not arm another one. */
  #run(): void {
    const now = this.#clock.now();
    try {
      for (const [member, due] of this.#due) {
        if (due > now) break;
        this.#due.delete(member);
        this.#expire(member);
      }
    } finally {
      this.#timer?.cancel(); // `expire` may have cleared and refilled the queue, which arms a second timer
      this.#timer = null;
      const next = this.#due.values().next();
      if (next.done !== true) this.#arm(next.value);
    }
  }
}
