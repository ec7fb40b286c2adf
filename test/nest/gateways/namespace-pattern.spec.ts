import { describe, expect, it } from 'vitest';
import { isSegmentPattern, RegExpPattern, SegmentPattern } from '../../../lib/nest/gateways/namespace-pattern.js';

describe('isSegmentPattern', () => {
  it.each([
    ['/rooms/:id', true],
    ['/:tenant', true],
    ['/rooms', false],
    ['/at:noon', false],
    ['/', false],
  ])('of %s: %s', (path, expected) => {
    expect(isSegmentPattern(path)).toBe(expected);
  });
});

describe('SegmentPattern', () => {
  it.each([
    ['/rooms/:id', '/rooms/7', { id: '7' }],
    ['/:tenant/rooms/:id', '/acme/rooms/7', { tenant: 'acme', id: '7' }],
    ['/rooms/:id', '/rooms/a%20b%2Fc', { id: 'a b/c' }],
    ['/rooms/:id', '/rooms/%C3%A4', { id: 'ä' }],
    ['/rooms/:id', '/rooms/ä', { id: 'ä' }],
    ['/a.b/:id', '/a.b/7', { id: '7' }],
    ['/rooms/:__proto__', '/rooms/x', { ['__proto__']: 'x' }],
  ])('%s serves %s', (path, name, params) => {
    const pattern = new SegmentPattern(path);
    expect(pattern.serves(name)).toBe(true);
    const found = pattern.params(name);
    expect(Object.getPrototypeOf(found)).toBeNull();
    expect(Object.entries(found ?? {})).toEqual(Object.entries(params));
    expect(pattern.names).toEqual(Object.keys(params));
  });

  it.each([
    ['/rooms/:id', '/rooms'],
    ['/rooms/:id', '/rooms/'],
    ['/rooms/:id', '/rooms/7/'],
    ['/rooms/:id', '/rooms/7/8'],
    ['/rooms/:id', '/room/7'],
    ['/rooms/:id', '/Rooms/7'],
    ['/rooms/:id', '/rooms/%'],
    ['/rooms/:id', '/rooms/%E4'],
    ['/rooms/:id', '/rooms/a%zz'],
    ['/a.b/:id', '/axb/7'],
    ['/:a/:b', '//7'],
  ])('%s does not serve %s', (path, name) => {
    const pattern = new SegmentPattern(path);
    expect(pattern.serves(name)).toBe(false);
    expect(pattern.params(name)).toBeNull();
  });

  it.each([
    ['/rooms/:', 'a parameter must have a name after the colon, like ":id", got ":"'],
    ['/rooms/:1', 'got ":1"'],
    ['/rooms/:id.json', 'got ":id.json"'],
    ['/:id/:id', 'parameters must have different names, got ":id" twice'],
  ])('refuses %s', (path, message) => {
    expect(() => new SegmentPattern(path)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) }),
    );
  });

  it.each([
    ['/rooms/:id', '/rooms/:room', true],
    ['/rooms/:id', '/:kind/lobby', true],
    ['/rooms/:id', '/rooms/:id/users', false],
    ['/rooms/:id', '/games/:id', false],
    ['/:a/x', '/:b/y', false],
    ['/:a', '/%/:b'.slice(0, 2), false],
    ['/:a/:b', '/%/:b', false],
    ['/:a/:b', '//:b', false],
  ])('%s and %s serve a common name: %s', (one, other, expected) => {
    const [a, b] = [new SegmentPattern(one), new SegmentPattern(other)];
    expect([a.overlaps(b), b.overlaps(a)]).toEqual([expected, expected]);
  });
});

describe('RegExpPattern', () => {
  it('has its named groups as parameters, not decoded', () => {
    const pattern = new RegExpPattern(/^\/(?<kind>room|game)-(?<id>[\w%]+)$/);
    expect(pattern.names).toEqual(['kind', 'id']);
    const params = pattern.params('/room-a%20b');
    expect({ ...params }).toEqual({ kind: 'room', id: 'a%20b' });
    expect(Object.getPrototypeOf(params)).toBeNull();
    expect(pattern.params('/hall-7')).toBeNull();
  });

  it('needs no groups', () => {
    const pattern = new RegExpPattern(/^\/room-\d+$/);
    expect(pattern.names).toEqual([]);
    expect({ ...pattern.params('/room-7') }).toEqual({});
  });

  it.each([/^\/room-(?<id>\d)/g, /\/room-(?<id>\d)/y, /\/room-(?<id>\d)/gy])('keeps no position: %s', (expression) => {
    const pattern = new RegExpPattern(expression);
    for (const name of ['/room-1', '/room-2', '/room-3']) {
      expect(pattern.serves(name)).toBe(true);
      expect(pattern.params(name)?.['id']).toBe(name.at(-1));
      expression.exec(name);
    }
  });

  it('is known to overlap only with the same RegExp', () => {
    const pattern = new RegExpPattern(/^\/a/);
    expect(pattern.overlaps(new RegExpPattern(/^\/a/))).toBe(true);
    expect(pattern.overlaps(new RegExpPattern(/^\/a/i))).toBe(false);
    expect(pattern.overlaps(new SegmentPattern('/:a'))).toBe(false);
    expect(new SegmentPattern('/:a').overlaps(pattern)).toBe(false);
  });
});
