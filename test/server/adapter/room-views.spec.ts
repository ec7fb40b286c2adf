import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { MapView, SetView } from '../../../lib/server/adapter/room-views.js';

const held = new Map([
  ['a', 1],
  ['b', 2],
]);

class Keys extends SetView<string> {
  get size(): number {
    return held.size;
  }
  has(key: string): boolean {
    return held.has(key);
  }
  *values(): Generator<string, undefined> {
    yield* held.keys();
  }
}

class Numbers extends MapView<number> {
  get size(): number {
    return held.size;
  }
  has(key: string): boolean {
    return held.has(key);
  }
  get(key: string): number | undefined {
    return held.get(key);
  }
  *keys(): Generator<string, undefined> {
    yield* held.keys();
    yield 'gone'; // deleted after it was listed
  }
}

/** Collects the arguments of each call of `forEach`. */
function each(view: { forEach(call: (...args: unknown[]) => void, thisArg?: unknown): void }): unknown[] {
  const seen: unknown[] = [];
  view.forEach(function (this: unknown, ...args) {
    seen.push([this, ...args]);
  }, 'this');
  return seen;
}

describe('a view of a Set', () => {
  it('iterates like a Set', () => {
    const view = new Keys();
    expect([...view]).toEqual(['a', 'b']);
    expect([...view.keys()]).toEqual(['a', 'b']);
    expect([...view.entries()]).toEqual([
      ['a', 'a'],
      ['b', 'b'],
    ]);
    expect(each(view)).toEqual([
      ['this', 'a', 'a', view],
      ['this', 'b', 'b', view],
    ]);
  });
});

describe('a view of a Map', () => {
  it('iterates like a Map, over the keys that have a value', () => {
    const view = new Numbers();
    expect([...view]).toEqual([...held]);
    expect([...view.entries()]).toEqual([...held]);
    expect([...view.values()]).toEqual([1, 2]);
    expect(each(view)).toEqual([
      ['this', 1, 'a', view],
      ['this', 2, 'b', view],
    ]);
  });
});

describe('a view', () => {
  it('is an instance of Map or Set, and shows its entries', () => {
    const [keys, numbers] = [new Keys(), new Numbers()];
    expect([keys instanceof Set, numbers instanceof Map]).toEqual([true, true]);
    expect(inspect(keys)).toBe("Set(2) { 'a', 'b' }");
    expect(inspect(numbers)).toBe("Map(2) { 'a' => 1, 'b' => 2 }");
    expect(new Set(keys)).toEqual(new Set(['a', 'b']));
    expect(new Map(numbers)).toEqual(held);
  });

  it.each([
    ['add', () => (new Keys() as Set<string>).add('c')],
    ['delete', () => (new Keys() as Set<string>).delete('a')],
    ['clear', () => (new Keys() as Set<string>).clear()],
    ['set', () => (new Numbers() as Map<string, number>).set('c', 3)],
    ['delete', () => (new Numbers() as Map<string, number>).delete('a')],
    ['clear', () => (new Numbers() as Map<string, number>).clear()],
  ])('is read-only: %s throws', (_method, call) => {
    expect(call).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  /** Node 20 has none of these methods. */
  interface Operations {
    union?(other: ReadonlySet<string>): Set<string>;
    isSubsetOf?(other: ReadonlySet<string>): boolean;
  }

  it('has the operations of a Set, if Node has them', () => {
    const keys = new Keys() as Operations;
    const has = 'union' in Set.prototype;
    expect(keys.union?.(new Set(['c']))).toEqual(has ? new Set(['a', 'b', 'c']) : undefined);
    expect(keys.isSubsetOf?.(new Set(['a', 'b']))).toBe(has ? true : undefined);
  });
});
