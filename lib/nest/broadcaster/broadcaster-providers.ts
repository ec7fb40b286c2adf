/**
 * Broadcasters, and the histories of the same namespaces, as providers of a module: for a process with a server, and
 * for one without.
 */
import { type DynamicModule, type InjectionToken, Module, type Provider } from '@nestjs/common';
import type { EmitterTarget } from '../../cluster/internal.js';
import { Broadcaster, getBroadcasterToken } from './broadcaster.js';
import { getHistoryToken, History } from '../history/history.js';
import { requestedBroadcasters } from './requested-namespaces.js';

@Module({})
class SocketIoBroadcastersModule {}

/**
 * Adds a broadcaster for `/`, and one for each namespace that a decorator has named so far.
 * @param target the token of the server or emitter through which the broadcasters send
 */
export function withBroadcasters(definition: DynamicModule, target: InjectionToken<EmitterTarget>): DynamicModule {
  return withProviders(definition, provideBroadcasters(['/', ...requestedBroadcasters.names], target));
}

/** Adds providers to a module, which exports them. */
export function withProviders(definition: DynamicModule, providers: readonly Provider[]): DynamicModule {
  return {
    ...definition,
    providers: [...(definition.providers ?? []), ...providers],
    exports: [...(definition.exports ?? []), ...providers],
  };
}

/** The broadcasters of these namespaces, for a module that is loaded later. */
export function moduleOfBroadcasters(
  namespaces: readonly string[],
  target: InjectionToken<EmitterTarget>,
): DynamicModule {
  const providers = provideBroadcasters(namespaces, target);
  return { module: SocketIoBroadcastersModule, providers, exports: providers };
}

function provideBroadcasters(namespaces: readonly string[], target: InjectionToken<EmitterTarget>): Provider[] {
  return [...new Set(namespaces)].flatMap((namespace) => [
    {
      provide: getBroadcasterToken(namespace),
      useFactory: (resolved: EmitterTarget) => new Broadcaster(resolved, namespace),
      inject: [target],
    },
    {
      provide: getHistoryToken(namespace),
      useFactory: (resolved: EmitterTarget) => new History(resolved, namespace),
      inject: [target],
    },
  ]);
}
