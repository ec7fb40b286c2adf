import { describe, expect, it } from 'vitest';
import { checkReadOptions, checkRewindOptions } from '../../../lib/server/history/history-arguments.js';

describe('checkRewindOptions', () => {
  it.each([{}, { rewind: 20 }, { since: 'a.1' }, { since: 0 }, { since: new Date(0), rewind: 1 }])(
    'accepts %o',
    (options) => {
      expect(() => checkRewindOptions(options)).not.toThrow();
    },
  );

  it.each([
    [20, 'the options of join() must be an object, got 20: write { rewind: 20 }'],
    [null, 'the options of join() must be an object, got null: write { rewind: 20 }'],
    [[20], 'the options of join() must be an object, got [20]: write { rewind: 20 }'],
    [{ rewnd: 20 }, 'join() has no option "rewnd" (did you mean "rewind"?)'],
    [{ rewind: 0 }, '"rewind" must be a positive integer, got 0'],
    [{ since: true }, '"since" must be a Date, ms since 1970 or the id of an event, got true'],
    [{ since: new Date(Number.NaN) }, '"since" must be a Date, ms since 1970 or the id of an event'],
  ])('refuses %o', (options, message) => {
    expect(() => checkRewindOptions(options as object)).toThrow(message);
  });
});

describe('checkReadOptions', () => {
  it('accepts a limit and the id of an event', () => {
    expect(() => checkReadOptions({ limit: 5, before: 'a.1' })).not.toThrow();
  });

  it.each([
    [5, 'the options of read() must be an object, got 5: write { limit: 20 }'],
    [{ after: 'a.1' }, 'read() has no option "after"'],
    [{ limit: 1.5 }, '"limit" must be a positive integer, got 1.5'],
  ])('refuses %o', (options, message) => {
    expect(() => checkReadOptions(options as object)).toThrow(message);
  });
});
