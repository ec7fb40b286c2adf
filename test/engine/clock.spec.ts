import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../lib/engine/clock.js';

describe('systemClock', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  it('counts whole milliseconds', () => {
    const before = systemClock.now();
    vi.advanceTimersByTime(1234);
    expect(systemClock.now()).toBe(before + 1234);
    expect(Number.isInteger(before)).toBe(true);
  });

  it('keeps counting when the time of day is set back', () => {
    const before = systemClock.now();
    vi.setSystemTime(0);
    expect(systemClock.now()).toBeGreaterThanOrEqual(before);
  });

  it('runs a task once, after the delay', () => {
    const task = vi.fn();
    systemClock.after(50, task);
    vi.advanceTimersByTime(49);
    expect(task).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(task).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(500);
    expect(task).toHaveBeenCalledOnce();
  });

  it('does not run a cancelled task', () => {
    const task = vi.fn();
    systemClock.after(50, task).cancel();
    vi.advanceTimersByTime(500);
    expect(task).not.toHaveBeenCalled();
  });

  it('does not keep the process alive', () => {
    const spy = vi.spyOn(globalThis, 'setTimeout');
    systemClock.after(50, () => {});
    const timer = spy.mock.results[0]?.value as NodeJS.Timeout;
    // Now, and not with mockRestore(): restored once more after useRealTimers(), by another spec, the spy would bring the
    // fake timer back for all later specs.
    vi.restoreAllMocks();
    expect(timer.hasRef()).toBe(false);
  });
});
