/** A provider of which each context has an instance of its own, as Nest's container makes it. */
import type { DiscoveryService } from '@nestjs/core';
import { type ContextId, ModuleRef } from '@nestjs/core';
import { STATIC_CONTEXT } from '@nestjs/core/internal';

export type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

type ScopedWrapper = Pick<Wrapper, 'host' | 'token'>;

/** Whether Nest makes no instance of it at start-up. */
export function isScoped(wrapper: Wrapper): boolean {
  return wrapper.isTransient || !wrapper.isDependencyTreeStatic();
}

/** Whether Nest has made all that it makes of it by itself: a module that is being loaded has objects whose constructors have not run yet. */
export function isMade(wrapper: Wrapper): boolean {
  return isScoped(wrapper) || wrapper.getInstanceByContextId(STATIC_CONTEXT).isResolved === true;
}

/** What makes the instance of a context, or finds it: of one context it is always the same. */
export function resolverOf<T extends object>({ host, token }: ScopedWrapper): (contextId: ContextId) => Promise<T> {
  return (contextId) => {
    const moduleRef = host?.getProviderByKey<ModuleRef>(ModuleRef).instance;
    // A provider that the discovery has found always has a host.
    return (moduleRef as ModuleRef).resolve<T>(token, contextId, { strict: true });
  };
}
