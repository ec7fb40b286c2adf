/** The source of time for a rehearsal, so that tests can control it. */
export interface Time {
  /** ms since a fixed moment */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

export const systemTime: Time = {
  now: () => performance.now(),
  sleep: (ms) =>
    new Promise((resolve) => {
      setTimeout(resolve, ms);
    }),
};
