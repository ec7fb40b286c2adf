import { describe, expect, it } from 'vitest';
import { Lifecycle } from '../../../lib/server/namespace/lifecycle.js';

/** Of handlers, and in lower case of what stands beside them. */
function lifecycle(...names: string[]): Lifecycle<string> {
  const made = new Lifecycle<string>();
  for (const name of names) made.add(name, name === name.toLowerCase());
  return made;
}

describe('Lifecycle', () => {
  it('has its handlers in order', () => {
    expect(lifecycle('A', 'b', 'C').with(undefined)).toEqual(['A', 'b', 'C']);
  });

  it.each([
    [[], ['X', 'y'], ['X', 'y']],
    [['a'], ['X', 'y'], ['a', 'X', 'y']],
    [
      ['a', 'B'],
      ['X', 'y'],
      ['a', 'B', 'y'],
    ],
    [['A'], [], ['A']],
  ])('of %j with %j for all namespaces are %j', (own, everywhere, expected) => {
    expect(lifecycle(...own).with(lifecycle(...everywhere))).toEqual(expected);
  });

  it('takes over those of another, with what stands beside them', () => {
    const made = lifecycle('a');
    made.inherit(lifecycle('b'));
    expect(made.with(lifecycle('X'))).toEqual(['a', 'b', 'X']);
    made.inherit(lifecycle('C'));
    expect(made.with(lifecycle('X'))).toEqual(['a', 'b', 'C']);
  });
});
