import { afterEach, describe, expect, it, vi } from 'vitest';
import { consoleLog, ObservedLog, ThrottledLog } from '../../lib/engine/log.js';
import { RecordingLog } from '../support/engine-rig.js';
import { ManualClock } from '../support/manual-clock.js';

/** Silences the console. @returns a spy for each of its methods */
function silenced() {
  return {
    debug: vi.spyOn(console, 'debug').mockReturnValue(),
    log: vi.spyOn(console, 'log').mockReturnValue(),
    warn: vi.spyOn(console, 'warn').mockReturnValue(),
    error: vi.spyOn(console, 'error').mockReturnValue(),
  };
}

function throttled() {
  const clock = new ManualClock(5);
  return { clock, lines: new ThrottledLog(() => clock.now()) };
}

describe('consoleLog', () => {
  afterEach(() => void vi.restoreAllMocks());

  it('drops debug lines', () => {
    const { debug, log, warn, error } = silenced();
    consoleLog.debug('a detail');
    for (const spy of [debug, log, warn, error]) expect(spy).not.toHaveBeenCalled();
  });

  it('writes warnings', () => {
    const { warn } = silenced();
    consoleLog.warn('look here');
    expect(warn.mock.calls).toEqual([['look here']]);
  });

  it('writes errors, with the thrown value if there is one', () => {
    const { error } = silenced();
    const thrown = new Error('x');
    consoleLog.error('it failed');
    consoleLog.error('it failed', thrown);
    expect(error.mock.calls).toEqual([['it failed'], ['it failed', thrown]]);
  });
});

describe('ThrottledLog', () => {
  it('lets the first message of a kind through', () => {
    const { lines } = throttled();
    expect(lines.pass('a', 'one')).toBe('one');
    expect(lines.pass('b', 'two')).toBe('two');
  });

  it('holds the next ones of that kind back for a minute', () => {
    const { clock, lines } = throttled();
    lines.pass('a', 'one');
    expect(lines.pass('a', 'two')).toBeNull();
    clock.advance(59_999);
    expect(lines.pass('a', 'three')).toBeNull();
    expect(lines.pass('b', 'other')).toBe('other');
  });

  it('adds how many it held back', () => {
    const { clock, lines } = throttled();
    lines.pass('a', 'one');
    lines.pass('a', 'two');
    lines.pass('a', 'three');
    clock.advance(60_000);
    expect(lines.pass('a', 'four')).toBe('four (2 more since the last such line)');
    clock.advance(60_000);
    expect(lines.pass('a', 'five')).toBe('five');
  });
});

describe('ObservedLog', () => {
  it('forwards every line to the log', () => {
    const log = new RecordingLog();
    const observed = ObservedLog.over(log);
    observed.debug('a');
    observed.warn('b');
    observed.error('c', new Error('d'));
    expect(log).toEqual({ debugs: ['a'], warnings: ['b'], errors: [['c', new Error('d')]] });
  });

  it('forwards no error if none was given', () => {
    const log = { debug() {}, warn() {}, error: vi.fn() };
    ObservedLog.over(log).error('alone');
    expect(log.error.mock.calls).toEqual([['alone']]);
  });

  it('does not wrap an observed log again', () => {
    const observed = ObservedLog.over(new RecordingLog());
    expect(ObservedLog.over(observed)).toBe(observed);
  });

  it('notifies its reader of errors only', () => {
    const observed = ObservedLog.over(new RecordingLog());
    const reader = { running: vi.fn(), failed: vi.fn() };
    observed.observer = reader;
    const error = new Error('broken');
    observed.debug('a');
    observed.warn('b');
    observed.error('c', error);
    expect(reader.failed.mock.calls).toEqual([['c', error]]);
    expect(reader.running).not.toHaveBeenCalled();
  });
});
