import { WebSocketGateway } from '@nestjs/websockets';
import { refuseUnknownOptions } from '../../options.js';
import { SocketIoError } from '../../errors.js';
import { gatewayNamespace, type NamespacePredicate, toNestOptions } from '../gateways/gateway-namespace.js';
import { requireModule } from '../required-module.js';

/**
 * Options of {@link Gateway}.
 * @publicApi
 */
export interface GatewayOptions {
  /**
   * The namespace that the gateway serves. A name gets a leading slash if it has none. A pattern in the
   * syntax of Nest's routes (`/rooms/:id`, `/files/*path`, `/rooms{/:id}`), a RegExp or a predicate serves every
   * namespace whose name matches. `'*'` is for all namespaces, see {@link Gateway}.
   * @default '/'
   */
  readonly namespace?: string | RegExp | NamespacePredicate;
  /**
   * `serial` handles the events of a client one after the other, each awaited, and its disconnect after them. A client
   * that has filled its queue, see `limits.runningHandlers`, is not read from until there is room. @default 'parallel'
   */
  readonly concurrency?: 'parallel' | 'serial';
}

const OPTION_NAMES = ['concurrency', 'namespace'];

/**
 * Marks a class whose `@Event`, `@OnConnect` and `@OnDisconnect` methods serve the clients of a namespace. The class
 * must also be a provider of a module. Several gateways may share a namespace.
 *
 * A namespace is served by the gateways that declare its name. If there are none, it is served by all gateways whose
 * pattern or RegExp matches the name. If none matches, it is served by all gateways whose predicate allows it. A
 * namespace without a gateway of its name is created when its first client connects, and removed when its last client
 * leaves, unless the option `cleanupEmptyChildNamespaces` is `false`.
 *
 * `@Gateway('*')` adds handlers to all namespaces, but does not open any (the option `namespaces` does). Its
 * handlers run in namespaces that have no handler for the same event, connect or disconnect; `@Event('*')` of a
 * namespace handles all of its events. `client.nsp.name` is the name of the namespace.
 * @param namespace a name, a pattern, a RegExp, a predicate, or the options. @default '/'
 * @throws SocketIoError `INVALID_ARGUMENT` for a namespace of another type; `UNKNOWN_OPTION`, `INVALID_OPTION`
 * @publicApi
 */
export function Gateway(namespace?: GatewayOptions['namespace'] | GatewayOptions): ClassDecorator {
  // A RegExp is an object too, but not an options object.
  const options = (namespace?.constructor === Object ? namespace : { namespace }) as GatewayOptions;
  refuseUnknownOptions(options, OPTION_NAMES, '@Gateway()');
  const served = gatewayNamespace(options.namespace ?? '/');
  const serial = isSerial(options.concurrency);
  // With Nest's own decorator, Nest fills @WebSocketServer() and calls afterInit(), through SocketIoAdapter.create().
  const decorate = WebSocketGateway(toNestOptions(serial ? { ...served, serial } : served));
  return (type) => {
    requireModule(type.prototype as object);
    return decorate(type);
  };
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
