/** Request-scoped and transient providers: each context has its own instance, made by Nest's container. */
import type { DiscoveryService } from '@nestjs/core';
import { type ContextId, ModuleRef } from '@nestjs/core';
import { STATIC_CONTEXT } from '@nestjs/core/internal';

export type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

type ScopedWrapper = Pick<Wrapper, 'host' | 'token'>;

/** Whether the provider is request-scoped or transient: Nest makes no instance of it at start-up. */
export function isScoped(wrapper: Wrapper): boolean {
  return wrapper.isTransient || !wrapper.isDependencyTreeStatic();
}

/**
 * Whether Nest has made the instance of a provider. Always `true` for a scoped provider, of which Nest makes none
 * itself. While a module is being loaded, Nest has objects whose constructors have not run yet.
 */
export function isMade(wrapper: Wrapper): boolean {
  return isScoped(wrapper) || wrapper.getInstanceByContextId(STATIC_CONTEXT).isResolved === true;
}

/** Returns a function that finds the instance of a context, or makes it: a context always gets the same instance. */
export function resolverOf<T extends object>({ host, token }: ScopedWrapper): (contextId: ContextId) => Promise<T> {
  return (contextId) => {
    const moduleRef = host?.getProviderByKey<ModuleRef>(ModuleRef).instance;
    // A provider that was found by discovery always has a host.
    return (moduleRef as ModuleRef).resolve<T>(token, contextId, { strict: true });
  };
}
