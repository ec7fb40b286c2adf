import { afterEach, describe, expect, it } from 'vitest';
import { gatewayNamespace, overlap, serveNamespace } from '../../../lib/nest/gateways/gateway-namespace.js';
import { Server } from '../../../lib/server/internal.js';

const yes = (): boolean => true;

describe('gatewayNamespace', () => {
  it.each([
    ['chat', '/chat'],
    ['/', '/'],
    ['*', '*'],
  ])('takes %s as a name', (given, namespace) => {
    expect(gatewayNamespace(given)).toEqual({ namespace });
  });

  it.each([[null], [{}], [['/a']]])('refuses %j', (given) => {
    expect(() => gatewayNamespace(given)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});

describe('overlap', () => {
  it.each<[unknown, unknown, boolean]>([
    ['/a', 'a', true],
    ['/a', '/b', false],
    ['/a', '/:a', false],
    ['/:a', '/:b', true],
    ['*', '*', true],
    ['*', '/*rest', false],
    [/a/, /a/, true],
    [/a/, '/:a', false],
    [yes, yes, true],
    [yes, () => true, false],
    [yes, /a/, false],
    [/a/, yes, false],
  ])('of %s and %s: %s', (one, other, expected) => {
    expect(overlap(gatewayNamespace(one), gatewayNamespace(other))).toBe(expected);
  });
});

describe('serveNamespace', () => {
  const server = new Server();
  afterEach(() => server.close());

  it('gives one and the same for what serves the same', () => {
    const serve = (given: unknown) => serveNamespace(server, gatewayNamespace(given));
    expect(serve('chat')).toBe(server.of('/chat'));
    expect(serve('*')).toBe(server.forAll());
    expect(serve('/rooms/:id')).toBe(serve('rooms/:id'));
    expect(serve(/a/)).toBe(serve(/a/));
    expect(serve(/a/)).not.toBe(serve(/a/i));
    const tenants = gatewayNamespace(() => true);
    expect(serveNamespace(server, tenants)).toBe(serveNamespace(server, tenants));
    expect(serveNamespace(server, tenants).name).toBe('namespaces that a predicate allows');
  });
});
