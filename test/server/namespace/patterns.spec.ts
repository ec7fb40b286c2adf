import { beforeEach, describe, expect, it } from 'vitest';
import {
  type NameRule,
  type NamespaceMatcher,
  type Pattern,
  Patterns,
  type Undecided,
} from '../../../lib/server/namespace/patterns.js';
import { RecordingLog } from '../../support/engine-rig.js';

let log: RecordingLog;
let waiting: Set<Undecided>;
let patterns: Patterns<string>;
beforeEach(() => {
  log = new RecordingLog();
  waiting = new Set();
  patterns = new Patterns({ logger: log }, () => waiting);
});

const rule = (key: string): NameRule => ({ key, serves: (name) => name.startsWith(key) });

function add(parent: string, matches: Pattern<string>['matches'], shared = false): void {
  patterns.add({ matches, parent, children: new Set(), shared });
}

/** Allows the clients that say `ok`. */
const ifOk: NamespaceMatcher = (_name, auth, next) => next(null, auth['ok'] === true);

/** The parents of patterns. */
const parents = (found: readonly Pattern<string>[]): string[] => found.map(({ parent }) => parent);

/** The parents that serve a name to a client. */
async function find(name: string, auth = {}): Promise<string[]> {
  return parents(await patterns.find(name, auth));
}

describe('patterns', () => {
  it('serve a name by the first that matches', async () => {
    add('letter', /^\/[a-z]$/);
    add('any', rule('/'));
    expect([await find('/a'), await find('/aa'), await find('none')]).toEqual([['letter'], ['any'], []]);
    expect([patterns.serving('/a'), patterns.of('any')].map(parents)).toEqual([['letter'], ['any']]);
  });

  it('serve a name together if they are shared, functions apart from the others', async () => {
    add('gate', ifOk, true);
    add('a', rule('/a'), true);
    add('other', /^\/a/);
    add('second gate', ifOk, true);
    add('ab', rule('/ab'), true);
    expect(await find('/ab', { ok: true })).toEqual(['a', 'ab']);
    expect(await find('/b', { ok: true })).toEqual(['gate', 'second gate']);
    expect(await find('/b')).toEqual([]);
    expect(parents(patterns.serving('/ab'))).toEqual(['a', 'ab']);
  });

  it('are no functions for a name without a client', () => {
    add('gate', (_name, _auth, next) => next(null, true));
    expect(patterns.serving('/a')).toEqual([]);
  });
});

describe('a function that decides on namespaces', () => {
  it('may call next later, and has a deadline until then', async () => {
    let allow: (() => void) | undefined;
    add('late', (_name, _auth, next) => (allow = () => next(null, true)));
    add('next', /^\/a/);
    const found = find('/a');
    expect(waiting.size).toBe(1);
    allow?.();
    expect(waiting.size).toBe(0);
    expect(await found).toEqual(['late']);
  });

  it('refuses by an error', async () => {
    add('refusing', (_name, _auth, next) => next(new Error('no'), true));
    expect(await find('/a')).toEqual([]);
    expect(log.errors).toEqual([]);
  });

  it('refuses if it throws or rejects, which is logged', async () => {
    const failed = new Error('failed');
    add('throwing', () => {
      throw failed;
    });
    add('rejecting', () => Promise.reject(failed));
    expect(await find('/a')).toEqual([]);
    expect(log.errors).toEqual([
      ['a function that decides on namespaces failed', failed],
      ['a function that decides on namespaces failed', failed],
    ]);
  });

  it('refuses if it is overdue, which is logged', async () => {
    add('silent', () => {});
    const found = find('/a');
    for (const one of waiting) one.overdue();
    expect(await found).toEqual([]);
    expect(log.errors).toEqual([
      [expect.stringContaining('did not call next within connectTimeout: the client is refused'), undefined],
    ]);
  });
});
