/**
 * A queue of members with deadlines of their own, with one timer however many there are: a binary heap, whose first
 * member is due next. Adding, moving and deleting take O(log n). Each member holds its place in the heap, so a deadline
 * that moves leaves nothing behind.
 */
import type { Clock, Timer } from '../../engine/internal.js';

/** A member of the queue. Only the queue sets these two. */
export interface Timed {
  /** ms of the clock. */
  due: number;
  /** The index in the heap; -1 if it is not in the queue. */
  slot: number;
}

/** Node's timers fire at once for delays of 2^31 ms and more, so a longer delay takes several timers. */
const MAX_DELAY = 2 ** 31 - 1;

export class ExpiryQueue<T extends Timed> {
  readonly #clock: Clock;
  readonly #expire: (member: T) => void;
  readonly #heap: T[] = [];
  #timer: Timer | null = null;
  /** When the timer fires. */
  #armedFor = Infinity;

  /** @param expire called with each member that is due, after its removal. Must not throw */
  constructor(clock: Clock, expire: (member: T) => void) {
    this.#clock = clock;
    this.#expire = expire;
  }

  get size(): number {
    return this.#heap.length;
  }

  /**
   * Adds a member, or moves its deadline.
   * @param due ms of the clock
   */
  set(member: T, due: number): void {
    member.due = due;
    if (member.slot === -1) member.slot = this.#heap.push(member) - 1;
    this.#sift(member);
    this.#arm();
  }

  delete(member: T): void {
    const { slot } = member;
    if (slot === -1) return;
    member.slot = -1;
    const last = this.#heap.pop() as T;
    if (last === member) return;
    this.#place(last, slot);
    this.#sift(last);
  }

  clear(): void {
    for (const member of this.#heap) member.slot = -1;
    this.#heap.length = 0;
    this.#disarm();
  }

  /** Moves a member up or down until the heap is in order. */
  #sift(member: T): void {
    for (let { slot } = member; slot > 0; slot = member.slot) {
      const parent = this.#heap[(slot - 1) >> 1] as T;
      if (parent.due <= member.due) break;
      this.#swap(member, parent);
    }
    for (let child = this.#earlierChild(member); child !== undefined; child = this.#earlierChild(member)) {
      this.#swap(member, child);
    }
  }

  /** Returns the child that is due first, if it is due before its parent. */
  #earlierChild({ slot, due }: T): T | undefined {
    const left = this.#heap[2 * slot + 1];
    const right = this.#heap[2 * slot + 2];
    const first = right !== undefined && right.due < (left as T).due ? right : left;
    return first !== undefined && first.due < due ? first : undefined;
  }

  #swap(one: T, other: T): void {
    const { slot } = one;
    this.#place(one, other.slot);
    this.#place(other, slot);
  }

  #place(member: T, slot: number): void {
    this.#heap[slot] = member;
    member.slot = slot;
  }

  /** Starts the timer for the first member, unless it fires early enough. A timer that fires too early is harmless. */
  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined || this.#armedFor <= first.due) return;
    this.#disarm();
    const delay = Math.min(Math.max(0, first.due - this.#clock.now()), MAX_DELAY);
    this.#armedFor = this.#clock.now() + delay;
    this.#timer = this.#clock.after(delay, () => this.#run());
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#armedFor = Infinity;
  }

  /** Members that `expire` adds with a deadline that has passed wait for the next run, so that a run ends. */
  #run(): void {
    const now = this.#clock.now();
    const due: T[] = [];
    for (let first = this.#heap[0]; first !== undefined && first.due <= now; first = this.#heap[0]) {
      this.delete(first);
      due.push(first);
    }
    this.#disarm();
    for (const member of due) if (member.slot === -1 && member.due <= now) this.#expire(member);
    this.#arm();
  }
}
