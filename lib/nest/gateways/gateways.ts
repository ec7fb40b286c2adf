/** The gateways of an application, as the container has them: which classes, and which are made per connection. */
import type { Type } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';
import { initialise, ScopedInit } from './after-init.js';
import type { GatewayInstance } from '../connection-scope.js';
import { getNestGateway } from '../decorators/metadata.js';
import { isScoped, resolverOf, type Wrapper } from '../enhancers/scoped-provider.js';

/** Each class once, with the provider that comes first. */
export function classesOf(discovery: Pick<DiscoveryService, 'getProviders' | 'getControllers'>): Map<Type, Wrapper> {
  const classes = new Map<Type, Wrapper>();
  for (const wrapper of [...discovery.getProviders(), ...discovery.getControllers()]) {
    const type = wrapper.metatype as Type | null;
    // A value has no class, and of an alias or a factory it is the function that makes it.
    if (typeof type !== 'function' || type.prototype === undefined) continue;
    if (!classes.has(type)) classes.set(type, wrapper);
  }
  return classes;
}

export class Gateways {
  readonly #discovery: DiscoveryService;
  readonly #inits = new Map<Wrapper, ScopedInit>();

  constructor(discovery: DiscoveryService) {
    this.#discovery = discovery;
  }

  /** Takes `afterInit()` of scoped gateways in hand, before Nest calls it. */
  keepInits(): void {
    for (const wrapper of this.#discovery.getProviders()) {
      const type = wrapper.metatype as Type | null;
      if (typeof type !== 'function' || getNestGateway(type) === undefined || !isScoped(wrapper)) continue;
      const instance = wrapper.instance as object | null;
      if (instance !== null) this.#inits.set(wrapper, new ScopedInit(instance));
    }
  }

  /** The part of Nest for a gateway that it does not know of. Rejects as `afterInit()` does. */
  async wire(wrapper: Wrapper, server: unknown): Promise<void> {
    const instance = wrapper.instance as object;
    if (isScoped(wrapper)) this.#inits.set(wrapper, new ScopedInit(instance));
    await initialise(instance, server);
  }

  instanceOf(type: Type, wrapper: Wrapper): GatewayInstance {
    const gateway = { type, instance: wrapper.instance as object, id: wrapper.id };
    if (!isScoped(wrapper)) return gateway;
    const resolve = resolverOf(wrapper);
    const init = this.#inits.get(wrapper);
    return {
      ...gateway,
      async resolve(contextId) {
        const instance = await resolve(contextId);
        await init?.initialise(instance);
        return instance;
      },
    };
  }
}
