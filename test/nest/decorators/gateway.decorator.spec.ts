import { describe, expect, it } from 'vitest';
import { Gateway, type GatewayOptions } from '../../../lib/nest/decorators/gateway.decorator.js';
import { getGateway } from '../../../lib/nest/metadata.js';

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
    expect(getGateway(Chat)).toEqual({ namespace: path });
  });

  it.each([
    [undefined, {}],
    ['chat', { namespace: '/chat' }],
  ])('is a gateway to Nest too: %j', (namespace, options) => {
    @Gateway(namespace)
    class Chat {}
    expect(Reflect.getMetadata('websockets:is_gateway', Chat)).toBe(true);
    expect(Reflect.getMetadata('websockets:gateway_options', Chat)).toEqual(options);
  });

  it('marks no other class', () => {
    @Gateway()
    class Chat {}
    class Other {}
    expect(getGateway(Chat)).toBeDefined();
    expect(getGateway(Other)).toBeUndefined();
  });

  it.each([
    [7, '@Gateway(7)'],
    [{ namespace: /chat/ }, '@Gateway(/chat/)'],
    [/chat/, '@Gateway(/chat/)'],
    [() => true, '@Gateway(() => true)'],
  ])('refuses %s, which is no string', (namespace, text) => {
    expect(() => Gateway(namespace as unknown as string)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: `${text}: the name of a namespace is a string`,
      }),
    );
  });
});
