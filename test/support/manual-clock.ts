/** A clock that moves only when a test advances it. */
import type { Clock, Timer } from '../../lib/engine/clock.js';

interface Task {
  readonly due: number;
  readonly run: () => void;
}

export class ManualClock implements Clock {
  #now: number;
  readonly #tasks = new Set<Task>();

  /** @param now the start time in ms */
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

  /** The number of running timers. */
  get timers(): number {
    return this.#tasks.size;
  }

  /** Advances by `ms`. Runs the timers that become due, each at its own time, the earliest first. */
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
