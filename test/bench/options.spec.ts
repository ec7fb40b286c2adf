import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readOptions } from './options.mjs';

const KINDS = {
  rounds: { number: 5 },
  only: { names: ['ws', 'socket.io'] },
  out: { path: 'results' },
  quick: { flag: false },
} as const;

describe('readOptions', () => {
  it('returns the defaults', () => {
    expect(readOptions([], KINDS)).toEqual({ rounds: 5, only: null, out: resolve('results'), quick: false });
  });

  it('reads numbers, lists, paths and flags', () => {
    const given = ['--rounds', '2', '--only', 'ws,socket.io', '--out', 'there', '--quick'];
    expect(readOptions(given, KINDS)).toEqual({
      rounds: 2,
      only: ['ws', 'socket.io'],
      out: resolve('there'),
      quick: true,
    });
  });

  it.each([
    [['--only', 'wss'], '--only must be one of ws, socket.io, got wss'],
    [['--rounds', 'many'], '--rounds must be a number above 0, got many'],
    [['--rounds', '0'], '--rounds must be a number above 0, got 0'],
    [['--round', '1'], "Unknown option '--round'"],
  ])('refuses %j', (given, message) => {
    expect(() => readOptions(given, KINDS)).toThrow(message);
  });
});
