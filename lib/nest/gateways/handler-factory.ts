/**
 * Makes the handlers that a namespace calls from the methods that a gateway declares. A method without any enhancer
 * is called directly, any other method through Nest's pipeline.
 */
import { Inject, Injectable } from '@nestjs/common';
import type { Log } from '../../engine/internal.js';
import { SocketIoError } from '../../errors.js';
import type { EventPacket } from '../../protocol/internal.js';
import {
  type ConnectHandler,
  ConnectionRefused,
  type DisconnectHandler,
  type EventHandler,
  type ReturnHandler,
  type Socket,
  watched,
} from '../../server/internal.js';
import { Call } from '../call.js';
import { ConnectionScopes, type GatewayInstance, type Run, type ScopedHandler } from '../connection-scope.js';
import { getHandler, hasEnhancers, isAsyncGenerator, type LifecycleKind, methodOf } from '../decorators/metadata.js';
import { Globals } from '../enhancers/globals.js';
import { HandlerPatches } from '../enhancers/handler-patches.js';
import { Pipeline } from '../enhancers/pipeline.js';
import { describeError, FilterAnswer } from '../events/answer.js';
import { planArguments } from '../events/argument-plan.js';
import { BoundEvent, type Invocation } from '../events/event-handler.js';
import { RateLimits } from '../events/rate-limits.js';
import { finalValue, settled } from '../events/settled.js';
import { SOCKETIO_LOG } from '../module-options.js';
import { messages } from '../messages.js';
import { asStream, expectStream } from '../streams/async-iterable.js';
import { LiveSessions } from '../sessions/live-sessions.js';

@Injectable()
export class HandlerFactory {
  /** @param sessions `null` unless sessions are live */
  constructor(
    @Inject(Pipeline) private readonly pipeline: Pipeline,
    @Inject(Globals) private readonly globals: Globals,
    @Inject(ConnectionScopes) private readonly scopes: ConnectionScopes,
    @Inject(LiveSessions) private readonly sessions: LiveSessions | null,
    @Inject(SOCKETIO_LOG) private readonly log: Log,
    @Inject(RateLimits) private readonly limits: RateLimits,
    @Inject(HandlerPatches) private readonly patches: HandlerPatches,
  ) {}

  /**
   * Makes the scoped instances of the gateway, or refuses the client. Must run before the gateway's connect handlers.
   */
  prepare(gateway: GatewayInstance): ConnectHandler {
    return async (client) => {
      try {
        await this.scopes.of(client).prepare(gateway);
      } catch (error) {
        throw this.#refusal(error, gateway.type.name, client);
      }
    };
  }

  /** Releases the scoped instances when the disconnect handlers have settled. */
  release(): DisconnectHandler {
    return (client) => this.scopes.release(client);
  }

  /** @throws SocketIoError `INVALID_HANDLER` */
  event(gateway: GatewayInstance, method: string, event: string): EventHandler {
    const invocation = this.#invocation(gateway, method, null, event);
    const bound = new BoundEvent(invocation, this.log);
    return watched((client: Socket, packet: EventPacket) => bound.handle(client, packet), event, invocation.where);
  }

  /** @throws SocketIoError `INVALID_HANDLER` */
  connect(gateway: GatewayInstance, method: string): ConnectHandler {
    const { where, run } = this.#invocation(gateway, method, 'connect');
    return async (client) => {
      let result: unknown;
      try {
        result = await settled(run(new Call(client, ['connect', client.handshake.auth], undefined)));
      } catch (error) {
        throw this.#refusal(error, where, client);
      }
      // A filter ran, so there was an error: the client is refused, and gets the filter's answer.
      if (result instanceof FilterAnswer) throw new ConnectionRefused('Connection refused', result.value);
      if (result === false) throw new ConnectionRefused('Connection refused');
    };
  }

  /** @throws SocketIoError `INVALID_HANDLER` */
  leave(gateway: GatewayInstance, method: string, kind: 'disconnect' | 'drop'): DisconnectHandler {
    const run = this.#logged(gateway, method, kind);
    return (client, reason) => run(client, reason);
  }

  /** @throws SocketIoError `INVALID_HANDLER` */
  return(gateway: GatewayInstance, method: string): ReturnHandler {
    const run = this.#logged(gateway, method, 'return');
    return (client) => run(client, client.handshake.auth);
  }

  /** A handler whose error only the log gets. */
  #logged(
    gateway: GatewayInstance,
    method: string,
    kind: Exclude<LifecycleKind, 'connect'>,
  ): (client: Socket, body: unknown) => Promise<void> {
    const { where, run } = this.#invocation(gateway, method, kind);
    const logged = async (client: Socket, body: unknown): Promise<void> => {
      try {
        await settled(run(new Call(client, [kind, body], undefined)));
      } catch (error) {
        this.log.error(`${where} failed`, error, { ...client.logFields, handler: where });
      }
    };
    if (!this.scopes.has(gateway)) return logged;
    return (client, body) => this.scopes.keepUntil(client, logged(client, body));
  }

  #invocation(gateway: GatewayInstance, method: string, kind: LifecycleKind | null, event?: string): Invocation {
    const { type } = gateway;
    const callback = methodOf(type, method);
    const { stream: streams = false } = getHandler(callback);
    const plan = { ...planArguments(type, method, kind), streams };
    const { takesAck, takesSignal, read } = plan;
    if (takesAck && (streams || isAsyncGenerator(callback))) {
      throw new SocketIoError('INVALID_HANDLER', messages.streamWithAck(`${type.name}.${method}`));
    }
    const isDirect = !hasEnhancers(type) && !hasEnhancers(callback) && !this.globals.hasAny;
    const bind: ScopedHandler['bind'] = (bound, scope) => {
      const { instance } = bound;
      const { called, around } = this.patches.of({ instance, method, callback }, event);
      const run: Run =
        isDirect && read !== null
          ? directly(streams ? `${type.name}.${method}` : null, (call) => called.apply(instance, read(call)))
          : this.pipeline.wrap(bound, plan, scope, called);
      // As with `@nestjs/platform-socket.io`, patches get to know of events only.
      return kind !== null || around === null ? run : around((call) => finalValue(run(call), call.client));
    };
    const run = this.#run(gateway, bind);
    const inSession =
      this.sessions === null
        ? run
        : this.sessions.around(run, kind === 'disconnect' || kind === 'drop' ? 'optional' : 'required');
    return {
      where: `${type.name}.${method}`,
      takesAck,
      takesSignal,
      run: kind === null ? this.limits.of(type, method)(inSession) : inSession,
    };
  }

  #run(gateway: GatewayInstance, bind: ScopedHandler['bind']): Run {
    if (!this.scopes.has(gateway)) return bind(gateway);
    const handler: ScopedHandler = { gateway, bind };
    return (call) => this.scopes.of(call.client).run(handler, call);
  }

  #refusal(error: unknown, where: string, client: Socket): ConnectionRefused {
    if (error instanceof ConnectionRefused) return error;
    const { message, ...data } = describeError(error, where, this.log, client);
    return new ConnectionRefused(message, data, { cause: error });
  }
}

/** @param where class and method of a handler with the option `stream`; `null` for any other */
function directly(where: string | null, run: Run): Run {
  return where === null ? run : (call) => asStream(expectStream(run(call), where));
}
