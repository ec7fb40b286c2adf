/**
 * The translation between Nest's `WebSocketAdapter` and our servers. Nest asks it for the object behind
 * `@WebSocketServer()` and `afterInit()`; messages do not pass through here: gateways are bound by the
 * explorer, once for all clients.
 */
import type { WebSocketAdapter } from '@nestjs/common';
import type { Namespace, Server } from '../server/index.js';
import type { GatewayServers } from './gateways/gateway-servers.js';

interface AdapterOptions {
  readonly namespace?: string | RegExp;
  readonly path?: string;
}

export class SocketIoAdapter implements WebSocketAdapter<Server | Namespace> {
  readonly #servers: GatewayServers;
  #beforeGateways: (() => void) | null;

  /** @param beforeGateways called once, before Nest wires the first gateway */
  constructor(servers: GatewayServers, beforeGateways: () => void = () => {}) {
    this.#servers = servers;
    this.#beforeGateways = beforeGateways;
  }

  /** Whether Nest has asked for the server of any gateway: it does in applications that could have clients. */
  get isUsed(): boolean {
    return this.#beforeGateways === null;
  }

  /** Called per gateway: without a namespace for the server itself, with one for the namespace. */
  create(port: number, options: AdapterOptions = {}): Server | Namespace {
    this.#beforeGateways?.();
    this.#beforeGateways = null;
    return this.#servers.serverOf({ port, options: { ...options } });
  }

  bindClientConnect(): void {}

  bindMessageHandlers(): void {}

  /** Called per gateway when the application shuts down. */
  close(): Promise<void> {
    return this.#servers.close();
  }

  /** Called last. */
  dispose(): Promise<void> {
    return this.#servers.close();
  }
}
