/**
 * The items of one kind that a server keeps for clients that resume, in all its namespaces, oldest first. All are kept
 * for the same time, so one timer is enough to drop them. The items are linked, so that any of them can be removed at
 * once and no list grows with the items that have been removed.
 */
import type { Clock, Timer } from '../../engine/internal.js';

/** An event or a session. */
export abstract class Kept {
  /** The neighbours in its queue. */
  older: Kept | null = null;
  newer: Kept | null = null;

  /**
   * @param at time at which it was kept, in ms
   * @param weight bytes of memory that it takes, estimated
   */
  constructor(
    readonly at: number,
    readonly weight: number,
  ) {}

  /** Removes it, because its time has passed or to make room. Its owner then calls {@link KeptQueue.delete}. */
  abstract drop(): void;
}

export interface KeptQueueOptions {
  /** Both have getters, since options may change until the server serves. */
  readonly clock: Clock;
  /** ms that an item is kept; it may be dropped 1/64 of that later. */
  readonly lifetime: number;
}

/** Deadlines are rounded up to 1/64 of the lifetime, so that many items share one run of the timer. */
const STEPS_PER_LIFETIME = 64;

export class KeptQueue {
  readonly #options: KeptQueueOptions;
  #oldest: Kept | null = null;
  #newest: Kept | null = null;
  #weight = 0;
  #size = 0;
  #timer: Timer | null = null;

  constructor(options: KeptQueueOptions) {
    this.#options = options;
  }

  /** Bytes of all items together. */
  get weight(): number {
    return this.#weight;
  }

  get size(): number {
    return this.#size;
  }

  get oldest(): Kept | null {
    return this.#oldest;
  }

  /** Adds an item that is newer than all others. */
  add(item: Kept): void {
    item.older = this.#newest;
    if (this.#newest === null) this.#oldest = item;
    else this.#newest.newer = item;
    this.#newest = item;
    this.#weight += item.weight;
    this.#size++;
    if (this.#timer === null) this.#arm(item);
  }

  /** Removes an item of this queue. */
  delete(item: Kept): void {
    const { older, newer } = item;
    if (older === null) this.#oldest = newer;
    else older.newer = newer;
    if (newer === null) this.#newest = older;
    else newer.older = older;
    item.older = item.newer = null;
    this.#weight -= item.weight;
    this.#size--;
  }

  /** Counts bytes that belong to no item; a negative number takes them back. */
  charge(bytes: number): void {
    this.#weight += bytes;
  }

  /** Drops all items and stops the timer. */
  clear(): void {
    while (this.#oldest !== null) this.#oldest.drop();
    this.#timer?.cancel();
    this.#timer = null;
  }

  #arm({ at }: Kept): void {
    const { clock, lifetime } = this.#options;
    const step = Math.max(1, Math.floor(lifetime / STEPS_PER_LIFETIME));
    const due = Math.ceil((at + lifetime) / step) * step;
    this.#timer = clock.after(Math.max(0, due - clock.now()), () => this.#run());
  }

  /** `#timer` stays set during the run, so that no item that is added meanwhile arms another one. */
  #run(): void {
    const { clock, lifetime } = this.#options;
    const latest = clock.now() - lifetime;
    try {
      while (this.#oldest !== null && this.#oldest.at <= latest) this.#oldest.drop();
    } finally {
      this.#timer = null;
      if (this.#oldest !== null) this.#arm(this.#oldest);
    }
  }
}
