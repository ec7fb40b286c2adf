/**
 * The scope of one client in one namespace: its Nest context, whose `REQUEST` is the client, and in that context one
 * instance of each request-scoped or transient gateway and enhancer. The instances are made before the client's first
 * connect handler, and released when its last disconnect handler has settled. If nothing is scoped, no client has a
 * scope.
 *
 * With connection state recovery, the scope of a client that is lost lasts until the client can no longer return. A
 * client that returns is another socket with a scope of its own, and the former one is no longer referenced.
 *
 * A handler reaches its gateway through `ConnectionScopes.lookup(gateway, bind)` or `HandlerFactory`. Work that goes
 * on while a client leaves is passed to `ConnectionScopes.keepUntil(client, promise)`.
 */
import { Inject, Injectable } from '@nestjs/common';
import { type ContextId, ContextIdFactory, ModuleRef } from '@nestjs/core';
import { REQUEST_CONTEXT_ID } from '@nestjs/core/internal';
import type { Socket } from '../server/internal.js';
import type { Call } from './call.js';
import { type GlobalEnhancers, Globals } from './enhancers/globals.js';
import { messages } from './messages.js';

/** A gateway that Nest has made, or makes for each connection. */
export interface GatewayInstance {
  // oxlint-disable-next-line typescript/no-explicit-any -- as Nest's own Type
  readonly type: new (...args: any[]) => object;
  /**
   * The only instance of a singleton. For a scoped gateway, the instance of a connection, or before there is one,
   * Nest's placeholder, an object whose constructor never ran.
   */
  readonly instance: object;
  /** Nest's id of the provider, by which it finds the enhancers that it made for that provider. */
  readonly id: string;
  /** Set if the gateway is scoped: makes the instance of a connection, or finds it. */
  readonly resolve?: (contextId: ContextId) => Promise<object>;
}

/** The context of a connection, for handlers that are bound per connection. */
export interface Scope {
  readonly contextId: ContextId;
  readonly globals: GlobalEnhancers;
}

export type Run = (call: Call) => unknown;

/** A handler, or anything else of a gateway, that is bound to an instance of the gateway and its enhancers. */
export interface ScopedHandler<Bound = Run> {
  readonly gateway: GatewayInstance;
  /** Called once for all clients, or once per connection when the handler is first called. */
  readonly bind: (gateway: GatewayInstance, scope?: Scope) => Bound;
}

@Injectable()
export class ConnectionScopes {
  readonly #scopes = new WeakMap<Socket, ConnectionScope>();
  readonly #moduleRef: Pick<ModuleRef, 'registerRequestByContextId'>;
  readonly #globals: Globals;

  constructor(
    @Inject(ModuleRef) moduleRef: Pick<ModuleRef, 'registerRequestByContextId'>,
    @Inject(Globals) globals: Globals,
  ) {
    this.#moduleRef = moduleRef;
    this.#globals = globals;
  }

  /** Whether handlers of this gateway are bound per connection. */
  has(gateway: GatewayInstance): boolean {
    return gateway.resolve !== undefined || this.#globals.hasScoped;
  }

  /** The scope of a client, made on first use. */
  of(client: Socket): ConnectionScope {
    const known = this.#scopes.get(client);
    if (known !== undefined) return known;
    const scope = new ConnectionScope(openContext(client, this.#moduleRef), this.#globals);
    this.#scopes.set(client, scope);
    return scope;
  }

  /** Returns a function that finds the result of `bind`: one for all clients, or one per connection. */
  lookup<Bound>(gateway: GatewayInstance, bind: ScopedHandler<Bound>['bind']): (client: Socket) => Bound {
    if (!this.has(gateway)) {
      const bound = bind(gateway);
      return () => bound;
    }
    const handler: ScopedHandler<Bound> = { gateway, bind };
    return (client) => this.of(client).bound(handler);
  }

  /**
   * Keeps the scope of a client until the promise has settled.
   * @returns the promise
   */
  keepUntil<T>(client: Socket, running: Promise<T>): Promise<T> {
    this.#scopes.get(client)?.keepUntil(running);
    return running;
  }

  /**
   * Releases the scope of a client as soon as all promises of {@link keepUntil} have settled. Must be called
   * together with the disconnect handlers.
   */
  async release(client: Socket): Promise<void> {
    await this.#scopes.get(client)?.idle();
    this.#scopes.delete(client);
    Reflect.deleteProperty(client, REQUEST_CONTEXT_ID);
  }
}

/** @see ConnectionScopes */
export class ConnectionScope {
  readonly contextId: ContextId;
  readonly #globals: Globals;
  /** The gateways with the instances of this connection, by the gateway with Nest's placeholder. */
  readonly #gateways = new Map<GatewayInstance, GatewayInstance>();
  readonly #bound = new Map<ScopedHandler<unknown>, unknown>();
  readonly #running = new Set<Promise<unknown>>();
  #enhancers: GlobalEnhancers | null = null;
  #withFilters: Promise<GlobalEnhancers> | null = null;

  constructor(contextId: ContextId, globals: Globals) {
    this.contextId = contextId;
    this.#globals = globals;
  }

  /**
   * Makes the instances that the gateway needs for this client. Must settle before any of its handlers is called.
   * Rejects if a constructor, a factory or `afterInit` fails.
   */
  async prepare(gateway: GatewayInstance): Promise<void> {
    this.#enhancers ??= this.#globals.hasScoped ? await this.#globals.of(this.contextId) : this.#globals.shared;
    if (gateway.resolve === undefined || this.#gateways.has(gateway)) return;
    const instance = await gateway.resolve(this.contextId);
    this.#gateways.set(gateway, { ...gateway, instance });
  }

  /** The global filters of this client, made on first use. Rejects if one cannot be made, and then tries again. */
  withFilters(): Promise<GlobalEnhancers> {
    if (this.#withFilters === null) {
      this.#withFilters = this.#globals.withFilters(this.contextId);
      this.#withFilters.catch(() => (this.#withFilters = null));
    }
    return this.#withFilters;
  }

  /** The gateway with the instance of this client. Returns a singleton unchanged. */
  gateway(gateway: GatewayInstance): GatewayInstance {
    if (gateway.resolve === undefined) return gateway;
    const own = this.#gateways.get(gateway);
    if (own === undefined) throw new Error(messages.missingInstance(gateway.type.name));
    return own;
  }

  /** Calls a handler on this client's instance. */
  run(handler: ScopedHandler, call: Call): unknown {
    return this.bound(handler)(call);
  }

  /** A handler as it is bound for this client. */
  bound<Bound>(handler: ScopedHandler<Bound>): Bound {
    return (this.#bound.get(handler) as Bound | undefined) ?? this.#bind(handler);
  }

  keepUntil(running: Promise<unknown>): void {
    this.#running.add(running);
    const done = (): void => void this.#running.delete(running);
    running.then(done, done);
  }

  /** Resolves when all promises of {@link keepUntil} have settled. */
  async idle(): Promise<void> {
    await Promise.resolve(); // disconnect handlers all start in the same turn: after it, every promise is known
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  #bind<Bound>(handler: ScopedHandler<Bound>): Bound {
    const bound = handler.bind(this.gateway(handler.gateway), {
      contextId: this.contextId,
      globals: this.#enhancers ?? this.#globals.shared,
    });
    this.#bound.set(handler, bound);
    return bound;
  }
}

/** Registers a context as Nest does for its own gateways, so that `ContextIdFactory.getByRequest(client)` finds it. */
function openContext(client: Socket, moduleRef: Pick<ModuleRef, 'registerRequestByContextId'>): ContextId {
  const contextId = ContextIdFactory.getByRequest(client as object as Record<string, unknown>) as ContextId & {
    readonly payload?: object;
  };
  Object.defineProperty(client, REQUEST_CONTEXT_ID, { value: contextId, configurable: true });
  moduleRef.registerRequestByContextId(Object.assign(client, contextId.payload), contextId);
  return contextId;
}
