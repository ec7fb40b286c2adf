import { WebSocketGateway } from '@nestjs/websockets';
import { refuseUnknownOptions } from '../../options.js';
import { SocketIoError } from '../../errors.js';
import { gatewayNamespace, type NamespacePredicate, nestOptions } from '../gateways/gateway-namespace.js';

export interface GatewayOptions {
  /**
   * The namespace that the gateway serves; a slash is put before it if it has none. Or those of a pattern, as
   * `/rooms/:id`; those whose names match a RegExp; those that a predicate allows. `'*'` for all
   * of them, see {@link Gateway}. @default '/'
   */
  readonly namespace?: string | RegExp | NamespacePredicate;
  /**
   * `serial` handles the events of one client one after the other, each awaited, and its disconnect after them.
   * A client that lets more than 1000 events or `maxBufferedBytes` wait is closed. @default 'parallel'
   */
  readonly concurrency?: 'parallel' | 'serial';
}

const OPTION_NAMES = ['concurrency', 'namespace'];

/**
 * Marks a class whose `@Event`, `@OnConnect` and `@OnDisconnect` methods serve the clients of a namespace.
 * It must also be a provider. Several gateways may share a namespace.
 *
 * A namespace whose name a gateway has as such is served by that name alone. Any other is served by all gateways
 * together whose pattern or RegExp matches it; if there are none, by all whose predicate allows it. It is made
 * when its first client comes, and goes with its last one unless `cleanupEmptyChildNamespaces` is off.
 *
 * `@Gateway('*')` is for all namespaces that are served, and serves none by itself (the option `namespaces` does): its
 * handlers run where a namespace has none for the same, its own `@Event('*')` included. `client.nsp.name` says which it is.
 * @param namespace its name, a pattern, or the options; `/` without it
 * @throws SocketIoError `INVALID_ARGUMENT` when the namespace is none of these; `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function Gateway(namespace?: GatewayOptions['namespace'] | GatewayOptions): ClassDecorator {
  // A RegExp is an object too, and must not be taken for options that leave everything out.
  const options = (namespace?.constructor === Object ? namespace : { namespace }) as GatewayOptions;
  refuseUnknownOptions(options, OPTION_NAMES, '@Gateway()');
  const served = gatewayNamespace(options.namespace ?? '/');
  const serial = isSerial(options.concurrency);
  // Nest then fills @WebSocketServer() and calls afterInit(), through SocketIoAdapter.create().
  return WebSocketGateway(nestOptions(serial ? { ...served, serial } : served));
}

function isSerial(concurrency: unknown): boolean {
  if (concurrency === undefined || concurrency === 'parallel' || concurrency === 'serial') {
    return concurrency === 'serial';
  }
  throw new SocketIoError(
    'INVALID_OPTION',
    `option "concurrency" of @Gateway() must be "parallel" or "serial", got ${JSON.stringify(concurrency)}`,
  );
}
