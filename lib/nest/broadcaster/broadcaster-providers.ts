/** Broadcasters as providers, whatever they send through. */
import { type DynamicModule, type InjectionToken, Module, type Provider } from '@nestjs/common';
import type { Outlet } from '../../cluster/index.js';
import { Broadcaster, getBroadcasterToken } from './broadcaster.js';
import { notedBroadcasters } from '../tokens.js';

@Module({})
class SocketIoBroadcastersModule {}

/**
 * Adds a broadcaster for `/` and for each namespace that a decorator has named by now.
 * @param outlet the token of what they send through
 */
export function withBroadcasters(definition: DynamicModule, outlet: InjectionToken<Outlet>): DynamicModule {
  const broadcasters = provideBroadcasters(['/', ...notedBroadcasters()], outlet);
  return {
    ...definition,
    providers: [...(definition.providers ?? []), ...broadcasters],
    exports: [...(definition.exports ?? []), ...broadcasters],
  };
}

/** Broadcasters of namespaces for a module that is loaded later. */
export function moduleOfBroadcasters(namespaces: readonly string[], outlet: InjectionToken<Outlet>): DynamicModule {
  const providers = provideBroadcasters(namespaces, outlet);
  return { module: SocketIoBroadcastersModule, providers, exports: providers };
}

function provideBroadcasters(namespaces: readonly string[], outlet: InjectionToken<Outlet>): Provider[] {
  return [...new Set(namespaces)].map((namespace) => ({
    provide: getBroadcasterToken(namespace),
    useFactory: (way: Outlet) => new Broadcaster(way, namespace),
    inject: [outlet],
  }));
}
