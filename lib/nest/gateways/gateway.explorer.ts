/**
 * Walks the application's providers once at start-up, and again after each module that is loaded later, and binds the
 * gateways among them.
 */
import { Inject, Injectable, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { Log } from '../../engine/internal.js';
import { SocketIoError } from '../../errors.js';
import { getNestGateway, type NestGatewayMetadata } from '../decorators/metadata.js';
import { isMade, type Wrapper } from '../enhancers/scoped-provider.js';
import { messages } from '../messages.js';
import { SOCKETIO_LOG, SOCKETIO_OPTIONS, type SocketIoModuleOptions } from '../module-options.js';
import { GatewayBinder } from './gateway-binder.js';
import { metadataOf } from './gateway-namespace.js';
import { serverOptionNames } from './gateway-options.js';
import { GatewayServers } from './gateway-servers.js';
import { classesOf, Gateways } from './gateways.js';
import { unservedNamespaces } from './unserved-namespaces.js';

@Injectable()
export class GatewayExplorer {
  /** The classes that Nest knew when it started. Nest wires the gateways among them. */
  #initial: ReadonlySet<Type> = new Set();
  /** The classes of modules that were loaded later and have been bound. */
  readonly #lazy = new Set<Type>();
  /** Settles when the latest module is bound: modules are bound one after the other. `null` before {@link explore}. */
  #binding: Promise<void> | null = null;

  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(Gateways) private readonly gateways: Gateways,
    @Inject(GatewayServers) private readonly servers: GatewayServers,
    @Inject(GatewayBinder) private readonly binder: GatewayBinder,
    @Inject(SOCKETIO_LOG) private readonly log: Log,
    @Inject(SOCKETIO_OPTIONS) private readonly options: SocketIoModuleOptions,
  ) {}

  /**
   * Creates the namespaces of patterns and predicates in the order of the gateways. Nest requests them later, in
   * another order.
   */
  declare(): void {
    this.#initial = new Set(classesOf(this.discovery).keys());
    for (const type of this.#initial) {
      const gateway = getNestGateway(type);
      if (gateway !== undefined && metadataOf(gateway).rule !== undefined) this.servers.namespaceOf(gateway);
    }
  }

  /** Binds the gateways that Nest knew when it started. @throws SocketIoError `INVALID_HANDLER`, `DUPLICATE_HANDLER` */
  explore(): void {
    const classes = classesOf(this.discovery);
    for (const [type, wrapper] of classes) {
      if (this.#initial.has(type)) this.binder.bind(type, wrapper);
    }
    this.binder.warnOfUnguardedConnects();
    for (const warning of unservedNamespaces([...classes.keys()], this.servers, this.options)) this.log.warn(warning);
    this.#binding = Promise.resolve();
  }

  /**
   * Binds the gateways of modules that were loaded later. Does nothing before {@link explore} has been called.
   * @throws SocketIoError `INVALID_HANDLER`, `DUPLICATE_HANDLER`, `ALREADY_SERVING`, and the error of an `afterInit()`
   */
  async exploreLazy(): Promise<void> {
    if (this.#binding === null) return;
    const binding = this.#binding.then(() => this.#bindLazy());
    this.#binding = binding.catch(() => {});
    await binding;
  }

  async #bindLazy(): Promise<void> {
    for (const [type, wrapper] of classesOf(this.discovery)) {
      if (this.#initial.has(type) || this.#lazy.has(type) || !isMade(wrapper)) continue;
      this.#lazy.add(type);
      const gateway = getNestGateway(type);
      if (gateway !== undefined) await this.#wire(type, wrapper, gateway);
      this.binder.bind(type, wrapper);
    }
    this.binder.warnOfUnguardedConnects();
  }

  async #wire(type: Type, wrapper: Wrapper, gateway: NestGatewayMetadata): Promise<void> {
    if (!this.servers.has(gateway)) {
      throw new SocketIoError('ALREADY_SERVING', messages.lateEndpoint(type.name, gateway));
    }
    for (const option of serverOptionNames(gateway)) this.log.warn(messages.lateOption(type.name, option));
    await this.gateways.wire(wrapper, this.servers.serverOf(gateway));
  }
}
