/**
 * Nest's guards, interceptors, pipes and filters round a handler. It is Nest's own
 * `ExternalContextCreator`, with three differences that its public methods allow:
 *
 * - pipes get the body and custom parameters, never the socket or the acknowledgement
 * - an Observable without a value is an empty answer, not an error
 * - an error that no filter answers is thrown on to us, who turn it into the answer and log it once;
 *   a filter that fails by itself, as one written for HTTP does, is passed over
 */
import {
  type ArgumentMetadata,
  type ArgumentsHost,
  HttpException,
  type PipeTransform,
  type Type,
} from '@nestjs/common';
import type { ExternalContextCreator } from '@nestjs/core';
import { WsException } from '@nestjs/websockets';
import { type Log } from '../engine/index.js';
import { quote, SocketIoError } from '../errors.js';
import { bodyOf } from './argument-plan.js';
import { type Call, CALL_INDEX } from './call.js';
import { messages } from './messages.js';
import { PARAMETERS_KEY, ParameterType } from './metadata.js';
import { settled } from './settled.js';

/** What a filter answered, as opposed to what a handler returned. */
export class Filtered {
  constructor(readonly value: unknown) {}
}

/** The filters of one method, as Nest selects them. */
export interface FilterRunner {
  invokeCustomFilters(exception: unknown, host: ArgumentsHost): unknown;
}

/** Where Nest's filters meet the error. */
export interface ErrorProxy {
  createProxy(
    target: (...args: unknown[]) => unknown,
    filters: { next(exception: unknown, host: ArgumentsHost): Promise<unknown> },
    type: string,
  ): (...args: unknown[]) => Promise<unknown>;
}

export class Pipeline {
  readonly #creator: ExternalContextCreator;

  constructor(creator: ExternalContextCreator, log: Log) {
    this.#creator = derive(creator, log);
  }

  /**
   * @param id of the provider, by which Nest finds enhancers that were made for it
   * @param guarded whether guards apply
   * @returns the method behind the pipeline; it resolves to its result, or to {@link Filtered}
   */
  wrap(
    instance: object,
    method: string,
    id: string,
    decorated: boolean,
    guarded: boolean,
  ): (call: Call) => Promise<unknown> {
    const prototype = (instance.constructor as Type).prototype as Record<string, (...args: unknown[]) => unknown>;
    const handler = this.#creator.create(
      instance,
      prototype[method] as (...args: unknown[]) => unknown,
      method,
      parametersKey(instance.constructor as Type, method, decorated),
      { exchangeKeyForValue: readParameter },
      undefined,
      id,
      { guards: guarded, interceptors: true, filters: true },
      'ws',
    );
    return (call) => handler(...call.hostArgs) as Promise<unknown>;
  }
}

function derive(creator: ExternalContextCreator, log: Log): ExternalContextCreator {
  // The proxy is private in the types; there is no public place where filters meet the result.
  const { externalErrorProxy } = creator as unknown as { externalErrorProxy: ErrorProxy };
  const proxy = {
    createProxy: (target: (...args: unknown[]) => unknown, filters: FilterRunner, type: string) =>
      externalErrorProxy.createProxy(
        target,
        { next: (exception, host) => applyFilters(filters, exception, host, log) },
        type,
      ),
  };
  return Object.assign(Object.create(creator) as ExternalContextCreator, {
    externalErrorProxy: proxy,
    transformToResult: settled,
    getParamValue: sparingPipes(creator),
  });
}

/** Has pipes leave the socket and the acknowledgement alone. */
export function sparingPipes(creator: ExternalContextCreator): ExternalContextCreator['getParamValue'] {
  return (value: unknown, metadata: ArgumentMetadata, pipes: PipeTransform[]): Promise<unknown> => {
    const type = metadata.type as string | number;
    const untouched = type === ParameterType.SOCKET || type === ParameterType.ACK;
    return creator.getParamValue(value, metadata, untouched ? [] : pipes);
  };
}

async function applyFilters(
  filters: FilterRunner,
  exception: unknown,
  host: ArgumentsHost,
  log: Log,
): Promise<Filtered> {
  const call = host.getArgByIndex<Call>(CALL_INDEX);
  const watch = (event: string): void => {
    call.told ||= event === 'exception';
  };
  let answer: unknown;
  try {
    call.client.onAnyOutgoing(watch);
    answer = await settled(filters.invokeCustomFilters(exception, host));
  } catch (error) {
    if (isMeantForClient(error)) throw error;
    if (error !== exception) {
      log.warn(`${messages.filterFailed(`the event ${quote(call.event)}`)}: ${String(error)}`);
    }
  } finally {
    call.client.offAnyOutgoing(watch);
  }
  if (answer === undefined) throw exception;
  return new Filtered(answer);
}

export function isMeantForClient(error: unknown): boolean {
  return error instanceof HttpException || error instanceof WsException || error instanceof SocketIoError;
}

export function readParameter(
  type: number,
  data: unknown,
  [client, , ack, call]: [unknown, unknown, unknown, Call],
): unknown {
  if (type === ParameterType.SOCKET) return client;
  return type === ParameterType.ACK ? ack : bodyOf(call, data);
}

/**
 * Pipes reach only decorated parameters: for a method without any, they are noted in their usual order under
 * a key of our own, since what stands under Nest's says that somebody wrote `@Ack()`.
 */
export function parametersKey(type: Type, method: string, decorated: boolean): string {
  if (decorated) return PARAMETERS_KEY;
  Reflect.defineMetadata(PLAIN_PARAMETERS_KEY, PLAIN_PARAMETERS, type, method);
  return PLAIN_PARAMETERS_KEY;
}

const PLAIN_PARAMETERS_KEY = 'nest-socketio:plain_parameters';

const PLAIN_PARAMETERS = Object.fromEntries(
  [ParameterType.SOCKET, ParameterType.PAYLOAD, ParameterType.ACK].map((type, index) => [
    `${type}:${index}`,
    { index, pipes: [] },
  ]),
);
