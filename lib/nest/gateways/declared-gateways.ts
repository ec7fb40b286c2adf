/** The gateways among the application's providers: as classes before Nest makes them, as instances after. */
import type { DiscoveryService } from '@nestjs/core';
import type { DeclaredGateway } from './gateway-options.js';
import { getNestGateway } from '../decorators/metadata.js';
import { isScoped } from '../enhancers/scoped-provider.js';

/** What each gateway class asks for; each class once, however many modules provide it. */
export function declaredGateways(discovery: DiscoveryService): DeclaredGateway[] {
  const declared = new Map<unknown, DeclaredGateway>();
  for (const { metatype } of discovery.getProviders()) {
    const gateway = typeof metatype === 'function' ? getNestGateway(metatype) : undefined;
    if (gateway !== undefined) declared.set(metatype, { ...gateway, name: metatype?.name ?? '' });
  }
  return [...declared.values()];
}

/** Those that Nest has made: not the scoped ones. */
export function gatewayInstances(discovery: DiscoveryService): { readonly instance: object; readonly name: string }[] {
  return discovery
    .getProviders()
    .filter((wrapper) => typeof wrapper.metatype === 'function' && getNestGateway(wrapper.metatype) !== undefined)
    .filter((wrapper) => !isScoped(wrapper) && typeof wrapper.instance === 'object')
    .map(({ instance, metatype }) => ({ instance: instance as object, name: metatype?.name ?? '' }));
}
