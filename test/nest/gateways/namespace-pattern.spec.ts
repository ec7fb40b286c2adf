import { describe, expect, it } from 'vitest';
import { isRoutePattern, RegExpPattern, RoutePattern } from '../../../lib/nest/gateways/namespace-pattern.js';

describe('isRoutePattern', () => {
  it.each([
    ['/rooms/:id', true],
    ['/:tenant', true],
    ['/user-:id', true],
    ['/files/*path', true],
    ['/rooms{/:id}', true],
    ['/rooms*', true],
    ['/rooms', false],
    ['/at:noon', false],
    ['/é:noon', false],
    [String.raw`/\:id`, false],
    ['/(a)+[b]?!', false],
    ['/', false],
  ])('of %s: %s', (path, expected) => {
    expect(isRoutePattern(path)).toBe(expected);
  });
});

describe('RoutePattern', () => {
  it.each([
    ['/rooms/:id', '/rooms/7', { id: '7' }],
    ['/:tenant/rooms/:id', '/acme/rooms/7', { tenant: 'acme', id: '7' }],
    ['/rooms/:id', '/rooms/a%20b%2Fc', { id: 'a b/c' }],
    ['/rooms/:id', '/rooms/%C3%A4', { id: 'ä' }],
    ['/rooms/:id', '/rooms/ä', { id: 'ä' }],
    ['/a.b/:id', '/a.b/7', { id: '7' }],
    ['/rooms/:__proto__', '/rooms/x', { ['__proto__']: 'x' }],
    ['/rooms/:id.json', '/rooms/7.json', { id: '7' }],
    ['/:from-:to', '/ulm-bonn', { from: 'ulm', to: 'bonn' }],
    ['/files/*path', '/files/a', { path: ['a'] }],
    ['/files/*path', '/files/a%2Fb/c/d', { path: ['a/b', 'c', 'd'] }],
    ['/files/*path/info', '/files/a/b/info', { path: ['a', 'b'] }],
    ['/rooms{/:id}', '/rooms/7', { id: '7' }],
    ['/:"room-id"', '/7', { 'room-id': '7' }],
    [String.raw`/at\:noon/:id`, '/at:noon/7', { id: '7' }],
  ])('%s serves %s', (path, name, params) => {
    const pattern = new RoutePattern(path);
    expect(pattern.serves(name)).toBe(true);
    const found = pattern.params(name);
    expect(Object.getPrototypeOf(found)).toBeNull();
    expect(Object.entries(found ?? {})).toEqual(Object.entries(params));
    expect(pattern.names).toEqual(Object.keys(params));
  });

  it('leaves out the parameters of an optional part', () => {
    const pattern = new RoutePattern('/rooms{/:id}');
    expect({ ...pattern.params('/rooms') }).toEqual({});
    expect(pattern.names).toEqual(['id']);
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
    ['/files/*path', '/files'],
    ['/files/*path', '/files/'],
    ['/files/*path', '/files/a/%'],
    ['/rooms{/:id}', '/rooms/'],
    ['/rooms{/:id}', '/rooms/7/8'],
  ])('%s does not serve %s', (path, name) => {
    const pattern = new RoutePattern(path);
    expect(pattern.serves(name)).toBe(false);
    expect(pattern.params(name)).toBeNull();
  });

  it.each([
    ['/rooms/:', 'Missing parameter name at index 8: write it like a route of Nest, as "/rooms/:id"'],
    ['/rooms/:1', 'Missing parameter name at index 8: write'],
    ['/rooms/*', 'Missing parameter name at index 8: write'],
    ['/rooms/:id?', 'Unexpected ? at index 10: write'],
    [String.raw`/rooms/:id(\d+)`, 'Unexpected ( at index 10: write'],
    ['/rooms{/:id', 'Unexpected end at index 11, expected }: write'],
    ['/:from:to', 'Missing text before "to" param: write'],
    ['/:id/:id', 'parameters must have different names, got "id" twice'],
    ['/:id{/*id}', 'parameters must have different names, got "id" twice'],
  ])('refuses %s', (path, message) => {
    expect(() => new RoutePattern(path)).toThrow(
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
    ['/files/*path', '/files/:name', true],
    ['/files/*path', '/:a/:b/info', true],
    ['/files/*path', '/images/*path', false],
    ['/rooms{/:id}', '/rooms/:id', true],
    ['/rooms{/:id}', '/:any', true],
    ['/user-:id', '/:any', true],
    ['/user-:id', '/group-:id', false],
  ])('%s and %s serve a common name: %s', (one, other, expected) => {
    const [a, b] = [new RoutePattern(one), new RoutePattern(other)];
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
    expect(pattern.overlaps(new RoutePattern('/:a'))).toBe(false);
    expect(new RoutePattern('/:a').overlaps(pattern)).toBe(false);
  });
});
