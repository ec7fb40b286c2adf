import { describe, expect, it } from 'vitest';
import { majorOf, parseVersion, satisfies } from '../../../lib/cli/doctor/version.js';

describe('satisfies', () => {
  it.each([
    ['12.5.1', '^12.0.0', true],
    ['13.0.0', '^12.0.0', false],
    ['11.9.9', '^12.0.0', false],
    ['12.0.0-rc.1', '^12.0.0', true],
    ['0.1.13', '^0.1.12 || ^0.2.0', true],
    ['0.2.2', '^0.1.12 || ^0.2.0', true],
    ['0.3.0', '^0.1.12 || ^0.2.0', false],
    ['11.4.0', '>=5', true],
    ['4.9.0', '>=5', false],
    ['7.8.2', '^7.1.0', true],
    ['7.0.0', '^7.1.0', false],
    ['1.0.0', '1.x - 2.x', true],
    ['', '^1.0.0', true],
  ])('%s, %s: %s', (version, range, result) => {
    expect(satisfies(version, range)).toBe(result);
  });
});

describe('majorOf', () => {
  it.each([
    ['^2.4.0', 2],
    ['~1.7', 1],
    ['>=3', 3],
    ['4', 4],
    ['latest', null],
    ['workspace:*', null],
  ])('%s: %s', (range, major) => {
    expect(majorOf(range)).toBe(major);
  });
});

describe('parseVersion', () => {
  it.each([
    ['20', [20, 0, 0]],
    ['v20.19.1', [20, 19, 1]],
    ['lts/*', null],
  ])('%s', (text, version) => {
    expect(parseVersion(text)).toEqual(version);
  });
});
