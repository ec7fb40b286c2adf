/**
 * Walks the application's providers once, at start-up, and puts what gateways declare into the tables of
 * their namespaces. What cannot work is an error here, not a surprise later.
 */
import { Inject, Injectable, type Type } from '@nestjs/common';
import { ApplicationConfig, DiscoveryService, ExternalContextCreator, MetadataScanner } from '@nestjs/core';
import type { Log } from '../engine/index.js';
import { SocketIoError } from '../errors.js';
import { Server } from '../server/index.js';
import { type GatewayInstance, HandlerFactory } from './handler-factory.js';
import { injectsPlainBroadcaster } from './broadcaster-hint.js';
import { serveNamespace } from './gateway-namespace.js';
import { HandlerClaims } from './handler-claims.js';
import { messages } from './messages.js';
import { getGateway, getHandler, isSubscribed } from './metadata.js';
import { Pipeline } from './pipeline.js';
import { SerialEvents } from './serial-events.js';
import { SOCKETIO_LOG } from './tokens.js';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

@Injectable()
export class GatewayExplorer {
  readonly #handlers: HandlerFactory;
  readonly #claims = new HandlerClaims();

  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
    @Inject(ExternalContextCreator) creator: ExternalContextCreator,
    @Inject(Server) private readonly server: Server,
    @Inject(SOCKETIO_LOG) private readonly log: Log,
  ) {
    this.#handlers = new HandlerFactory(new Pipeline(creator, log), config, log);
  }

  /** @throws SocketIoError `INVALID_HANDLER`, `DUPLICATE_HANDLER` */
  explore(): void {
    for (const [type, wrapper] of this.#classes()) this.#bind(wrapper, type);
  }

  /** Puts patterns and predicates in the order of the gateways, before Nest asks for their namespaces in an order of its own. */
  declare(): void {
    for (const [type] of this.#classes()) {
      const gateway = getGateway(type);
      if (gateway?.rule !== undefined) serveNamespace(this.server, gateway);
    }
  }

  /** Each class once, though several modules may provide it. */
  #classes(): Map<Type, Wrapper> {
    const classes = new Map<Type, Wrapper>();
    for (const wrapper of [...this.discovery.getProviders(), ...this.discovery.getControllers()]) {
      const type = wrapper.metatype;
      // A value has no class, and of an alias or a factory it is the function that makes it.
      if (typeof type !== 'function' || type.prototype === undefined) continue;
      if (!classes.has(type as Type)) classes.set(type as Type, wrapper);
    }
    return classes;
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
    const gateway = getGateway(type);
    const methods = this.scanner.getAllMethodNames(type.prototype as object);
    for (const method of methods) {
      if (isSubscribed(methodOf(type, method))) this.log.warn(messages.notServed(`${type.name}.${method}`));
    }
    const handlers = methods.map((method) => {
      const { events, lifecycle } = getHandler(methodOf(type, method));
      return { method, events, lifecycle };
    });
    const declared = handlers.filter(({ events, lifecycle }) => events.length + lifecycle.length > 0);
    if (gateway === undefined) {
      const stray = declared[0];
      if (stray === undefined) return;
      throw new SocketIoError('INVALID_HANDLER', messages.notAGateway(`${type.name}.${stray.method}`, type.name));
    }
    this.#refuseScopedGlobals();
    if (!wrapper.isDependencyTreeStatic() || wrapper.isTransient) {
      throw new SocketIoError('INVALID_HANDLER', messages.gatewayInScope(type.name));
    }
    const instance: GatewayInstance = { type, instance: wrapper.instance as object, id: wrapper.id };
    const namespace = serveNamespace(this.server, gateway);
    const serial = gateway.serial === true ? new SerialEvents() : null;
    serial?.attach(namespace);
    const parts: string[] = [];
    for (const { method, events, lifecycle } of declared) {
      for (const event of events) {
        this.#claims.claim(event, gateway, `${type.name}.${method}`);
        const handler = this.#handlers.event(instance, method);
        namespace.onEvent(event, serial?.event(handler) ?? handler);
      }
      if (lifecycle.includes('connect')) namespace.onConnect(this.#handlers.connect(instance, method));
      if (lifecycle.includes('disconnect')) {
        const handler = this.#handlers.disconnect(instance, method);
        namespace.onDisconnect(serial?.disconnect(handler) ?? handler);
      }
      parts.push(...events.map((event) => `"${event}"`), ...lifecycle);
    }
    if (gateway.namespace !== '/' && gateway.rule === undefined && injectsPlainBroadcaster(type)) {
      this.log.warn(messages.plainBroadcaster(type.name, gateway.namespace));
    }
    this.log.debug(messages.serving(type.name, gateway.namespace, parts));
  }
}

function methodOf(type: Type, name: string): object {
  return (type.prototype as Record<string, object>)[name] as object;
}
