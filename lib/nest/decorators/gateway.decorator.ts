import { WebSocketGateway } from '@nestjs/websockets';
import { SocketIoError } from '../../errors.js';
import { setGateway } from '../metadata.js';
import { namespacePath } from '../namespace-path.js';

export interface GatewayOptions {
  /** The namespace that the gateway serves; a slash is put before it if it has none. @default '/' */
  readonly namespace?: string;
}

/**
 * Marks a class whose `@Event`, `@OnConnect` and `@OnDisconnect` methods serve the clients of a namespace.
 * It must also be a provider. Several gateways may share a namespace.
 * @param namespace its name, or the options; `/` without it
 * @throws SocketIoError `INVALID_ARGUMENT` when the namespace is no string
 */
export function Gateway(namespace?: string | GatewayOptions): ClassDecorator {
  // A RegExp is an object too, and must not be taken for options that leave everything out.
  const given: unknown = namespace?.constructor === Object ? (namespace as GatewayOptions).namespace : namespace;
  const name: unknown = given ?? '/';
  if (typeof name !== 'string') {
    throw new SocketIoError('INVALID_ARGUMENT', `@Gateway(${String(name)}): the name of a namespace is a string`);
  }
  const path = namespacePath(name);
  return (target) => {
    setGateway(target, { namespace: path });
    // Nest then fills @WebSocketServer() and calls afterInit(), through SocketIoAdapter.create().
    WebSocketGateway(path === '/' ? {} : { namespace: path })(target);
  };
}
