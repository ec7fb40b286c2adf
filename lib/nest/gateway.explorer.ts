/**
 * Walks the application's providers once, at start-up, and puts what gateways declare into the tables of
 * their namespaces. What cannot work is an error here, not a surprise later.
 */
import { Inject, Injectable, type Type } from '@nestjs/common';
import { ApplicationConfig, DiscoveryService, ExternalContextCreator, MetadataScanner } from '@nestjs/core';
import type { Log } from '../engine/index.js';
import { SocketIoError } from '../errors.js';
import type { Namespace } from '../server/index.js';
import { EventOwners } from './event-owners.js';
import { GatewayServers } from './gateway-servers.js';
import { type GatewayInstance, HandlerFactory } from './handler-factory.js';
import { messages } from './messages.js';
import { getHandler, getNestGateway, getSubscription } from './metadata.js';
import { SOCKETIO_OPTIONS, type SocketIoModuleOptions, splitOptions } from './module-options.js';
import { Pipeline } from './pipeline.js';
import { SubscribedPipeline } from './subscribed-pipeline.js';
import { Subscriptions } from './subscriptions.js';
import { SOCKETIO_LOG } from './tokens.js';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

@Injectable()
export class GatewayExplorer {
  readonly #handlers: HandlerFactory;
  readonly #subscriptions: Subscriptions;
  readonly #owners = new EventOwners();

  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
    @Inject(ExternalContextCreator) creator: ExternalContextCreator,
    @Inject(GatewayServers) private readonly servers: GatewayServers,
    @Inject(SOCKETIO_OPTIONS) options: SocketIoModuleOptions,
    @Inject(SOCKETIO_LOG) private readonly log: Log,
  ) {
    this.#handlers = new HandlerFactory(new Pipeline(creator, log), config, log);
    const { errors } = splitOptions(options);
    this.#subscriptions = new Subscriptions(new SubscribedPipeline(creator, log), config, this.#owners, errors, log);
  }

  /** @throws SocketIoError `INVALID_HANDLER`, `DUPLICATE_HANDLER` */
  explore(): void {
    const seen = new Set<unknown>();
    for (const wrapper of [...this.discovery.getProviders(), ...this.discovery.getControllers()]) {
      const type = wrapper.metatype;
      // A value has no class, and of an alias or a factory it is the function that makes it.
      if (typeof type !== 'function' || type.prototype === undefined) continue;
      if (!seen.has(type)) this.#bind(wrapper, type as Type);
      seen.add(type);
    }
  }

  #refuseScopedGlobals(): void {
    const scoped = {
      guard: this.config.getGlobalRequestGuards(),
      interceptor: this.config.getGlobalRequestInterceptors(),
      pipe: this.config.getGlobalRequestPipes(),
    };
    for (const [kind, wrappers] of Object.entries(scoped)) {
      if (wrappers.length > 0) throw new SocketIoError('INVALID_HANDLER', messages.globalInScope(kind));
    }
  }

  #bind(wrapper: Wrapper, type: Type): void {
    const gateway = getNestGateway(type);
    const methods = this.scanner.getAllMethodNames(type.prototype as object);
    const handlers = methods.map((method) => {
      const { events, lifecycle } = getHandler(methodOf(type, method));
      return { method, events, lifecycle };
    });
    const declared = handlers.filter(({ events, lifecycle }) => events.length + lifecycle.length > 0);
    if (gateway === undefined) {
      const subscribed = methods.find((method) => getSubscription(methodOf(type, method)) !== undefined);
      if (subscribed !== undefined) this.log.warn(messages.strayMessage(`${type.name}.${subscribed}`, type.name));
      const stray = declared[0];
      if (stray === undefined) return;
      throw new SocketIoError('INVALID_HANDLER', messages.notAGateway(`${type.name}.${stray.method}`, type.name));
    }
    this.#refuseScopedGlobals();
    if (!wrapper.isDependencyTreeStatic() || wrapper.isTransient) {
      throw new SocketIoError('INVALID_HANDLER', messages.gatewayInScope(type.name));
    }
    const instance: GatewayInstance = { type, instance: wrapper.instance as object, id: wrapper.id };
    const namespace = this.servers.namespaceOf(gateway);
    const parts: string[] = [];
    for (const { method, events, lifecycle } of declared) {
      for (const event of events) this.#bindEvent(namespace, event, instance, method);
      if (lifecycle.includes('connect')) namespace.onConnect(this.#handlers.connect(instance, method));
      if (lifecycle.includes('disconnect')) namespace.onDisconnect(this.#handlers.disconnect(instance, method));
      parts.push(...events.map((event) => `"${event}"`), ...lifecycle);
    }
    parts.push(...this.#subscriptions.bind(instance, methods, namespace));
    this.log.debug(messages.serving(type.name, this.servers.describe(gateway), parts));
  }

  #bindEvent(namespace: Namespace, event: string, gateway: GatewayInstance, method: string): void {
    this.#owners.claim(namespace, event, `${gateway.type.name}.${method}`, false);
    namespace.onEvent(event, this.#handlers.event(gateway, method));
  }
}

function methodOf(type: Type, name: string): object {
  return (type.prototype as Record<string, object>)[name] as object;
}
