/**
 * The translation between Nest's `WebSocketAdapter` and our server. Nest asks it for the object behind
 * `@WebSocketServer()` and `afterInit()`; messages do not pass through here: gateways are bound by the
 * explorer, once for all clients.
 */
import type { WebSocketAdapter } from '@nestjs/common';
import { SocketIoError } from '../errors.js';
import type { Namespace, Server } from '../server/index.js';
import { messages } from './messages.js';

interface AdapterOptions {
  /** A string in our own decorator; Nest's takes a RegExp too. */
  readonly namespace?: string | RegExp;
}

export class SocketIoAdapter implements WebSocketAdapter<Server | Namespace> {
  readonly #server: Server;
  #beforeFirst: (() => void) | null;

  /** @param beforeFirst called when Nest begins to wire its gateways, before it has called `afterInit()` of any */
  constructor(server: Server, beforeFirst: (() => void) | null = null) {
    this.#server = server;
    this.#beforeFirst = beforeFirst;
  }

  /** Called per gateway: without a namespace for the server itself, with one for the namespace. */
  create(port: number, options?: AdapterOptions): Server | Namespace {
    this.#beforeFirst?.();
    this.#beforeFirst = null;
    if (port !== 0) throw new SocketIoError('INVALID_OPTION', messages.ownPort(port));
    const namespace = options?.namespace;
    if (namespace === undefined) return this.#server;
    if (typeof namespace !== 'string') {
      throw new SocketIoError('INVALID_ARGUMENT', messages.patternGateway(String(namespace)));
    }
    return this.#server.of(namespace);
  }

  bindClientConnect(): void {}

  bindMessageHandlers(): void {}

  /** Called per gateway when the application shuts down. */
  close(): Promise<void> {
    return this.#server.close();
  }

  /** Called last. */
  dispose(): Promise<void> {
    return this.#server.close();
  }
}
