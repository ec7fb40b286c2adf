import { describe, expect, it } from 'vitest';
import { resolvePresenceOptions } from '../../../lib/server/presence/presence-options.js';

describe('resolvePresenceOptions', () => {
  it('fills in the defaults', () => {
    const defaults = { grace: 10_000, interval: 100, metaBytes: 1_000, auto: false, merge: null };
    expect(resolvePresenceOptions()).toEqual(defaults);
    expect(resolvePresenceOptions({ grace: 0, auto: true })).toEqual({ ...defaults, grace: 0, auto: true });
  });

  it.each([
    [null, /option "presence" must be an object, got null/],
    [[], /option "presence" must be an object, got \[\]/],
    [{ grace: -1 }, /option "presence.grace" must be a number of milliseconds, got -1/],
    [{ interval: '1' }, /option "presence.interval" must be a number of milliseconds, got "1"/],
    [{ metaBytes: 0 }, /option "presence.metaBytes" must be a positive integer, got 0/],
    [{ auto: '/chat' }, /option "presence.auto" must be true or false, got "\/chat"/],
    [{ merge: 'newest' }, /option "presence.merge" must be a function, got "newest": write presence: \{ merge: /],
    [{ graze: 1 }, /presence has no option "graze" \(did you mean "grace"\?\)/],
  ])('refuses %j', (options, message) => {
    expect(() => resolvePresenceOptions(options as object)).toThrow(message);
  });
});
