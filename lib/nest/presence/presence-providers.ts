/** Presences as providers of a module, for a process with a server and for one without. */
import type { DynamicModule, InjectionToken, Provider } from '@nestjs/common';
import type { EmitterTarget } from '../../cluster/internal.js';
import { namespacePath } from '../../server/internal.js';
import { withProviders } from '../broadcaster/broadcaster-providers.js';
import { requestedPresences } from '../broadcaster/requested-namespaces.js';
import { getPresenceToken, Presence } from './presence.js';

/**
 * Adds a presence for each namespace that a decorator has named so far.
 * @param target the token of the server or emitter
 * @param only the names of namespaces; by default, all that are requested
 */
export function withPresences(
  definition: DynamicModule,
  target: InjectionToken<EmitterTarget>,
  only?: readonly string[],
): DynamicModule {
  const paths = only?.map(namespacePath);
  const presences = requestedPresences.names
    .filter((namespace) => paths === undefined || paths.includes(namespace))
    .map((namespace): Provider => ({
      provide: getPresenceToken(namespace),
      useFactory: (resolved: EmitterTarget) => new Presence(resolved, namespace),
      inject: [target],
    }));
  return withProviders(definition, presences);
}
