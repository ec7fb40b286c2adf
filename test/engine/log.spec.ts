import { afterEach, describe, expect, it, vi } from 'vitest';
import { consoleLog, type Log, ObservedLog, ThrottledLog } from '../../lib/engine/log.js';
import { type OpenTelemetry, openTelemetry } from '../../lib/engine/open-telemetry.js';
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

function failures() {
  const clock = new ManualClock(5);
  const log = new RecordingLog();
  return { clock, log, observed: ObservedLog.over(log, () => clock.now()) };
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

/** Both a warning and an error, with and without fields. */
function writeFour(log: Log): void {
  log.warn('look here');
  log.warn('look here', { user: undefined });
  log.warn('look here', { client: 'Zx1', user: undefined });
  log.error('it failed', undefined, { client: 'Zx1' });
}

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
  afterEach(() => void vi.restoreAllMocks());

  it('passes the fields that have a value, and no argument if none has', () => {
    const log = { debug: vi.fn(), log: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const observed = ObservedLog.over(log);
    writeFour(observed);
    observed.debug('a detail', { event: 'say' });
    observed.log('serving', { namespace: '/' });
    expect(log.warn.mock.calls).toStrictEqual([['look here'], ['look here'], ['look here', { client: 'Zx1' }]]);
    expect(log.error.mock.calls).toStrictEqual([['it failed', undefined, { client: 'Zx1' }]]);
    expect(log.debug.mock.calls).toStrictEqual([['a detail', { event: 'say' }]]);
    expect(log.log.mock.calls).toStrictEqual([['serving', { namespace: '/' }]]);
  });

  it('writes fields as text to the console', () => {
    const { debug, log, warn, error } = silenced();
    const observed = ObservedLog.over(console);
    writeFour(observed);
    observed.debug('a detail', { event: 'say' });
    observed.log('serving');
    expect(warn.mock.calls).toEqual([['look here'], ['look here'], ['look here (client=Zx1)']]);
    expect(error.mock.calls).toEqual([['it failed (client=Zx1)']]);
    expect(debug.mock.calls).toEqual([['a detail (event=say)']]);
    expect(log.mock.calls).toEqual([['serving']]);
  });

  it('adds the ids of the active span to warnings and errors, not to debug lines', () => {
    const ids = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
    const api = openTelemetry() as OpenTelemetry;
    vi.spyOn(api.trace, 'getActiveSpan').mockReturnValue(api.trace.wrapSpanContext({ ...ids, traceFlags: 1 }));
    const log = { debug: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const observed = ObservedLog.over(log);
    writeFour(observed);
    observed.debug('a detail');
    expect(log.warn.mock.calls.at(-1)).toEqual(['look here', { client: 'Zx1', ...ids }]);
    expect(log.error.mock.calls).toEqual([['it failed', undefined, { client: 'Zx1', ...ids }]]);
    expect(log.debug.mock.calls).toEqual([['a detail']]);
  });

  it('forwards every line to the log', () => {
    const log = new RecordingLog();
    const observed = ObservedLog.over(log);
    observed.debug('a');
    observed.warn('b');
    observed.error('c', new Error('d'));
    expect(log).toEqual({ debugs: ['a'], warnings: ['b'], errors: [['c', new Error('d')]] });
  });

  it('forwards a line of the start at debug if the log has no level of its own for it', () => {
    const log = new RecordingLog();
    ObservedLog.over(log).log('a');
    expect(log.debugs).toEqual(['a']);
    const withLevel = Object.assign(new RecordingLog(), { log: vi.fn<(line: string) => void>() });
    ObservedLog.over(withLevel).log('b');
    expect(withLevel.log.mock.calls).toEqual([['b']]);
    expect(withLevel.debugs).toEqual([]);
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

  it('logs a failure that repeats once a minute, with the number of repetitions', () => {
    const { clock, log, observed } = failures();
    for (let id = 0; id < 1_235; id++) observed.error(`it failed (id ${id})`, new Error('x'), undefined, 'it');
    expect(log.errors).toEqual([['it failed (id 0)', new Error('x')]]);
    clock.advance(60_000);
    observed.error('it failed (id 9)', new Error('x'), undefined, 'it');
    expect(log.errors[1]?.[0]).toBe('it failed (id 9) (1234 more since the last such line)');
  });

  it('tells failures apart by place, class and message', () => {
    const { log, observed } = failures();
    observed.error('a failed', new Error('x'));
    observed.error('a failed', new TypeError('x'));
    observed.error('a failed', new Error('y'));
    observed.error('b failed', new Error('x'));
    observed.error('b failed', Object.create(null));
    expect(log.errors).toHaveLength(5);
  });

  it('notifies its reader of the failures that it holds back, and does not read their stack', () => {
    const { log, observed } = failures();
    const reader = { running: vi.fn(), failed: vi.fn() };
    observed.observer = reader;
    observed.error('a failed', new Error('x'));
    const stack = vi.fn(() => '');
    for (let index = 0; index < 10; index++) {
      observed.error('a failed', Object.defineProperty(new Error('x'), 'stack', { get: stack }));
    }
    expect(reader.failed).toHaveBeenCalledTimes(11);
    expect(log.errors).toHaveLength(1);
    expect(stack).not.toHaveBeenCalled();
  });

  it('logs 100 messages of a client a minute, and still the failure of another handler', () => {
    const { clock, log, observed } = failures();
    const flood = (): void => {
      for (let index = 0; index < 5_000; index++) observed.error('a failed', new Error(`no user ${index}`));
    };
    flood();
    expect(log.errors).toHaveLength(101);
    observed.error('b failed', new Error('the database is down'));
    expect(log.errors.at(-1)?.[0]).toBe('b failed');
    clock.advance(60_000);
    flood();
    expect(log.errors.length).toBeLessThanOrEqual(203);
  });

  it('logs at most 201 failures a minute, whatever their places are', () => {
    const { log, observed } = failures();
    for (let index = 0; index < 5_000; index++) observed.error(`${index} failed`, new Error('x'));
    expect(log.errors).toHaveLength(201);
  });

  it('reports the first exception of the logger on the console, and contains all', async () => {
    const { error } = silenced();
    const thrown = new Error('the disk is full');
    const fail = (): never => {
      throw thrown;
    };
    const observed = ObservedLog.over({ debug: fail, warn: fail, error: () => Promise.reject(thrown) });
    observed.debug('a');
    observed.warn('b');
    observed.error('c');
    await new Promise(setImmediate);
    expect(error.mock.calls).toEqual([['the logger failed; its further failures are not reported', thrown]]);
    vi.restoreAllMocks();
  });
});
