/** Time that stands still until a test moves it. */
import type { Clock, Timer } from '../../lib/engine/clock.js';

interface Task {
  readonly due: number;
  readonly run: () => void;
}

export class ManualClock implements Clock {
  #now: number;
  readonly #tasks = new Set<Task>();

  /** @param now where it begins */
  constructor(now = 0) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(delay: number, run: () => void): Timer {
    const task = { due: this.#now + delay, run };
    this.#tasks.add(task);
    return { cancel: () => void this.#tasks.delete(task) };
  }

  /** How many timers are running. */
  get timers(): number {
    return this.#tasks.size;
  }

  /** Lets `ms` pass: runs what falls due meanwhile, each at its own moment, the earliest first. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let task = this.#earliest(end); task !== undefined; task = this.#earliest(end)) {
      this.#tasks.delete(task);
      this.#now = Math.max(this.#now, task.due);
      task.run();
    }
    this.#now = end;
  }

  #earliest(end: number): Task | undefined {
    let earliest: Task | undefined;
    for (const task of this.#tasks) {
      if (task.due <= end && (earliest === undefined || task.due < earliest.due)) earliest = task;
    }
    return earliest;
  }
}
