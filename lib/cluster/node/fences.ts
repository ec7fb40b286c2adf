/**
 * Waits until the bulletins of this node have come back from an engine that keeps events and returns them all, in one
 * order: everything that other nodes have sent before has arrived by then.
 */
import type { Clock } from '../../engine/internal.js';

export class Fences {
  readonly #clock: Clock;
  /** The number of bulletins that were sent. */
  sent = 0;
  /** The number of the newest one that has come back. */
  #returned = 0;
  readonly #checks = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Waits for the next bulletin.
   * @param timeout ms
   * @returns whether it has come back in time
   */
  next(timeout: number): Promise<boolean> {
    const awaited = this.sent + 1;
    return new Promise((resolve) => {
      const deadline = this.#clock.after(timeout, () => {
        this.#checks.delete(check);
        resolve(false);
      });
      const check = (): void => {
        if (this.#returned < awaited) return;
        this.#checks.delete(check);
        deadline.cancel();
        resolve(true);
      };
      this.#checks.add(check);
    });
  }

  /** Whether a bulletin with this number has come back before. */
  hasReturned(sequence: number): boolean {
    return sequence <= this.#returned;
  }

  /** Called when a bulletin has come back. */
  returned(sequence: number): void {
    this.#returned = sequence;
    for (const check of this.#checks) check();
  }
}
