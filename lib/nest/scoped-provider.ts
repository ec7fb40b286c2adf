/** A provider of which each context has an instance of its own, as Nest's container makes it. */
import type { DiscoveryService } from '@nestjs/core';
import { type ContextId, ModuleRef } from '@nestjs/core';

export type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

type ScopedWrapper = Pick<Wrapper, 'host' | 'token'>;

/** Whether Nest makes no instance of it at start-up. */
export function isScoped(wrapper: Wrapper): boolean {
  return wrapper.isTransient || !wrapper.isDependencyTreeStatic();
}

/** What makes the instance of a context, or finds it: of one context it is always the same. */
export function resolverOf<T extends object>({ host, token }: ScopedWrapper): (contextId: ContextId) => Promise<T> {
  return (contextId) => {
    const moduleRef = host?.getProviderByKey<ModuleRef>(ModuleRef).instance;
    // A provider that the discovery has found always has a host.
    return (moduleRef as ModuleRef).resolve<T>(token, contextId, { strict: true });
  };
}
