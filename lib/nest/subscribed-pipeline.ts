/**
 * Nest's pipeline as it is for `@SubscribeMessage`: a guard that denies throws a WsException, an Observable
 * stays one, global filters do not apply, and what a filter returns is not the result.
 */
import type { CanActivate, Type } from '@nestjs/common';
import type { ExternalContextCreator } from '@nestjs/core';
import { WsException } from '@nestjs/websockets';
import type { Log } from '../engine/index.js';
import type { Call } from './call.js';
import { messages } from './messages.js';
import {
  type ErrorProxy,
  type FilterRunner,
  isMeantForClient,
  parametersKey,
  readParameter,
  sparingPipes,
} from './pipeline.js';
import { settled } from './settled.js';

/** What became of an error that the filters of a method were shown. */
export interface Filtering {
  /** Whether a filter took care of it. */
  readonly caught: boolean;
  /** What that filter returned. */
  readonly value: unknown;
  /** The error, or what a filter threw in its place. */
  readonly error: unknown;
}

/** Shows an error to the filters of a method; never rejects. */
export type Filters = (error: unknown, call: Call) => Promise<Filtering>;

type Method = (...args: unknown[]) => unknown;

/** What the last of all filters returns: no filter of the application wanted the error. */
const UNCAUGHT = Symbol('uncaught');

interface Internals {
  readonly externalErrorProxy: ErrorProxy;
  readonly filtersContextCreator: object;
}

export class SubscribedPipeline {
  readonly #handlers: ExternalContextCreator;
  readonly #filters: ExternalContextCreator;
  readonly #log: Log;

  constructor(creator: ExternalContextCreator, log: Log) {
    this.#log = log;
    this.#handlers = Object.assign(Object.create(creator) as ExternalContextCreator, {
      getParamValue: sparingPipes(creator),
      transformToResult: (result: unknown) => Promise.resolve(result),
      createGuardsFn: (guards: CanActivate[], ...rest: [object, Method, string?]) =>
        creator.createGuardsFn(guards.map(denying), ...rest),
    });
    this.#filters = filtersOnly(creator);
  }

  /**
   * @param id of the provider, by which Nest finds enhancers that were made for it
   * @returns the method behind guards, interceptors and pipes; it resolves to its result, an Observable included
   */
  wrap(instance: object, method: string, id: string, decorated: boolean): (call: Call) => Promise<unknown> {
    const type = instance.constructor as Type;
    const handler = this.#handlers.create(
      instance,
      (type.prototype as Record<string, Method>)[method] as Method,
      method,
      parametersKey(type, method, decorated),
      { exchangeKeyForValue: readParameter },
      undefined,
      id,
      { guards: true, interceptors: true, filters: false },
      'ws',
    );
    return (call) => handler(...call.hostArgs) as Promise<unknown>;
  }

  /** @param where class and method, for the log */
  filters(instance: object, method: string, id: string, where: string): Filters {
    const show = this.#filters.create(
      instance,
      (instance as Record<string, Method>)[method] as Method,
      method,
      undefined,
      undefined,
      undefined,
      id,
      { guards: false, interceptors: false, filters: true },
      'ws',
    ) as (error: unknown, ...args: unknown[]) => Promise<unknown>;
    return async (error, call) => {
      try {
        const value = await show(error, ...call.hostArgs);
        return { caught: value !== UNCAUGHT, value, error };
      } catch (thrown) {
        const meant = isMeantForClient(thrown);
        if (!meant && thrown !== error) this.#log.warn(`${messages.filterFailed(where)}: ${String(thrown)}`);
        return { caught: false, value: undefined, error: meant ? thrown : error };
      }
    };
  }
}

/** A guard that says no has Nest throw an HttpException; gateways of Nest have a WsException instead. */
function denying(guard: CanActivate): CanActivate {
  return {
    canActivate: (context) => {
      const answer = guard.canActivate(context);
      return typeof answer === 'boolean' ? permit(answer) : settled(answer).then(permit);
    },
  };
}

function permit(allowed: unknown): true {
  if (!allowed) throw new WsException('Forbidden resource');
  return true;
}

/** Makes of a method a function that shows an error to its filters. */
function filtersOnly(creator: ExternalContextCreator): ExternalContextCreator {
  // Both are private in the types, as in the pipeline of our own events.
  const { externalErrorProxy, filtersContextCreator } = creator as unknown as Internals;
  return Object.assign(Object.create(creator) as ExternalContextCreator, {
    filtersContextCreator: Object.assign(Object.create(filtersContextCreator) as object, {
      getGlobalMetadata: () => [{ catch: () => UNCAUGHT }],
    }),
    externalErrorProxy: {
      createProxy:
        (_target: unknown, filters: FilterRunner, type: string) =>
        (error: unknown, ...args: unknown[]) =>
          externalErrorProxy.createProxy(
            () => Promise.reject(error),
            { next: (exception, host) => settled(filters.invokeCustomFilters(exception, host)) },
            type,
          )(...args),
    },
  });
}
