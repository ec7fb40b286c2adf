/**
 * Nest's pipeline as it is for `@SubscribeMessage`: a guard that denies throws a WsException, an Observable
 * stays one, global filters do not apply, and what a filter returns is not the result.
 */
import type { Type } from '@nestjs/common';
import type { ExternalContextCreator } from '@nestjs/core';
import { WsException } from '@nestjs/websockets';
import type { Call } from '../call.js';
import { CallContext } from '../enhancers/call-context.js';
import type { Scope } from '../connection-scope.js';
import type { EnhancerReport } from '../enhancers/enhancer-report.js';
import type { GlobalEnhancers, Globals } from '../enhancers/globals.js';
import { Pipeline } from '../enhancers/pipeline.js';
import { settled } from '../events/settled.js';
import type { Manner } from '../enhancers/enhanced-method.js';
import { type Method, StageFinder } from '../enhancers/enhancer-finder.js';

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
  readonly #handlers: Pipeline;
  readonly #filters: StageFinder;

  constructor(creator: ExternalContextCreator, globals: Pick<Globals, 'shared'>, report: EnhancerReport) {
    this.#handlers = new Pipeline(creator, globals, report, MANNER);
    this.#filters = new StageFinder(creator, report, () => LAST_FILTER, UNCAUGHT);
  }

  /**
   * See {@link Pipeline.wrap}.
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
    return this.#handlers.wrap(instance, method, id, decorated, true, scope, own);
  }

  /** @param scope of the connection, where the gateway is its own */
  filters(instance: object, method: string, id: string, scope?: Scope): Filters {
    const type = instance.constructor as Type;
    const callback = (instance as Record<string, Method>)[method] as Method;
    const { filters } = this.#filters.find({ instance, method, callback, id, contextId: scope?.contextId }, null);
    return async (error, call) => {
      const context = new CallContext(call.hostArgs, type, callback);
      try {
        const value = await settled(filters.invokeCustomFilters(error, context));
        return { caught: value !== UNCAUGHT, value, error };
      } catch (thrown) {
        return { caught: false, value: undefined, error: thrown };
      }
    };
  }
}
