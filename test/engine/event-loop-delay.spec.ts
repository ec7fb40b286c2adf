import { describe, expect, it } from 'vitest';
import { type DelayHistogram, EventLoopDelay } from '../../lib/engine/event-loop-delay.js';
import { ManualClock } from '../support/manual-clock.js';

/** A histogram of samples that a test adds. */
class Samples implements DelayHistogram {
  enabled = false;
  #samples: number[] = [];

  get count(): number {
    return this.#samples.length;
  }

  add(ms: number): void {
    if (this.enabled) this.#samples.push(ms * 1e6);
  }

  enable(): boolean {
    return (this.enabled = true);
  }

  disable(): boolean {
    this.enabled = false;
    return true;
  }

  reset(): void {
    this.#samples = [];
  }

  percentile(percentile: number): number {
    const sorted = this.#samples.toSorted((a, b) => a - b);
    return sorted[Math.ceil((percentile / 100) * sorted.length) - 1] ?? 511;
  }
}

function measure(): { clock: ManualClock; histograms: Samples[]; delay: EventLoopDelay; sample: (ms: number) => void } {
  const clock = new ManualClock();
  const histograms: Samples[] = [];
  const delay = new EventLoopDelay(clock, () => {
    histograms.push(new Samples());
    return histograms.at(-1) as Samples;
  });
  const sample = (ms: number): void => {
    for (const histogram of histograms) histogram.add(ms);
  };
  return { clock, histograms, delay, sample };
}

describe('EventLoopDelay', () => {
  it('has quantiles in seconds, without the interval of the samples', () => {
    const { delay, sample } = measure();
    delay.use();
    expect(delay.quantile(0.5)).toBe(0);
    for (let i = 0; i < 98; i++) sample(21);
    sample(120);
    sample(1_020);
    expect([0.5, 0.99, 1].map((quantile) => delay.quantile(quantile))).toEqual([0.001, 0.1, 1]);
  });

  it('never is negative: a timer may fire early', () => {
    const { delay, sample } = measure();
    delay.use();
    sample(19);
    expect(delay.quantile(1)).toBe(0);
  });

  it.each([0, 4_999, 5_000, 9_999])('knows a stall at %d ms for 5 to 10 seconds', (at) => {
    const { clock, delay, sample } = measure();
    delay.use();
    clock.advance(at);
    sample(520);
    for (let passed = 0; passed <= 5_000; passed += 1_000) {
      sample(20);
      expect(delay.quantile(1), `after ${passed} ms`).toBe(0.5);
      clock.advance(1_000);
    }
    clock.advance(4_001);
    sample(20);
    expect(delay.quantile(1)).toBe(0);
  });

  it('measures only while it is used', () => {
    const { clock, histograms, delay, sample } = measure();
    expect(histograms).toHaveLength(0);
    const [first, second] = [delay.use(), delay.use()];
    expect(histograms.map(({ enabled }) => enabled)).toEqual([true, true]);
    sample(520);
    first();
    first();
    expect(delay.quantile(1)).toBe(0.5);
    second();
    expect(histograms.map(({ enabled }) => enabled)).toEqual([false, false]);
    expect([delay.quantile(1), clock.timers]).toEqual([0, 0]);
    delay.use();
    sample(70);
    expect([delay.quantile(1), histograms.length]).toEqual([0.05, 4]);
  });

  it('notices a process that is busy', async () => {
    const delay = new EventLoopDelay();
    const end = delay.use();
    await expect
      .poll(() => {
        const until = performance.now() + 100;
        while (performance.now() < until);
        return delay.quantile(1);
      })
      .toBeGreaterThan(0.05);
    expect(delay.quantile(1)).toBeLessThan(60);
    end();
  });
});
