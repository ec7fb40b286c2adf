/**
 * Makes what a namespace calls from what a gateway declares. Without any enhancer the method is called
 * directly; otherwise through Nest's pipeline.
 */
import type { Type } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import type { Log } from '../engine/index.js';
import { type ConnectHandler, ConnectionRefused, type DisconnectHandler, type EventHandler } from '../server/index.js';
import { planArguments } from './argument-plan.js';
import { Call } from './call.js';
import { describeError } from './error-answer.js';
import { BoundEvent, type Invocation } from './event-handler.js';
import { hasEnhancers, type LifecycleKind } from './metadata.js';
import { Filtered, type Pipeline } from './pipeline.js';
import { settled } from './settled.js';

/** A gateway as Nest made it. */
export interface GatewayInstance {
  readonly type: Type;
  readonly instance: object;
  /** Nest's id of the provider. */
  readonly id: string;
}

type Method = (...args: unknown[]) => unknown;

export class HandlerFactory {
  readonly #pipeline: Pipeline;
  readonly #config: ApplicationConfig;
  readonly #log: Log;

  constructor(pipeline: Pipeline, config: ApplicationConfig, log: Log) {
    this.#pipeline = pipeline;
    this.#config = config;
    this.#log = log;
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
        if (error instanceof ConnectionRefused) throw error;
        const { message, ...data } = describeError(error, where, this.#log);
        throw new ConnectionRefused(message, data, { cause: error });
      }
      // A filter ran, so something was wrong: what it answers goes to the client, but lets nobody in.
      if (result instanceof Filtered) throw new ConnectionRefused('Connection refused', result.value);
      if (result === false) throw new ConnectionRefused('Connection refused');
    };
  }

  /** @throws SocketIoError `INVALID_HANDLER` */
  disconnect(gateway: GatewayInstance, method: string): DisconnectHandler {
    const { where, run } = this.#invocation(gateway, method, 'disconnect');
    return async (client, reason) => {
      try {
        await settled(run(new Call(client, ['disconnect', reason], undefined)));
      } catch (error) {
        this.#log.error(`${where} failed`, error); // nobody is left to be told
      }
    };
  }

  #invocation({ type, instance, id }: GatewayInstance, method: string, kind: LifecycleKind | null): Invocation {
    const { decorated, takesAck, read } = planArguments(type, method, kind);
    // The one that decorators stand on: a function put over it on the instance would be without its guards.
    const handler = (type.prototype as Record<string, Method>)[method] as Method;
    const direct = !hasEnhancers(type) && !hasEnhancers(handler) && !this.#hasGlobalEnhancers();
    return {
      where: `${type.name}.${method}`,
      takesAck,
      run:
        direct && read !== null
          ? (call) => handler.apply(instance, read(call))
          : // No guards for a disconnect: there is nothing that they could deny.
            this.#pipeline.wrap(instance, method, id, decorated, kind !== 'disconnect'),
    };
  }

  #hasGlobalEnhancers(): boolean {
    const config = this.#config;
    return [
      config.getGlobalGuards(),
      config.getGlobalInterceptors(),
      config.getGlobalPipes(),
      config.getGlobalFilters(),
    ].some((enhancers) => enhancers.length > 0);
  }
}
