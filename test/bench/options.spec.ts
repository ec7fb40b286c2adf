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
  it('knows its defaults', () => {
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
    [['--only', 'wss'], '--only does not know wss; it knows ws, socket.io'],
    [['--rounds', 'many'], '--rounds takes a number above 0, not many'],
    [['--rounds', '0'], '--rounds takes a number above 0, not 0'],
    [['--round', '1'], "Unknown option '--round'"],
  ])('refuses %j', (given, message) => {
    expect(() => readOptions(given, KINDS)).toThrow(message);
  });
});
