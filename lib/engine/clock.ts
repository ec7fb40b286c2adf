/** Time as the layers above see it, so that a test can own it. */
export interface Clock {
  /** ms since some fixed moment; never goes back. */
  now(): number;
  /** Runs `task` once, `delay` ms from now. It does not keep the process alive. */
  after(delay: number, task: () => void): Timer;
}

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
