/**
 * Nest's pipeline as it is for `@SubscribeMessage`: a guard that denies throws a WsException, an Observable
 * stays one, global filters do not apply, and what a filter returns is not the result.
 */
import type { Type } from '@nestjs/common';
import type { ExternalContextCreator } from '@nestjs/core';
import { WsException } from '@nestjs/websockets';
import type { Call } from './call.js';
import { CallContext } from './call-context.js';
import type { Scope } from './connection-scope.js';
import type { EnhancerReport } from './enhancer-report.js';
import { type GlobalEnhancers, type Globals, GlobalsInUse } from './globals.js';
import { methodOf, parametersKey, readParameter } from './pipeline.js';
import { settled } from './settled.js';
import { type Manner, StagedMethod } from './staged-method.js';
import { type FilterRunner, type Method, StageFinder } from './stages.js';

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

const MANNER: Manner = { denied: () => new WsException('Forbidden resource'), settles: false };

/** What the last of all filters returns: no filter of the gateway wanted the error, or the one that did failed by itself. */
const UNCAUGHT = Symbol('uncaught');

const LAST_FILTER: GlobalEnhancers = {
  guards: [],
  interceptors: [],
  pipes: [],
  filters: [{ catch: () => UNCAUGHT }],
};

export class SubscribedPipeline {
  readonly #globals: GlobalsInUse;
  readonly #handlers: StageFinder;
  readonly #filters: StageFinder;

  constructor(creator: ExternalContextCreator, globals: Pick<Globals, 'shared'>, report: EnhancerReport) {
    this.#globals = new GlobalsInUse(globals);
    this.#handlers = new StageFinder(creator, report, () => this.#globals.current);
    this.#filters = new StageFinder(creator, report, () => LAST_FILTER, UNCAUGHT);
  }

  /**
   * @param id of the provider, by which Nest finds enhancers that were made for it
   * @param scope of the connection, where handlers are bound per connection
   * @param own whether the gateway itself is the connection's own, and with it its enhancers
   * @returns the method behind guards, interceptors and pipes; it gives its result, an Observable included, now or later
   */
  wrap(
    instance: object,
    method: string,
    id: string,
    decorated: boolean,
    scope?: Scope,
    own = false,
  ): (call: Call) => unknown {
    const type = instance.constructor as Type;
    const place = {
      instance,
      method,
      callback: methodOf(type, method),
      id,
      contextId: own ? scope?.contextId : undefined,
    };
    const reading = { key: parametersKey(type, method, decorated), read: readParameter };
    const stages = this.#globals.within(scope?.globals, () => this.#handlers.find(place, reading));
    const staged = new StagedMethod(stages, place, MANNER);
    return (call) => staged.run(call);
  }

  /** @param scope of the connection, where the gateway is its own */
  filters(instance: object, method: string, id: string, scope?: Scope): Filters {
    const type = instance.constructor as Type;
    const callback = (instance as Record<string, Method>)[method] as Method;
    const { filters } = this.#filters.find({ instance, method, callback, id, contextId: scope?.contextId }, null);
    return async (error, call) => {
      const context = new CallContext(call.hostArgs, type, callback);
      try {
        const value = await settled((filters as FilterRunner).invokeCustomFilters(error, context));
        return { caught: value !== UNCAUGHT, value, error };
      } catch (thrown) {
        return { caught: false, value: undefined, error: thrown };
      }
    };
  }
}
