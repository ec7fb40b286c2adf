import { describe, expect, it } from 'vitest';
import { Gateway, type GatewayOptions } from '../../../lib/nest/decorators/gateway.decorator.js';
import { metadataOfClass } from '../../../lib/nest/gateways/gateway-namespace.js';

const tenantsOnly = (name: string): boolean => name.startsWith('/tenant-');

describe('@Gateway', () => {
  it.each<[string | GatewayOptions | undefined, string]>([
    [undefined, '/'],
    [{}, '/'],
    ['/', '/'],
    ['', '/'],
    ['/chat', '/chat'],
    ['chat', '/chat'],
    [{ namespace: '/chat' }, '/chat'],
    [{ namespace: 'chat' }, '/chat'],
  ])('takes %j for the namespace %s', (namespace, path) => {
    @Gateway(namespace)
    class Chat {}
    expect(metadataOfClass(Chat)).toEqual({ namespace: path });
  });

  it.each([
    [undefined, {}],
    ['chat', { namespace: '/chat' }],
  ])('is a gateway to Nest too: %j', (namespace, options) => {
    @Gateway(namespace)
    class Chat {}
    expect(Reflect.getMetadata('websockets:is_gateway', Chat)).toBe(true);
    expect(Reflect.getMetadata('websockets:gateway_options', Chat)).toMatchObject(options);
  });

  it('marks no other class', () => {
    @Gateway()
    class Chat {}
    class Other {}
    expect(metadataOfClass(Chat)).toBeDefined();
    expect(metadataOfClass(Other)).toBeUndefined();
  });

  it.each<[Parameters<typeof Gateway>[0], string]>([
    ['/rooms/:id', '/rooms/:id'],
    ['rooms/:id', '/rooms/:id'],
    [/chat/, '/chat/'],
    [{ namespace: /chat/ }, '/chat/'],
    [() => true, 'namespaces that a predicate allows'],
    [tenantsOnly, 'namespaces that tenantsOnly() allows'],
  ])('takes %s for the rule %s, and hands it on to the adapter', (namespace, label) => {
    @Gateway(namespace)
    class Chat {}
    const served = metadataOfClass(Chat);
    expect(served).toMatchObject({ namespace: label, rule: expect.any(Object) });
    expect(Reflect.getMetadata('websockets:gateway_options', Chat)).toMatchObject({ namespace: label });
  });

  it.each([
    ['serial', true],
    ['parallel', undefined],
    [undefined, undefined],
  ] as const)('takes the concurrency %s', (concurrency, serial) => {
    @Gateway(concurrency === undefined ? {} : { concurrency })
    class Chat {}
    expect(metadataOfClass(Chat)?.serial).toBe(serial);
  });

  it.each([
    [7, 'INVALID_ARGUMENT', '@Gateway() must be a name, a pattern like "/rooms/:id", a RegExp or a predicate, got 7'],
    [
      '/rooms/:',
      'INVALID_ARGUMENT',
      'the namespace pattern "/rooms/:": Missing parameter name at index 8: write it like a route of Nest',
    ],
    [{ namspace: '/chat' }, 'UNKNOWN_OPTION', 'did you mean "namespace"?'],
    [{ concurrency: 'seriall' }, 'INVALID_OPTION', 'must be "parallel" or "serial", got "seriall"'],
    [{ concurrency: 1 }, 'INVALID_OPTION', 'must be "parallel" or "serial", got 1'],
  ])('refuses %j', (namespace, code, message) => {
    expect(() => Gateway(namespace as unknown as string)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});
