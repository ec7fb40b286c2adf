/**
 * Makes what a namespace calls from what a gateway declares. Without any enhancer the method is called
 * directly; otherwise through Nest's pipeline.
 */
import type { Log } from '../../engine/index.js';
import {
  type ConnectHandler,
  ConnectionRefused,
  type DisconnectHandler,
  type EventHandler,
} from '../../server/index.js';
import { planArguments } from '../events/argument-plan.js';
import { Call } from '../call.js';
import type { ConnectionScopes, GatewayInstance, ScopedHandler } from '../connection-scope.js';
import { describeError, FilterAnswer } from '../events/answer.js';
import { BoundEvent, type Invocation } from '../events/event-handler.js';
import type { Globals } from '../enhancers/globals.js';
import type { LiveSessions } from '../sessions/live-sessions.js';
import { hasEnhancers, type LifecycleKind, methodOf } from '../decorators/metadata.js';
import type { Pipeline } from '../enhancers/pipeline.js';
import { settled } from '../events/settled.js';

export type { GatewayInstance } from '../connection-scope.js';

export class HandlerFactory {
  readonly #pipeline: Pipeline;
  readonly #globals: Globals;
  readonly #scopes: ConnectionScopes;
  readonly #log: Log;
  readonly #sessions: LiveSessions | null;

  /** @param sessions there where handlers have theirs as it is now */
  constructor(
    pipeline: Pipeline,
    globals: Globals,
    scopes: ConnectionScopes,
    log: Log,
    sessions: LiveSessions | null = null,
  ) {
    this.#pipeline = pipeline;
    this.#globals = globals;
    this.#scopes = scopes;
    this.#log = log;
    this.#sessions = sessions;
  }

  /** Makes what of the gateway belongs to one client, or refuses the client: to be put before its connect handlers. */
  prepare(gateway: GatewayInstance): ConnectHandler {
    return async (client) => {
      try {
        await this.#scopes.of(client).prepare(gateway);
      } catch (error) {
        throw this.#refusal(error, gateway.type.name);
      }
    };
  }

  /** Lets it go when the disconnect handlers have settled. */
  release(): DisconnectHandler {
    return (client) => this.#scopes.release(client);
  }

  /** @throws SocketIoError `INVALID_HANDLER` */
  event(gateway: GatewayInstance, method: string): EventHandler {
    const bound = new BoundEvent(this.#invocation(gateway, method, null), this.#log);
    return (client, packet) => bound.handle(client, packet);
  }

  /** @throws SocketIoError `INVALID_HANDLER` */
  connect(gateway: GatewayInstance, method: string): ConnectHandler {
    const { where, run } = this.#invocation(gateway, method, 'connect');
    return async (client) => {
      let result: unknown;
      try {
        result = await settled(run(new Call(client, ['connect', client.handshake.auth], undefined)));
      } catch (error) {
        throw this.#refusal(error, where);
      }
      // A filter ran, so something was wrong: what it answers goes to the client, but lets nobody in.
      if (result instanceof FilterAnswer) throw new ConnectionRefused('Connection refused', result.value);
      if (result === false) throw new ConnectionRefused('Connection refused');
    };
  }

  /** @throws SocketIoError `INVALID_HANDLER` */
  disconnect(gateway: GatewayInstance, method: string): DisconnectHandler {
    const { where, run } = this.#invocation(gateway, method, 'disconnect');
    const leave: DisconnectHandler = async (client, reason) => {
      try {
        await settled(run(new Call(client, ['disconnect', reason], undefined)));
      } catch (error) {
        this.#log.error(`${where} failed`, error); // nobody is left to be told
      }
    };
    if (!this.#scopes.has(gateway)) return leave;
    return (client, reason, description) =>
      this.#scopes.hold(client, Promise.resolve(leave(client, reason, description)));
  }

  #invocation(gateway: GatewayInstance, method: string, kind: LifecycleKind | null): Invocation {
    const { type, id } = gateway;
    const { decorated, takesAck, read } = planArguments(type, method, kind);
    const called = methodOf(type, method);
    const isDirect = !hasEnhancers(type) && !hasEnhancers(called) && !this.#globals.areAny;
    // No guards for a disconnect: there is nothing that they could deny.
    const guarded = kind !== 'disconnect';
    const bind: ScopedHandler['bind'] =
      isDirect && read !== null
        ? (instance) => (call) => called.apply(instance, read(call))
        : (instance, scope) =>
            this.#pipeline.wrap(instance, method, id, decorated, guarded, scope, gateway.resolve !== undefined);
    const run = this.#run(gateway, bind);
    return {
      where: `${type.name}.${method}`,
      takesAck,
      run: this.#sessions === null ? run : this.#sessions.around(run, kind === 'disconnect'),
    };
  }

  #run(gateway: GatewayInstance, bind: ScopedHandler['bind']): Invocation['run'] {
    if (!this.#scopes.has(gateway)) return bind(gateway.instance);
    const handler: ScopedHandler = { gateway, bind };
    return (call) => this.#scopes.of(call.client).run(handler, call);
  }

  #refusal(error: unknown, where: string): ConnectionRefused {
    if (error instanceof ConnectionRefused) return error;
    const { message, ...data } = describeError(error, where, this.#log);
    return new ConnectionRefused(message, data, { cause: error });
  }
}
