/**
 * The source of time for the engine and the layers above it, so that tests can control it.
 * @publicApi
 */
export interface Clock {
  /** ms since a fixed moment; never decreases. */
  now(): number;
  /** Runs `task` once, `delay` ms from now. Does not keep the process alive. */
  after(delay: number, task: () => void): Timer;
}

/** @publicApi */
export interface Timer {
  cancel(): void;
}

export const systemClock: Clock = {
  now: () => Math.floor(performance.now()),
  after(delay, task) {
    const timer = setTimeout(task, delay).unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
