import { describe, expect, it } from 'vitest';
import { RECOVERY_DEFAULTS, resolveRecoveryOptions } from '../../../lib/server/recovery/recovery-options.js';

describe('the options of recovery', () => {
  it('are null unless they are given', () => {
    expect(resolveRecoveryOptions(undefined, 45_000)).toBeNull();
  });

  it('have defaults, and keep events for as long as a lost connection can go unnoticed', () => {
    expect(resolveRecoveryOptions({}, 45_000)).toEqual({ ...RECOVERY_DEFAULTS, maxAge: 165_000 });
    expect(resolveRecoveryOptions({ maxDisconnectionDuration: 1_000, maxBytes: undefined as never }, 5)).toEqual({
      maxDisconnectionDuration: 1_000,
      skipMiddlewares: false,
      maxEvents: 10_000,
      maxBytes: 10_000_000,
      maxSessions: 10_000,
      maxAge: 1_005,
    });
  });

  it.each([
    [{ maxDisconnectionDuration: -1 }, 'option "maxDisconnectionDuration" must be a number of milliseconds, got -1'],
    [{ maxEvents: 0 }, 'option "maxEvents" must be a positive integer, got 0'],
    [{ maxBytes: 1.5 }, 'option "maxBytes" must be a positive integer, got 1.5'],
    [{ maxSessions: 0 }, 'option "maxSessions" must be a positive integer, got 0'],
    [{ maxEvent: 1 }, 'connectionStateRecovery has no option "maxEvent" (did you mean "maxEvents"?)'],
    [
      true,
      'option "connectionStateRecovery" must be an object such as {} or { maxDisconnectionDuration: 60_000 }, got true',
    ],
  ])('refuse %j', (options, message) => {
    expect(() => resolveRecoveryOptions(options as never, 0)).toThrow(message);
  });
});
