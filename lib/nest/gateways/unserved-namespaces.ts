/**
 * Namespaces that the option `history` and `@InjectPresence` name, and no gateway serves: most likely a typing error,
 * which would go unnoticed, because such a history or presence is empty.
 */
import type { Type } from '@nestjs/common';
import { namespacePath } from '../../server/internal.js';
import { requestedBroadcasters, requestedPresences } from '../broadcaster/requested-namespaces.js';
import { getNestGateway } from '../decorators/metadata.js';
import { messages } from '../messages.js';
import type { SocketIoModuleOptions } from '../module-options.js';
import { getPresenceToken } from '../presence/presence.js';
import { metadataOf } from './gateway-namespace.js';
import type { GatewayServers } from './gateway-servers.js';

/**
 * Returns a warning for each of these namespaces. With a broker or an adapter there is none, since another server may
 * serve the namespace.
 * @param types all classes among the providers and controllers
 */
export function unservedNamespaces(
  types: readonly Type[],
  servers: GatewayServers,
  { history, broker, adapter }: SocketIoModuleOptions,
): string[] {
  const gateways = types.map(getNestGateway).filter((gateway) => gateway !== undefined);
  if (broker !== undefined || adapter !== undefined || gateways.length === 0) return [];
  const served = [...new Set(gateways.map((gateway) => metadataOf(gateway).namespace))];
  const rules = gateways.flatMap((gateway) => metadataOf(gateway).rule ?? []);
  const isServed = (path: string): boolean =>
    servers.all.some(({ server }) => server.has(path)) ||
    rules.some((rule) => 'predicate' in rule || rule.serves(path));
  return [
    ...Object.keys(history ?? {})
      .filter((name) => name !== '*' && !isServed(namespacePath(name)))
      .map((name) => messages.unservedHistory(name, served)),
    ...requestedPresences.names
      .filter((path) => !isServed(path) && !requestedBroadcasters.names.includes(path)) // a broadcast creates it
      .flatMap((path) =>
        types
          .filter((type) => injects(type, getPresenceToken(path)))
          .map(({ name }) => messages.unservedPresence(name, path, served)),
      ),
  ];
}

/** Whether a decorator on a constructor parameter or a property of the class injects the token. */
function injects(type: Type, token: unknown): boolean {
  const params = (Reflect.getMetadata('self:paramtypes', type) ?? []) as readonly { readonly param: unknown }[];
  const properties = (Reflect.getMetadata('self:properties_metadata', type) ?? []) as readonly { type: unknown }[];
  return params.some(({ param }) => param === token) || properties.some((property) => property.type === token);
}
