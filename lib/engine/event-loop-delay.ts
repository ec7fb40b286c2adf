/**
 * How late the timers of this process fire because other code runs. A process whose event loop is delayed answers
 * late, however few clients it has. Measuring costs two native timers, which run only while the delay is in use.
 */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { type Clock, systemClock, type Timer } from './clock.js';

/** ms between two samples. A delay below this is rarely noticed by a client. */
const RESOLUTION = 20;

/** ms after which a sample no longer counts: a stall shows in several probes or scrapes, but not for long. */
const WINDOW = 10_000;

/** The part of Node's histogram that is used. Its values are in nanoseconds, and include the interval of the samples. */
export type DelayHistogram = Pick<IntervalHistogram, 'enable' | 'disable' | 'reset' | 'percentile' | 'count'>;

export class EventLoopDelay {
  readonly #clock: Clock;
  readonly #createHistogram: () => DelayHistogram;
  #users = 0;
  /**
   * Two histograms over the same samples. Every half window, the one with the longer past is emptied, so the other one
   * always has the samples of the last 5 to 10 seconds.
   */
  #histograms: readonly [longer: DelayHistogram, shorter: DelayHistogram] | null = null;
  #rotation: Timer | null = null;

  constructor(
    clock = systemClock,
    createHistogram = (): DelayHistogram => monitorEventLoopDelay({ resolution: RESOLUTION }),
  ) {
    this.#clock = clock;
    this.#createHistogram = createHistogram;
  }

  /** Measures from now on. @returns a function that ends this use. Measuring stops when all uses have ended */
  use(): () => void {
    if (this.#users++ === 0) this.#start();
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      if (--this.#users === 0) this.#stop();
    };
  }

  /**
   * Returns a quantile of the delays in the last 5 to 10 seconds, in seconds. 0 without samples.
   * @param quantile above 0 and at most 1, which is the longest delay
   */
  quantile(quantile: number): number {
    const longer = this.#histograms?.[0];
    if (longer === undefined || longer.count === 0) return 0;
    return Math.max(0, longer.percentile(quantile * 100) / 1e6 - RESOLUTION) / 1e3;
  }

  #start(): void {
    this.#histograms = [this.#createHistogram(), this.#createHistogram()];
    for (const histogram of this.#histograms) histogram.enable();
    this.#rotate(this.#histograms);
  }

  #rotate([longer, shorter]: readonly [DelayHistogram, DelayHistogram]): void {
    this.#rotation = this.#clock.after(WINDOW / 2, () => {
      longer.reset();
      this.#histograms = [shorter, longer];
      this.#rotate(this.#histograms);
    });
  }

  #stop(): void {
    this.#rotation?.cancel();
    for (const histogram of this.#histograms ?? []) histogram.disable();
    this.#histograms = null;
  }
}

/** The delay of this process, shared by all that need it. */
export const eventLoopDelay = new EventLoopDelay();
