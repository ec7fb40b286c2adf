import { afterEach, describe, expect, it, vi } from 'vitest';
import { consoleLog, ThrottledLog } from '../../lib/engine/log.js';
import { ManualClock } from '../support/manual-clock.js';

/** What each method of the console is given. */
function silenced() {
  return {
    debug: vi.spyOn(console, 'debug').mockReturnValue(),
    log: vi.spyOn(console, 'log').mockReturnValue(),
    warn: vi.spyOn(console, 'warn').mockReturnValue(),
    error: vi.spyOn(console, 'error').mockReturnValue(),
  };
}

function seldom() {
  const clock = new ManualClock(5);
  return { clock, lines: new ThrottledLog(() => clock.now()) };
}

describe('consoleLog', () => {
  afterEach(() => void vi.restoreAllMocks());

  it('keeps debug lines to itself', () => {
    const { debug, log, warn, error } = silenced();
    consoleLog.debug('a detail');
    for (const spy of [debug, log, warn, error]) expect(spy).not.toHaveBeenCalled();
  });

  it('writes warnings', () => {
    const { warn } = silenced();
    consoleLog.warn('look here');
    expect(warn.mock.calls).toEqual([['look here']]);
  });

  it('writes errors, with what was thrown if anything was', () => {
    const { error } = silenced();
    const thrown = new Error('x');
    consoleLog.error('it failed');
    consoleLog.error('it failed', thrown);
    expect(error.mock.calls).toEqual([['it failed'], ['it failed', thrown]]);
  });
});

describe('Seldom', () => {
  it('lets the first message of a kind through', () => {
    const { lines } = seldom();
    expect(lines.pass('a', 'one')).toBe('one');
    expect(lines.pass('b', 'two')).toBe('two');
  });

  it('holds the next ones of that kind back for a minute', () => {
    const { clock, lines } = seldom();
    lines.pass('a', 'one');
    expect(lines.pass('a', 'two')).toBeNull();
    clock.advance(59_999);
    expect(lines.pass('a', 'three')).toBeNull();
    expect(lines.pass('b', 'other')).toBe('other');
  });

  it('adds how many it held back', () => {
    const { clock, lines } = seldom();
    lines.pass('a', 'one');
    lines.pass('a', 'two');
    lines.pass('a', 'three');
    clock.advance(60_000);
    expect(lines.pass('a', 'four')).toBe('four (2 more since the last such line)');
    clock.advance(60_000);
    expect(lines.pass('a', 'five')).toBe('five');
  });
});
