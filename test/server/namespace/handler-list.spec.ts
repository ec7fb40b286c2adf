import { describe, expect, it } from 'vitest';
import { HandlerList } from '../../../lib/server/namespace/handler-list.js';

/** A list of handlers, of which those with a lower-case name always run. */
function listOf(...names: string[]): HandlerList<string> {
  const made = new HandlerList<string>();
  for (const name of names) made.add(name, name === name.toLowerCase());
  return made;
}

describe('HandlerList', () => {
  it('returns its handlers in order', () => {
    expect(listOf('A', 'b', 'C').with(undefined)).toEqual(['A', 'b', 'C']);
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
  ])('with own handlers %j and wildcard handlers %j, runs %j', (own, wildcard, expected) => {
    expect(listOf(...own).with(listOf(...wildcard))).toEqual(expected);
  });

  it('copies the handlers of another list, with those that always run', () => {
    const made = listOf('a');
    made.inherit(listOf('b'));
    expect(made.with(listOf('X'))).toEqual(['a', 'b', 'X']);
    made.inherit(listOf('C'));
    expect(made.with(listOf('X'))).toEqual(['a', 'b', 'C']);
  });
});
