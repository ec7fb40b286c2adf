/**
 * What belongs to one client in one namespace: its Nest context, whose `REQUEST` is the client, and in it
 * one instance of each request-scoped or transient gateway and enhancer, made before the client's first
 * connect handler and let go when its last disconnect handler has settled. Where nothing is scoped, no
 * client has any of this.
 */
import { type ContextId, ContextIdFactory, type ModuleRef } from '@nestjs/core';
import { REQUEST_CONTEXT_ID } from '@nestjs/core/internal';
import type { Socket } from '../server/index.js';
import type { Call } from './call.js';
import type { GlobalEnhancers, Globals } from './enhancers/globals.js';
import { messages } from './messages.js';

/** A gateway as Nest made it, or makes it per connection. */
export interface GatewayInstance {
  // oxlint-disable-next-line typescript/no-explicit-any -- as Nest's own Type
  readonly type: new (...args: any[]) => object;
  /** The one instance; of a scoped gateway, an object whose constructor never ran. */
  readonly instance: object;
  /** Nest's id of the provider. */
  readonly id: string;
  /** There when each connection has its own instance: makes it, or finds it. */
  readonly resolve?: (contextId: ContextId) => Promise<object>;
}

/** The context in which a handler is bound. */
export interface Scope {
  readonly contextId: ContextId;
  readonly globals: GlobalEnhancers;
}

type Run = (call: Call) => unknown;

/** A handler, or whatever else stands round it, that is bound to its instance and enhancers once per connection, when it is first called. */
export interface ScopedHandler<Bound = Run> {
  readonly gateway: GatewayInstance;
  readonly bind: (instance: object, scope?: Scope) => Bound;
}

export class ConnectionScopes {
  readonly #scopes = new WeakMap<Socket, ConnectionScope>();
  readonly #moduleRef: Pick<ModuleRef, 'registerRequestByContextId'>;
  readonly #globals: Globals;

  constructor(moduleRef: Pick<ModuleRef, 'registerRequestByContextId'>, globals: Globals) {
    this.#moduleRef = moduleRef;
    this.#globals = globals;
  }

  /** Whether handlers of this gateway are bound per connection. */
  has(gateway: GatewayInstance): boolean {
    return gateway.resolve !== undefined || this.#globals.areScoped;
  }

  /** The scope of a client; made when it is first asked for. */
  of(client: Socket): ConnectionScope {
    const known = this.#scopes.get(client);
    if (known !== undefined) return known;
    const scope = new ConnectionScope(openContext(client, this.#moduleRef), this.#globals);
    this.#scopes.set(client, scope);
    return scope;
  }

  /** Finds what `bind` makes: for all clients the same, or for each its own where handlers are bound per connection. */
  lookup<Bound>(gateway: GatewayInstance, bind: ScopedHandler<Bound>['bind']): (client: Socket) => Bound {
    if (!this.has(gateway)) {
      const bound = bind(gateway.instance);
      return () => bound;
    }
    const handler: ScopedHandler<Bound> = { gateway, bind };
    return (client) => this.of(client).bound(handler);
  }

  /**
   * Keeps the scope of a client until this has settled.
   * @returns what it was given
   */
  hold<T>(client: Socket, running: Promise<T>): Promise<T> {
    this.#scopes.get(client)?.hold(running);
    return running;
  }

  /** Lets go of a client's scope as soon as everything that holds it has settled. To be called when disconnect handlers start. */
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
  readonly #instances = new Map<GatewayInstance, object>();
  readonly #bound = new Map<ScopedHandler<unknown>, unknown>();
  readonly #holders = new Set<Promise<unknown>>();
  #enhancers: GlobalEnhancers | null = null;

  constructor(contextId: ContextId, globals: Globals) {
    this.contextId = contextId;
    this.#globals = globals;
  }

  /**
   * Makes what the gateway needs for this client: to be awaited before anything of it is called. Rejects as
   * the constructor, factory or `afterInit` does.
   */
  async prepare(gateway: GatewayInstance): Promise<void> {
    this.#enhancers ??= this.#globals.areScoped ? await this.#globals.of(this.contextId) : this.#globals.shared;
    if (gateway.resolve === undefined || this.#instances.has(gateway)) return;
    const instance = await gateway.resolve(this.contextId);
    this.#instances.set(gateway, instance);
  }

  /** The client's instance of a gateway: the only one, where that is a singleton. */
  instance(gateway: GatewayInstance): object {
    if (gateway.resolve === undefined) return gateway.instance;
    const instance = this.#instances.get(gateway);
    if (instance === undefined) throw new Error(messages.notPrepared(gateway.type.name));
    return instance;
  }

  /** Calls a handler on this client's instance. */
  run(handler: ScopedHandler, call: Call): unknown {
    return this.bound(handler)(call);
  }

  /** A handler as it is bound for this client. */
  bound<Bound>(handler: ScopedHandler<Bound>): Bound {
    return (this.#bound.get(handler) as Bound | undefined) ?? this.#bind(handler);
  }

  hold(running: Promise<unknown>): void {
    this.#holders.add(running);
    const done = (): void => void this.#holders.delete(running);
    running.then(done, done);
  }

  async idle(): Promise<void> {
    await Promise.resolve(); // disconnect handlers are started in one go: now all of them are known
    while (this.#holders.size > 0) await Promise.allSettled(this.#holders);
  }

  #bind<Bound>(handler: ScopedHandler<Bound>): Bound {
    const instance = this.instance(handler.gateway);
    const bound = handler.bind(instance, {
      contextId: this.contextId,
      globals: this.#enhancers ?? this.#globals.shared,
    });
    this.#bound.set(handler, bound);
    return bound;
  }
}

/** As Nest does for its own gateways: `ContextIdFactory.getByRequest(client)` finds it from now on. */
function openContext(client: Socket, moduleRef: Pick<ModuleRef, 'registerRequestByContextId'>): ContextId {
  const contextId = ContextIdFactory.getByRequest(client as object as Record<string, unknown>) as ContextId & {
    readonly payload?: object;
  };
  Object.defineProperty(client, REQUEST_CONTEXT_ID, { value: contextId, configurable: true });
  moduleRef.registerRequestByContextId(Object.assign(client, contextId.payload), contextId);
  return contextId;
}
