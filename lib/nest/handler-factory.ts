/**
 * Makes what a namespace calls from what a gateway declares. Without any enhancer the method is called
 * directly; otherwise through Nest's pipeline. Either way the result, or the error, becomes the answer in
 * one place, exactly once.
 */
import type { Type } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { isObservable, lastValueFrom } from 'rxjs';
import type { Log } from '../engine/index.js';
import type { EventPacket } from '../protocol/index.js';
import { ConnectionRefused, type DisconnectReason, type EventHandler, type Socket } from '../server/index.js';
import { toAckArgs } from './ack-args.js';
import { planArguments } from './argument-plan.js';
import { Call } from './call.js';
import { type ErrorAnswer, errorAnswer } from './error-answer.js';
import { messages } from './messages.js';
import { hasEnhancers, type LifecycleKind } from './metadata.js';
import { Filtered, type Pipeline } from './pipeline.js';

/** A gateway as Nest made it. */
export interface GatewayInstance {
  readonly type: Type;
  readonly instance: object;
  /** Nest's id of the provider. */
  readonly id: string;
}

interface Invocation {
  readonly where: string;
  readonly takesAck: boolean;
  readonly run: (call: Call) => unknown;
}

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
    const { where, takesAck, run } = this.#invocation(gateway, method, null);
    return (client, packet) => {
      const ack = takesAck && packet.id !== undefined ? client.acknowledger(packet.id) : undefined;
      const succeed = (result: unknown): void => {
        if (packet.id === undefined) return;
        if (result instanceof Filtered) answer(client, packet.id, ack, toAckArgs(result.value));
        else if (!takesAck) client.acknowledge(packet.id, toAckArgs(result));
      };
      const fail = (error: unknown): void => this.#answerError(client, packet, ack, where, error);
      try {
        const result = run(new Call(client, packet.data, ack));
        if (result instanceof Promise) return result.then(last).then(succeed).catch(fail);
        if (isObservable(result)) return last(result).then(succeed).catch(fail);
        succeed(result);
      } catch (error) {
        fail(error);
      }
      return undefined;
    };
  }

  /** @throws SocketIoError `INVALID_HANDLER` */
  connect(gateway: GatewayInstance, method: string): (client: Socket) => Promise<void> {
    const { where, run } = this.#invocation(gateway, method, 'connect');
    return async (client) => {
      let result: unknown;
      try {
        result = await last(await run(new Call(client, ['connect', client.handshake.auth], undefined)));
      } catch (error) {
        if (error instanceof ConnectionRefused) throw error;
        const { message, ...data } = this.#describe(error, where);
        throw new ConnectionRefused(message, data, { cause: error });
      }
      // A filter ran, so something was wrong: what it answers goes to the client, but lets nobody in.
      if (result instanceof Filtered) throw new ConnectionRefused('Connection refused', result.value);
      if (result === false) throw new ConnectionRefused('Connection refused');
    };
  }

  /** @throws SocketIoError `INVALID_HANDLER` */
  disconnect(gateway: GatewayInstance, method: string): (client: Socket, reason: DisconnectReason) => Promise<void> {
    const { where, run } = this.#invocation(gateway, method, 'disconnect');
    return async (client, reason) => {
      try {
        await last(await run(new Call(client, ['disconnect', reason], undefined)));
      } catch (error) {
        this.#log.error(`${where} failed`, error); // nobody is left to be told
      }
    };
  }

  #invocation(gateway: GatewayInstance, method: string, kind: LifecycleKind | null): Invocation {
    const { type, instance, id } = gateway;
    const { decorated, takesAck, read } = planArguments(type, method, kind);
    const handler = (instance as Record<string, (...args: unknown[]) => unknown>)[method] as (
      ...args: unknown[]
    ) => unknown;
    const direct = read !== null && !hasEnhancers(type) && !hasEnhancers(handler) && !this.#hasGlobalEnhancers();
    return {
      where: `${type.name}.${method}`,
      takesAck,
      run: direct
        ? (call) => handler.apply(instance, read(call))
        : this.#pipeline.wrap(instance, method, id, decorated),
    };
  }

  #hasGlobalEnhancers(): boolean {
    const config = this.#config;
    return [
      config.getGlobalGuards(),
      config.getGlobalInterceptors(),
      config.getGlobalPipes(),
      config.getGlobalFilters(),
      config.getGlobalRequestGuards(),
      config.getGlobalRequestInterceptors(),
      config.getGlobalRequestPipes(),
      config.getGlobalRequestFilters(),
    ].some((enhancers) => enhancers.length > 0);
  }

  #answerError(client: Socket, { id }: EventPacket, ack: Call['ack'], where: string, error: unknown): void {
    const description = this.#describe(error, where);
    if (id !== undefined) answer(client, id, ack, [{ error: description }]);
    else if (client.connected) client.emit('exception', description);
  }

  #describe(error: unknown, where: string): ErrorAnswer {
    return errorAnswer(error, (id) => this.#log.error(messages.failed(where, id), error));
  }
}

/** Through the handler's own acknowledgement where it has one, since only that knows whether it was used. */
function answer(client: Socket, id: number, ack: Call['ack'], args: readonly unknown[]): void {
  if (ack === undefined) client.acknowledge(id, args);
  else ack(...args);
}

/** The last value of an Observable, `undefined` if it has none; anything else as it is. */
async function last(result: unknown): Promise<unknown> {
  return isObservable(result) ? lastValueFrom(result, { defaultValue: undefined }) : result;
}
