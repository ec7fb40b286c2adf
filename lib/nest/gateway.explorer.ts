/**
 * Walks the application's providers once, at start-up, and puts what gateways declare into the tables of
 * their namespaces. What cannot work is an error here, not a surprise later.
 */
import { Inject, Injectable, type Type } from '@nestjs/common';
import { DiscoveryService, ExternalContextCreator, MetadataScanner, ModuleRef } from '@nestjs/core';
import type { Log } from '../engine/index.js';
import { SocketIoError } from '../errors.js';
import { type Namespace, Server } from '../server/index.js';
import { ConnectionScopes } from './connection-scope.js';
import { EnhancerReport } from './enhancer-report.js';
import { classesOf, Gateways } from './gateways.js';
import { Globals, nameOf } from './globals.js';
import { type GatewayInstance, HandlerFactory } from './handler-factory.js';
import { injectsPlainBroadcaster } from './broadcaster-hint.js';
import { serveNamespace } from './gateway-namespace.js';
import { HandlerClaims } from './handler-claims.js';
import { messages } from './messages.js';
import { enhancersOf, getGateway, getHandler, isSubscribed } from './metadata.js';
import { Pipeline } from './pipeline.js';
import type { Wrapper } from './scoped-provider.js';
import { SerialEvents } from './serial-events.js';
import { SOCKETIO_LOG } from './tokens.js';

@Injectable()
export class GatewayExplorer {
  readonly #gateways: Gateways;
  readonly #scopes: ConnectionScopes;
  readonly #handlers: HandlerFactory;
  readonly #claims = new HandlerClaims();

  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
    @Inject(Globals) private readonly globals: Globals,
    @Inject(ModuleRef) moduleRef: ModuleRef,
    @Inject(ExternalContextCreator) creator: ExternalContextCreator,
    @Inject(Server) private readonly server: Server,
    @Inject(SOCKETIO_LOG) private readonly log: Log,
  ) {
    this.#gateways = new Gateways(discovery, log);
    this.#scopes = new ConnectionScopes(moduleRef, globals);
    const pipeline = new Pipeline(creator, globals, new EnhancerReport(log));
    this.#handlers = new HandlerFactory(pipeline, globals, this.#scopes, log);
  }

  /** Puts patterns and predicates in the order of the gateways, before Nest asks for their namespaces in an order of its own. */
  declare(): void {
    for (const type of classesOf(this.discovery).keys()) {
      const gateway = getGateway(type);
      if (gateway?.rule !== undefined) serveNamespace(this.server, gateway);
    }
  }

  /** To be called before Nest wires its gateways. */
  guardInits(): void {
    this.#gateways.guardInits();
  }

  /** @throws SocketIoError `INVALID_HANDLER`, `DUPLICATE_HANDLER` */
  explore(): void {
    for (const [type, wrapper] of classesOf(this.discovery)) this.#bind(wrapper, type);
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
    const instance = this.#gateways.instanceOf(type, wrapper);
    const namespace = serveNamespace(this.server, gateway);
    if (this.#scopes.has(instance)) this.#bindScope(namespace, instance);
    const serial = gateway.serial === true ? new SerialEvents(this.#scopes) : null;
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
    const enhancers = enhancersOf(
      type,
      declared.map(({ method }) => methodOf(type, method)),
    ).map(nameOf);
    this.log.debug(
      messages.serving(type.name, gateway.namespace, parts, {
        enhancers: [...new Set(enhancers)],
        globals: this.globals.description,
        perConnection: instance.resolve !== undefined,
      }),
    );
  }

  #bindScope(namespace: Namespace, gateway: GatewayInstance): void {
    namespace.onConnect(this.#handlers.prepare(gateway));
    namespace.onDisconnect(this.#handlers.release());
  }
}

function methodOf(type: Type, name: string): object {
  return (type.prototype as Record<string, object>)[name] as object;
}
