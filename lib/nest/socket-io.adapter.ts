/**
 * The translation between Nest's `WebSocketAdapter` and our server. Nest asks it for the object behind
 * `@WebSocketServer()` and `afterInit()`; messages do not pass through here: gateways are bound by the
 * explorer, once for all clients.
 */
import type { WebSocketAdapter } from '@nestjs/common';
import { SocketIoError } from '../errors.js';
import type { Namespace, Server } from '../server/index.js';
import { type GatewayNamespace, gatewayNamespace, SERVED, serveNamespace } from './gateway-namespace.js';
import { messages } from './messages.js';

interface AdapterOptions {
  readonly namespace?: string | RegExp;
  /** The same, as our own decorator has understood it. */
  readonly [SERVED]?: GatewayNamespace;
}

export class SocketIoAdapter implements WebSocketAdapter<Server | Namespace> {
  readonly #server: Server;
  #beforeFirst: (() => void) | null;

  /** Whether Nest has asked for the server of any gateway: it does in applications that could have clients. */
  isUsed = false;

  /** @param beforeFirst called when Nest begins to wire its gateways, before it has called `afterInit()` of any */
  constructor(server: Server, beforeFirst: (() => void) | null = null) {
    this.#server = server;
    this.#beforeFirst = beforeFirst;
  }

  /** Called per gateway: without a namespace for the server itself, with one for the namespace. */
  create(port: number, options?: AdapterOptions): Server | Namespace {
    this.isUsed = true;
    this.#beforeFirst?.();
    this.#beforeFirst = null;
    if (port !== 0) throw new SocketIoError('INVALID_OPTION', messages.ownPort(port));
    const namespace = options?.namespace;
    if (namespace === undefined) return this.#server;
    return serveNamespace(this.#server, options?.[SERVED] ?? gatewayNamespace(namespace));
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
