/** The gateways of an application as Nest's container has them: their classes, instances and scopes. */
import { Inject, Injectable, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { GatewayInstance } from '../connection-scope.js';
import { getNestGateway } from '../decorators/metadata.js';
import { isScoped, resolverOf, type Wrapper } from '../enhancers/scoped-provider.js';
import { callAfterInit, ScopedAfterInit } from './after-init.js';
import type { DeclaredGateway } from './gateway-options.js';

/** Every class among the providers and controllers, each with its first provider. */
export function classesOf(discovery: Pick<DiscoveryService, 'getProviders' | 'getControllers'>): Map<Type, Wrapper> {
  const classes = new Map<Type, Wrapper>();
  for (const wrapper of [...discovery.getProviders(), ...discovery.getControllers()]) {
    const type = wrapper.metatype as Type | null;
    // A value has no metatype; the metatype of an alias or a factory is the function that makes the value.
    if (typeof type !== 'function' || type.prototype === undefined) continue;
    if (!classes.has(type)) classes.set(type, wrapper);
  }
  return classes;
}

/** The metadata of each gateway class, once, however many modules provide it. Needs no instances. */
export function declaredGateways(discovery: DiscoveryService): DeclaredGateway[] {
  const declared = new Map<unknown, DeclaredGateway>();
  for (const { metatype } of discovery.getProviders()) {
    const gateway = typeof metatype === 'function' ? getNestGateway(metatype) : undefined;
    if (gateway !== undefined) declared.set(metatype, { ...gateway, name: metatype?.name ?? '' });
  }
  return [...declared.values()];
}

/** The gateways that Nest has instantiated: all but the scoped ones. */
export function gatewayInstances(discovery: DiscoveryService): { readonly instance: object; readonly name: string }[] {
  return gatewayWrappers(discovery)
    .filter((wrapper) => !isScoped(wrapper) && typeof wrapper.instance === 'object')
    .map(({ instance, metatype }) => ({ instance: instance as object, name: metatype?.name ?? '' }));
}

@Injectable()
export class Gateways {
  readonly #discovery: DiscoveryService;
  readonly #scopedInits = new Map<Wrapper, ScopedAfterInit>();

  constructor(@Inject(DiscoveryService) discovery: DiscoveryService) {
    this.#discovery = discovery;
  }

  /** Intercepts `afterInit()` of scoped gateways. Must be called before Nest wires its gateways. */
  interceptAfterInit(): void {
    for (const wrapper of gatewayWrappers(this.#discovery)) {
      const instance = wrapper.instance as object | null;
      if (isScoped(wrapper) && instance !== null) this.#scopedInits.set(wrapper, new ScopedAfterInit(instance));
    }
  }

  /** Wires a gateway of a module that was loaded later, as Nest wires the others. Rejects if `afterInit()` fails. */
  async wire(wrapper: Wrapper, server: unknown): Promise<void> {
    const instance = wrapper.instance as object;
    if (isScoped(wrapper)) this.#scopedInits.set(wrapper, new ScopedAfterInit(instance));
    await callAfterInit(instance, server);
  }

  instanceOf(type: Type, wrapper: Wrapper): GatewayInstance {
    const gateway = { type, instance: wrapper.instance as object, id: wrapper.id };
    if (!isScoped(wrapper)) return gateway;
    const resolve = resolverOf(wrapper);
    const init = this.#scopedInits.get(wrapper);
    return {
      ...gateway,
      async resolve(contextId) {
        const instance = await resolve(contextId);
        await init?.call(instance);
        return instance;
      },
    };
  }
}

function gatewayWrappers(discovery: DiscoveryService): Wrapper[] {
  return discovery
    .getProviders()
    .filter(({ metatype }) => typeof metatype === 'function' && getNestGateway(metatype) !== undefined);
}
