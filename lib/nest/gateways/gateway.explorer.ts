/**
 * Walks the application's providers once, at start-up, and puts what gateways declare into the tables of
 * their namespaces. What cannot work is an error here, not a surprise later.
 */
import { Inject, Injectable, type Type } from '@nestjs/common';
import { DiscoveryService, ExternalContextCreator, MetadataScanner, ModuleRef } from '@nestjs/core';
import { type Log, systemClock } from '../../engine/index.js';
import { SocketIoError } from '../../errors.js';
import type { Namespace } from '../../server/index.js';
import { injectsPlainBroadcaster } from '../broadcaster/broadcaster.js';
import { ConnectionScopes } from '../connection-scope.js';
import { EnhancerReport } from '../enhancers/enhancer-report.js';
import { EventOwners } from './event-owners.js';
import { EVERYWHERE, servedBy } from './gateway-namespace.js';
import { serverOptionsOf } from './gateway-options.js';
import { GatewayServers } from './gateway-servers.js';
import { classesOf, Gateways } from './gateways.js';
import { Globals, nameOf } from '../enhancers/globals.js';
import { type GatewayInstance, HandlerFactory } from './handler-factory.js';
import { LiveSessions } from '../sessions/live-sessions.js';
import { messages } from '../messages.js';
import { enhancersOf, getHandler, getNestGateway, getSubscription, methodOf } from '../decorators/metadata.js';
import { SOCKETIO_LOG, SOCKETIO_OPTIONS, type SocketIoModuleOptions, splitOptions } from '../module-options.js';
import { Pipeline } from '../enhancers/pipeline.js';
import { isMade, type Wrapper } from '../enhancers/scoped-provider.js';
import { SerialEvents } from '../events/serial-events.js';
import { SubscribedPipeline } from '../subscribe-message/subscribed-pipeline.js';
import { type Ground, Subscriptions } from '../subscribe-message/subscriptions.js';

@Injectable()
export class GatewayExplorer {
  readonly #gateways: Gateways;
  readonly #scopes: ConnectionScopes;
  readonly #handlers: HandlerFactory;
  readonly #subscriptions: Subscriptions;
  readonly #owners = new EventOwners();
  /** Those that Nest knew when it started, and wires by itself. */
  #early: ReadonlySet<Type> = new Set();
  /** Those of modules that were loaded later, and have been bound. */
  readonly #late = new Set<Type>();
  /** One module after the other. */
  #binding: Promise<void> | null = null;

  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
    @Inject(Globals) private readonly globals: Globals,
    @Inject(ModuleRef) moduleRef: ModuleRef,
    @Inject(ExternalContextCreator) creator: ExternalContextCreator,
    @Inject(GatewayServers) private readonly servers: GatewayServers,
    @Inject(SOCKETIO_OPTIONS) options: SocketIoModuleOptions,
    @Inject(SOCKETIO_LOG) private readonly log: Log,
  ) {
    this.#gateways = new Gateways(discovery);
    this.#scopes = new ConnectionScopes(moduleRef, globals);
    const report = new EnhancerReport(log);
    const { errors, session } = splitOptions(options);
    const sessions = session === 'live' ? new LiveSessions(options.clock ?? systemClock, log) : null;
    this.#handlers = new HandlerFactory(new Pipeline(creator, globals, report), globals, this.#scopes, log, sessions);
    this.#subscriptions = new Subscriptions({
      pipeline: new SubscribedPipeline(creator, globals, report),
      globals,
      scopes: this.#scopes,
      owners: this.#owners,
      errors,
      sessions,
      log,
    });
  }

  /** Puts patterns and predicates in the order of the gateways, before Nest asks for their namespaces in an order of its own. */
  declare(): void {
    this.#early = new Set(classesOf(this.discovery).keys());
    for (const type of this.#early) {
      const gateway = getNestGateway(type);
      if (gateway !== undefined && servedBy(gateway).rule !== undefined) this.servers.namespaceOf(gateway);
    }
  }

  /** To be called before Nest wires its gateways. */
  interceptAfterInit(): void {
    this.#gateways.interceptAfterInit();
  }

  /** @throws SocketIoError `INVALID_HANDLER`, `DUPLICATE_HANDLER` */
  explore(): void {
    for (const [type, wrapper] of classesOf(this.discovery)) {
      if (this.#early.has(type)) this.#bind(wrapper, type);
    }
    this.#binding = Promise.resolve();
  }

  /**
   * Gateways of modules that were loaded after the application was made. Until {@link explore} was called, they wait.
   * @throws SocketIoError `INVALID_HANDLER`, `DUPLICATE_HANDLER`, `ALREADY_SERVING`; what `afterInit()` throws
   */
  async exploreLate(): Promise<void> {
    if (this.#binding === null) return;
    const binding = this.#binding.then(() => this.#bindLate());
    this.#binding = binding.catch(() => {});
    await binding;
  }

  async #bindLate(): Promise<void> {
    for (const [type, wrapper] of classesOf(this.discovery)) {
      if (this.#early.has(type) || this.#late.has(type) || !isMade(wrapper)) continue;
      this.#late.add(type);
      const gateway = getNestGateway(type);
      if (gateway !== undefined) {
        if (!this.servers.has(gateway))
          throw new SocketIoError('ALREADY_SERVING', messages.latePlace(type.name, gateway));
        for (const option of serverOptionsOf(gateway)) this.log.warn(messages.lateOption(type.name, option));
        await this.#gateways.wire(wrapper, this.servers.serverOf(gateway));
      }
      this.#bind(wrapper, type);
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
    const instance = this.#gateways.instanceOf(type, wrapper);
    const served = servedBy(gateway);
    const namespace = this.servers.namespaceOf(gateway);
    if (this.#scopes.has(instance)) this.#bindScope(namespace, instance);
    const serial = served.serial === true ? new SerialEvents(this.#scopes) : null;
    serial?.attach(namespace);
    const ground: Ground = { namespace, served, serial };
    const parts: string[] = [];
    for (const { method, events, lifecycle } of declared) {
      for (const event of events) this.#bindEvent(ground, event, instance, method);
      if (lifecycle.includes('connect')) namespace.onConnect(this.#handlers.connect(instance, method));
      if (lifecycle.includes('disconnect')) {
        const handler = this.#handlers.disconnect(instance, method);
        namespace.onDisconnect(serial?.disconnect(handler) ?? handler);
      }
      parts.push(...events.map((event) => `"${event}"`), ...lifecycle);
    }
    parts.push(...this.#subscriptions.bind(instance, methods, ground));
    if (!['/', EVERYWHERE].includes(served.namespace) && served.rule === undefined && injectsPlainBroadcaster(type)) {
      this.log.warn(messages.plainBroadcaster(type.name, served.namespace));
    }
    this.#logServing(instance, this.servers.describe(gateway), methods, parts);
  }

  #bindEvent(ground: Ground, event: string, gateway: GatewayInstance, method: string): void {
    this.#owners.claim(event, ground, `${gateway.type.name}.${method}`, false);
    const handler = this.#handlers.event(gateway, method);
    ground.namespace.onEvent(event, ground.serial?.event(handler) ?? handler);
  }

  #logServing({ type, resolve }: GatewayInstance, place: string, methods: string[], parts: string[]): void {
    const enhancers = enhancersOf(
      type,
      methods.map((method) => methodOf(type, method)),
    ).map(nameOf);
    this.log.debug(
      messages.serving(type.name, place, parts, {
        enhancers: [...new Set(enhancers)],
        globals: this.globals.description,
        perConnection: resolve !== undefined,
      }),
    );
  }

  #bindScope(namespace: Namespace, gateway: GatewayInstance): void {
    namespace.onConnect(this.#handlers.prepare(gateway), true);
    namespace.onDisconnect(this.#handlers.release(), true);
  }
}
