import { describe, expect, it } from 'vitest';
import {
  checkMilliseconds,
  checkPositive,
  inGroup,
  invalidOption,
  refuseUnknownOptions,
  withDefaults,
  withoutUndefined,
} from '../lib/options.js';
import { expectInvalid, thrown } from './support/option-errors.js';

const KNOWN = ['pingInterval', 'pingTimeout', 'path'];

function refusalOf(options: object): unknown {
  return thrown(() => refuseUnknownOptions(options, KNOWN, 'Server'));
}

describe('refuseUnknownOptions', () => {
  it('accepts every known option', () => {
    const options = Object.fromEntries(KNOWN.map((name) => [name, 1]));
    expect(() => refuseUnknownOptions(options, KNOWN, 'Server')).not.toThrow();
  });

  it('suggests the most similar option', () => {
    expect(refusalOf({ pingIntervall: 1 })).toMatchObject({
      code: 'UNKNOWN_OPTION',
      message: 'Server has no option "pingIntervall" (did you mean "pingInterval"?)',
    });
  });

  it('suggests none if none is similar', () => {
    expect(refusalOf({ colour: 1 })).toMatchObject({ message: 'Server has no option "colour"' });
  });

  it('has advice about wsEngine', () => {
    expect(refusalOf({ wsEngine: true })).toMatchObject({
      message: 'Server has no option "wsEngine": this server always uses ws: remove the option',
    });
  });

  it.each(['constructor', 'toString'])('has neither an option %s nor advice about it', (name) => {
    expect(refusalOf({ [name]: true })).toMatchObject({ message: `Server has no option "${name}"` });
  });
});

describe('checkMilliseconds', () => {
  it('accepts zero and every delay that a timer supports', () => {
    expect(() => checkMilliseconds({ a: 0, b: 2 ** 31 - 1 }, 'a', 'b')).not.toThrow();
  });

  it('checks only the named options', () => {
    expect(() => checkMilliseconds({ a: 0, b: -1 }, 'a')).not.toThrow();
    expectInvalid(
      () => checkMilliseconds({ a: 0, b: -1 }, 'a', 'b'),
      'option "b" must be a number of milliseconds, got -1',
    );
  });
});

describe('checkPositive', () => {
  it('accepts one', () => {
    expect(() => checkPositive({ a: 1 }, 'a')).not.toThrow();
  });

  it('refuses a value that is not a number', () => {
    expectInvalid(() => checkPositive({ a: null }, 'a'), 'option "a" must be a positive integer, got null');
  });
});

describe('inGroup', () => {
  it('has the options by their full names', () => {
    const named = inGroup('streams', { buffer: 0 });
    expect(named).toEqual({ 'streams.buffer': 0 });
    expect(() => checkPositive(named, 'streams.buffer')).toThrow('option "streams.buffer" must be a positive integer');
  });
});

describe('withoutUndefined', () => {
  it('keeps everything else', () => {
    const options = { a: undefined, b: null, c: 0, d: '', e: false };
    expect(Object.keys(withoutUndefined(options))).toEqual(['b', 'c', 'd', 'e']);
    expect(Object.keys(options)).toHaveLength(5);
  });
});

describe('invalidOption', () => {
  it('names the option, the value and the rule', () => {
    expectInvalid(() => invalidOption('path', ['x'], 'be a string'), 'option "path" must be a string, got ["x"]');
  });

  it('appends a hint', () => {
    expectInvalid(
      () => invalidOption('path', 'ws', 'start with a slash', "write '/ws'"),
      `option "path" must start with a slash, got "ws": write '/ws'`,
    );
  });

  it.each([
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
    [7n, '7'],
    [undefined, 'undefined'],
    [null, 'null'],
    [() => 7, 'a function'],
    [Symbol('s'), 'Symbol(s)'],
    [new Date(Number.NaN), 'Invalid Date'],
    [{ a: [1] }, '{"a":[1]}'],
  ])('shows %o as in source code', (value, shown) => {
    expectInvalid(() => invalidOption('a', value, 'be a string'), `option "a" must be a string, got ${shown}`);
  });

  it('shows an object that is not JSON by its type', () => {
    const circular: { self?: unknown } = {};
    circular.self = circular;
    expectInvalid(() => invalidOption('a', circular, 'be a string'), 'option "a" must be a string, got an object');
  });
});

describe('withDefaults', () => {
  it('fills in what is left out or undefined, and keeps null for the checks', () => {
    const given = { a: null, extra: 1 };
    expect(withDefaults<{ a?: number | null; b?: number; c?: number }>(given, { a: 1, b: 2, c: 3 })).toEqual({
      a: null,
      b: 2,
      c: 3,
    });
  });
});
