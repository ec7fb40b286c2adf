import { describe, expect, it } from 'vitest';
import { checkEventName, checkEventNameBetweenServers } from '../../../lib/server/broadcast/event-map.js';

describe('checkEventName', () => {
  it.each(['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'])(
    'refuses "%s"',
    (name) => {
      expect(() => checkEventName(name)).toThrow(
        expect.objectContaining({
          code: 'RESERVED_EVENT',
          message: `"${name}" cannot be emitted, the protocol reserves it: choose another name`,
        }),
      );
    },
  );

  it.each(['error', 'connection', 'Connect', 'message', '', '__proto__', 'constructor'])('allows "%s"', (name) => {
    expect(() => checkEventName(name)).not.toThrow();
  });
});

describe.each([
  ['checkEventName', checkEventName],
  ['checkEventNameBetweenServers', checkEventNameBetweenServers],
])('%s', (_, check) => {
  it.each<[unknown, string]>([
    [['connect'], '["connect"]'],
    [{ toString: () => 'connect' }, '{}'],
    [null, 'null'],
    [undefined, 'undefined'],
    [true, 'true'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [5n, '5'],
    [Symbol('connect'), 'Symbol(connect)'],
    [() => {}, 'a function'],
  ])('refuses %o', (name, described) => {
    expect(() => check(name)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: `the name of an event must be a string or a finite number, got ${described}: check names that come from clients`,
      }),
    );
  });

  it('allows a number', () => {
    expect(() => check(5)).not.toThrow();
  });
});

describe('checkEventNameBetweenServers', () => {
  it.each(['connect', 'connection', 'new_namespace'])('refuses "%s"', (name) => {
    expect(() => checkEventNameBetweenServers(name)).toThrow(
      expect.objectContaining({
        code: 'RESERVED_EVENT',
        message: `"${name}" cannot be emitted between servers, the server reserves it: choose another name`,
      }),
    );
  });

  it.each(['disconnect', 'toString', 'constructor', '__proto__'])('allows "%s"', (name) => {
    expect(() => checkEventNameBetweenServers(name)).not.toThrow();
  });
});
