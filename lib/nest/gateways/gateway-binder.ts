/**
 * Binds one gateway: reads what its class and methods declare, and registers the handlers with the namespace. A
 * declaration that cannot work is an error at start-up.
 */
import { ClassSerializerInterceptor, Inject, Injectable, type Type } from '@nestjs/common';
import { MetadataScanner } from '@nestjs/core';
import type { ObservedLog } from '../../engine/internal.js';
import { SocketIoError } from '../../errors.js';
import type { Namespace } from '../../server/internal.js';
import { injectsPlainBroadcaster } from '../broadcaster/broadcaster.js';
import { ConnectionScopes, type GatewayInstance } from '../connection-scope.js';
import {
  enhancersOf,
  getHandler,
  getNestGateway,
  getRateLimit,
  getSubscription,
  guardsOf,
  type HandlerMetadata,
  isAsyncGenerator,
  isGenerator,
  type LifecycleKind,
  methodOf,
} from '../decorators/metadata.js';
import { Globals, nameOf } from '../enhancers/globals.js';
import type { Wrapper } from '../enhancers/scoped-provider.js';
import { OpeningClients } from '../events/opening-clients.js';
import { SerialEvents } from '../events/serial-events.js';
import { type GuardedGateway, messages } from '../messages.js';
import { SOCKETIO_LOG, SOCKETIO_OPTIONS, type SocketIoModuleOptions, splitOptions } from '../module-options.js';
import { ConnectionHooks } from '../subscribe-message/connection-hooks.js';
import { Subscriptions } from '../subscribe-message/subscriptions.js';
import { type Binding, EventOwners } from './event-owners.js';
import { isDropIn, metadataOf, WILDCARD } from './gateway-namespace.js';
import { GatewayServers } from './gateway-servers.js';
import { Gateways } from './gateways.js';
import { HandlerFactory } from './handler-factory.js';

/** A method with `@Event` or the decorator of a lifecycle handler. */
interface DeclaredHandler extends HandlerMetadata {
  readonly method: string;
}

@Injectable()
export class GatewayBinder {
  /** The gateways with guards and without a connect handler of their own. */
  readonly #guarded: { readonly gateway: GuardedGateway; readonly namespace: Namespace }[] = [];
  #hasHinted = false;

  constructor(
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
    @Inject(Gateways) private readonly gateways: Gateways,
    @Inject(GatewayServers) private readonly servers: GatewayServers,
    @Inject(ConnectionScopes) private readonly scopes: ConnectionScopes,
    @Inject(EventOwners) private readonly owners: EventOwners,
    @Inject(HandlerFactory) private readonly handlers: HandlerFactory,
    @Inject(Subscriptions) private readonly subscriptions: Subscriptions,
    @Inject(ConnectionHooks) private readonly hooks: ConnectionHooks,
    @Inject(Globals) private readonly globals: Globals,
    @Inject(SOCKETIO_OPTIONS) private readonly options: SocketIoModuleOptions,
    @Inject(SOCKETIO_LOG) private readonly log: ObservedLog,
  ) {}

  /**
   * Does nothing for a class without any handler.
   * @throws SocketIoError `INVALID_HANDLER`, `DUPLICATE_HANDLER`
   */
  bind(type: Type, wrapper: Wrapper): void {
    const methods = this.scanner.getAllMethodNames(type.prototype as object);
    const declared = methods
      .map((method): DeclaredHandler => ({ method, ...getHandler(methodOf(type, method)) }))
      .filter(({ events, lifecycle }) => events.length + lifecycle.length > 0);
    const gateway = getNestGateway(type);
    refuseIdleRateLimits(type, methods, gateway !== undefined);
    if (gateway === undefined) return this.#refuseHandlers(type, methods, declared);
    const instance = this.gateways.instanceOf(type, wrapper);
    const served = metadataOf(gateway);
    const namespace = this.servers.namespaceOf(gateway);
    if (this.scopes.has(instance)) {
      namespace.onConnect(this.handlers.prepare(instance), true);
      namespace.onEnd(this.handlers.release(), true);
    }
    if (!isDropIn(gateway) || splitOptions(this.options).errors !== 'event') namespace.answersUnknownEvents = true;
    const serial = served.serial === true ? new SerialEvents(this.scopes) : null;
    serial?.attach(namespace);
    const binding: Binding = { namespace, served, serial, opening: this.#openingOf(type, isDropIn(gateway)) };
    const bound = [
      ...declared.flatMap((handler) => this.#bindHandler(instance, handler, binding)),
      ...this.subscriptions.bind(instance, methods, binding),
      ...this.hooks.bind(instance, binding),
    ];
    if (!['/', WILDCARD].includes(served.namespace) && served.rule === undefined && injectsPlainBroadcaster(type)) {
      this.log.warn(messages.plainBroadcaster(type.name, served.namespace));
    }
    this.#noteGuards(type, namespace, methods, isDropIn(gateway));
    this.#hintAtSerialize(type, methods);
    this.#logServing(instance, this.servers.describe(gateway), methods, bound);
  }

  /** Warns once if acknowledgements are serialised, and events are not. */
  #hintAtSerialize(type: Type, methods: readonly string[]): void {
    if (this.#hasHinted || this.options.serialize !== undefined) return;
    const enhancers = [
      ...this.globals.shared.interceptors,
      ...enhancersOf(
        type,
        methods.map((method) => methodOf(type, method)),
      ),
    ];
    if (!enhancers.some(isClassSerializer)) return;
    this.#hasHinted = true;
    this.log.warn(messages.unserializedEvents(type.name));
  }

  #openingOf(type: Type, dropIn: boolean): OpeningClients | null {
    const { awaitHandleConnection = !dropIn } = splitOptions(this.options);
    if (!awaitHandleConnection || !hasHandleConnection(type)) return null;
    return new OpeningClients(`${type.name}.handleConnection`);
  }

  /** Warns once of each gateway whose guards run for its events while every client may connect. */
  warnOfUnguardedConnects(): void {
    for (const { gateway, namespace } of this.#guarded.splice(0)) {
      if (!namespace.admission.decides) this.log.warn(messages.unguardedConnects(gateway));
    }
  }

  #noteGuards(type: Type, namespace: Namespace, methods: readonly string[], dropIn: boolean): void {
    const events = methods.map((method) => methodOf(type, method)).filter(handlesEvent);
    if (events.length === 0 || checksClients(type)) return;
    const isGuarded = this.globals.has(['guards']) || guardsOf(type).length > 0;
    const onMethods = isGuarded ? [] : [...new Set(events.flatMap(guardsOf).map(nameInCode))];
    if (!isGuarded && !events.every((method) => guardsOf(method).length > 0)) return;
    this.#guarded.push({ gateway: { name: type.name, dropIn, onMethods }, namespace });
  }

  /**
   * Refuses handlers on a class that is not a gateway. There, `@SubscribeMessage` is only logged, because Nest ignores it.
   */
  #refuseHandlers(type: Type, methods: readonly string[], declared: readonly DeclaredHandler[]): void {
    const { name } = type;
    const subscribed = methods.find((method) => getSubscription(methodOf(type, method)) !== undefined);
    if (subscribed !== undefined) this.log.warn(messages.subscriptionOutsideGateway(`${name}.${subscribed}`, name));
    const [stray] = declared;
    if (stray !== undefined) {
      throw new SocketIoError('INVALID_HANDLER', messages.notAGateway(`${name}.${stray.method}`, name));
    }
  }

  /** @returns the events, in quotes, and the lifecycle kinds of the handler, for the log */
  #bindHandler(gateway: GatewayInstance, { method, events, lifecycle }: DeclaredHandler, binding: Binding): string[] {
    const { namespace, served, serial, opening } = binding;
    const where = `${gateway.type.name}.${method}`;
    checkGenerator(methodOf(gateway.type, method), lifecycle, where);
    if (events.length > 0) namespace.serveStreams();
    for (const event of events) {
      this.owners.claim(event, { namespace, served, where, shared: false });
      const bound = this.handlers.event(gateway, method, event);
      const handler = opening?.event(bound) ?? bound;
      namespace.bindEvent(event, serial?.event(handler) ?? handler);
    }
    for (const kind of new Set(lifecycle)) {
      this.#lifecycle[kind](gateway, method, binding);
      const isIdle = (kind === 'drop' || kind === 'return') && !namespace.recovers;
      if (isIdle) this.log.warn(messages.neverReturns(where, kind));
    }
    return [...events.map((event) => `"${event}"`), ...lifecycle];
  }

  /** Binds a method to a part of the lifetime of clients. Serial events are handled before their client leaves. */
  readonly #lifecycle: Readonly<
    Record<LifecycleKind, (gateway: GatewayInstance, method: string, binding: Binding) => void>
  > = {
    connect: (gateway, method, { namespace }) => namespace.onConnect(this.handlers.connect(gateway, method)),
    disconnect: (gateway, method, { namespace, serial }) => {
      const handler = this.handlers.leave(gateway, method, 'disconnect');
      namespace.onEnd(serial?.disconnect(handler) ?? handler);
    },
    drop: (gateway, method, { namespace, serial }) => {
      const handler = this.handlers.leave(gateway, method, 'drop');
      namespace.onDrop(serial?.disconnect(handler) ?? handler);
    },
    return: (gateway, method, { namespace, serial }) => {
      const handler = this.handlers.return(gateway, method);
      namespace.onReturn((client) =>
        serial === null ? handler(client) : serial.run(client, 0, () => handler(client)),
      );
    },
  };

  #logServing({ type, resolve }: GatewayInstance, namespace: string, methods: string[], bound: string[]): void {
    const enhancers = enhancersOf(
      type,
      methods.map((method) => methodOf(type, method)),
    ).map(nameOf);
    const details = messages.details(type.name, {
      enhancers: [...new Set(enhancers)],
      globals: this.globals.description,
      perConnection: resolve !== undefined,
    });
    this.log.log(messages.serving(type.name, namespace, bound));
    if (details !== null) this.log.debug(details);
  }
}

/**
 * The values of an async generator are a stream, which only the handlers of events have.
 * @throws SocketIoError `INVALID_HANDLER`
 */
function checkGenerator(method: object, lifecycle: readonly LifecycleKind[], where: string): void {
  if (!isGenerator(method)) return;
  if (lifecycle.length > 0) throw new SocketIoError('INVALID_HANDLER', messages.lifecycleGenerator(where));
  if (!isAsyncGenerator(method)) throw new SocketIoError('INVALID_HANDLER', messages.generator(where));
}

/** @param enhancer a class or an object */
function isClassSerializer(enhancer: unknown): boolean {
  const prototype: unknown = typeof enhancer === 'function' ? enhancer.prototype : enhancer;
  return prototype === ClassSerializerInterceptor.prototype || prototype instanceof ClassSerializerInterceptor;
}

/** Whether `handleConnection` may check clients, which it cannot without its parameter. */
function checksClients({ prototype }: Type): boolean {
  const { handleConnection } = prototype as { readonly handleConnection?: unknown };
  return typeof handleConnection === 'function' && handleConnection.length > 0;
}

function hasHandleConnection({ prototype }: Type): boolean {
  return typeof (prototype as { readonly handleConnection?: unknown }).handleConnection === 'function';
}

/** @throws SocketIoError `INVALID_HANDLER` for `@RateLimit` where no event of a client arrives */
function refuseIdleRateLimits(type: Type, methods: readonly string[], isGateway: boolean): void {
  const idle = methods.find((method) => {
    const target = methodOf(type, method);
    return getRateLimit(target) !== undefined && !handlesEvent(target);
  });
  if (idle !== undefined) {
    throw new SocketIoError('INVALID_HANDLER', messages.idleRateLimit(`${type.name}.${idle}`, 'method'));
  }
  if (!isGateway && getRateLimit(type) !== undefined) {
    throw new SocketIoError('INVALID_HANDLER', messages.idleRateLimit(type.name, 'class'));
  }
}

function handlesEvent(method: object): boolean {
  return getHandler(method).events.length > 0 || getSubscription(method) !== undefined;
}

/** The name of a guard as its user writes it. A mixin of Nest, such as `AuthGuard('jwt')`, has 21 random digits. */
function nameInCode(guard: unknown): string {
  const name = nameOf(guard);
  return /^[\da-f]{21}$/.test(name) ? '...' : name;
}
