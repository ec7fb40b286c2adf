/**
 * Translates between Nest's `WebSocketAdapter` and the servers of the application. Nest calls it for the value of
 * `@WebSocketServer()` and the argument of `afterInit()`. Messages do not pass through it: the handlers
 * of gateways are bound once, for all clients, by `GatewayBinder`.
 */
import type { WebSocketAdapter } from '@nestjs/common';
import type { Namespace, Server } from '../server/internal.js';
import type { GatewayServers } from './gateways/gateway-servers.js';

interface AdapterOptions {
  readonly namespace?: string | RegExp;
  readonly path?: string;
}

/** @publicApi */
export class SocketIoAdapter implements WebSocketAdapter<Server | Namespace> {
  readonly #servers: GatewayServers;
  #beforeGateways: (() => void) | null;

  /** @param beforeGateways called once, before Nest wires the first gateway */
  constructor(servers: GatewayServers, beforeGateways: () => void = () => {}) {
    this.#servers = servers;
    this.#beforeGateways = beforeGateways;
  }

  /** Whether Nest has requested the server of a gateway, which it does in applications that can have clients. */
  get isUsed(): boolean {
    return this.#beforeGateways === null;
  }

  /** Called per gateway. Returns the server itself if the gateway names no namespace, otherwise the namespace. */
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
