import { describe, expect, it } from 'vitest';
import { GROWTH, judge, type Results } from './checks.mjs';

const MEMORY = { heapUsed: 20e6, external: 3e6, rss: 150e6, clients: 0 };
const HEALTHY = { counts: {}, heard: 1_000, answered: 100, sessions: 10, recovered: 2 };
const SERVER = { escaped: [], logged: [] };

const GOOD: Results = {
  wasInterrupted: false,
  crash: null,
  base: MEMORY,
  end: MEMORY,
  server: SERVER,
  healthy: HEALTHY,
  bad: { acts: { vanish: { done: 3 }, flood: { done: 1 } } },
  kinds: ['vanish', 'flood'],
};

/** The checks that fail, with what they found. */
function failures(change: Partial<Results>): string[] {
  return judge({ ...GOOD, ...change })
    .filter(({ passed }) => !passed)
    .map(({ name, found }) => `${name}: ${found}`);
}

describe('judge', () => {
  it('passes a run in which nothing went wrong', () => {
    expect(failures({})).toEqual([]);
  });

  it.each([
    ['lost', 'every message arrives once and in order: 3 of 1,000 messages failed'],
    ['repeated', 'every message arrives once and in order: 3 of 1,000 messages failed'],
    ['reordered', 'every message arrives once and in order: 3 of 1,000 messages failed'],
    ['misdirected', 'every message arrives once and in order: 3 of 1,000 messages failed'],
    ['garbled', 'every message arrives once and in order: 3 of 1,000 messages failed'],
    ['unanswered', 'every acknowledgement arrives: 3 of 100 acknowledgements failed'],
    ['wrong answer', 'every acknowledgement arrives: 3 of 100 acknowledgements failed'],
    ['dropped', 'healthy clients are accepted and stay connected: 3 of 10 sessions failed'],
    ['refused', 'healthy clients are accepted and stay connected: 3 of 10 sessions failed'],
  ])('fails if the ledger found %s', (kind, failure) => {
    expect(failures({ healthy: { ...HEALTHY, counts: { [kind]: 3 } } })).toEqual([failure]);
  });

  it('fails if healthy clients got nothing', () => {
    const healthy = { ...HEALTHY, heard: 0, answered: 0 };
    expect(failures({ healthy })).toEqual([
      'every message arrives once and in order: 0 of 0 messages failed',
      'every acknowledgement arrives: 0 of 0 acknowledgements failed',
    ]);
  });

  it.each([
    ['heapUsed', 'heap and buffers +60 MB, RSS +0 MB; 0 clients are left'],
    ['external', 'heap and buffers +60 MB, RSS +0 MB; 0 clients are left'],
    ['rss', 'heap and buffers +0 MB, RSS +60 MB; 0 clients are left'],
  ] as const)('fails if %s has grown by more than 60 MB', (field, found) => {
    const grown = (bytes: number) => ({ end: { ...MEMORY, [field]: MEMORY[field] + bytes } });
    expect(failures(grown(GROWTH))).toEqual([]);
    expect(failures(grown(GROWTH + 1))).toEqual([`memory returns to its base line: ${found}`]);
  });

  it('fails if the server keeps clients that have gone', () => {
    expect(failures({ end: { ...MEMORY, clients: 2 } })).toEqual([
      'memory returns to its base line: heap and buffers +0 MB, RSS +0 MB; 2 clients are left',
    ]);
  });

  it('fails if an error escapes or is logged', () => {
    expect(failures({ server: { escaped: ['uncaughtException: Error'], logged: ['Error', 'Error'] } })).toEqual([
      'no error escapes: 1 uncaught exceptions and rejections',
      'no client causes an error in the log: 2 errors logged',
    ]);
  });

  it('fails if the server ended', () => {
    expect(failures({ crash: 'the program ended (1)', server: null, end: null })).toEqual([
      'memory returns to its base line: the run ended before it could be measured',
      'all programs run to the end: the program ended (1)',
      'no error escapes: NaN uncaught exceptions and rejections',
      'no client causes an error in the log: NaN errors logged',
    ]);
  });

  it('fails if a kind of client did nothing, unless the run was interrupted', () => {
    const absent = { bad: { acts: { vanish: { done: 0 } } }, healthy: { ...HEALTHY, recovered: 0 } };
    expect(failures(absent)).toEqual([
      'every kind of client takes part: absent: vanish, flood, healthy clients that resume',
    ]);
    expect(failures({ ...absent, wasInterrupted: true })).toEqual([]);
  });
});
