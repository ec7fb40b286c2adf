import { Adapter } from 'socket.io-adapter';
import { describe, expect, it } from 'vitest';
import { HISTORY_DEFAULTS, resolveHistoryOptions } from '../../../lib/server/history/history-options.js';
import { resolveServerOptions, type ServerOptions } from '../../../lib/server/server-options.js';

describe('the option history', () => {
  it('is off by default', () => {
    expect(resolveHistoryOptions(undefined)).toBeNull();
    expect(resolveHistoryOptions({})).toBeNull();
  });

  it('has defaults for each namespace', () => {
    const resolved = resolveHistoryOptions({ chat: {}, '/news': { events: ['said'], size: 3 }, '*': { ttl: 10 } });
    expect([...(resolved ?? [])]).toEqual([
      ['/chat', { ...HISTORY_DEFAULTS, events: null }],
      ['/news', { ...HISTORY_DEFAULTS, events: new Set(['said']), size: 3 }],
      ['*', { ...HISTORY_DEFAULTS, events: null, ttl: 10 }],
    ]);
  });

  it.each<[unknown, string]>([
    [
      true,
      `option "history" must be an object with a namespace for each key, got true: write history: { '/chat': {} }`,
    ],
    [[], `option "history" must be an object with a namespace for each key, got []: write history: { '/chat': {} }`],
    [{ '/a': 5 }, 'option "history["/a"]" must be an object such as {} or { size: 100 }, got 5'],
    [{ '/a': ['said'] }, 'option "history["/a"]" must be an object such as {} or { size: 100 }, got ["said"]'],
    [
      { events: ['said'] },
      `option "history" must have a namespace for each key, got {"events":["said"]}: write history: { '/chat': { events: ... } }`,
    ],
    [{ '/a': { sise: 5 } }, 'history["/a"] has no option "sise" (did you mean "size"?)'],
    [{ '/a': { size: 0 } }, 'option "history["/a"].size" must be a positive integer, got 0'],
    [{ '/a': { keys: 1.5 } }, 'option "history["/a"].keys" must be a positive integer, got 1.5'],
    [{ '/a': { ttl: -1 } }, 'option "history["/a"].ttl" must be a number of milliseconds, got -1'],
    [
      { '/a': { events: 'said' } },
      `option "history["/a"].events" must be a list of names, such as ['message'], got "said"`,
    ],
  ])('refuses %j', (option, message) => {
    expect(() => resolveHistoryOptions(option as never)).toThrow(message);
  });

  it('is refused next to recovery with a published adapter', () => {
    const options: ServerOptions = {
      history: { '/': {} },
      connectionStateRecovery: {},
      adapter: Adapter,
    };
    expect(() => resolveServerOptions(options)).toThrow(
      'options "history" and "connectionStateRecovery" exclude each other with "adapter": use "broker" instead of',
    );
  });
});
