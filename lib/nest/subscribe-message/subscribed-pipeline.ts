/**
 * Nest's pipeline with the rules of `@SubscribeMessage`: a guard that denies throws a WsException, an Observable
 * stays an Observable, global filters do not apply, and the return value of a filter is not the result.
 */
import { Injectable, type Type } from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import type { Call } from '../call.js';
import type { GatewayInstance, Scope } from '../connection-scope.js';
import { CallContext } from '../enhancers/call-context.js';
import type { PipelineRules } from '../enhancers/enhanced-method.js';
import { EnhancerFinder, type Method } from '../enhancers/enhancer-finder.js';
import type { GlobalEnhancers } from '../enhancers/globals.js';
import { Pipeline } from '../enhancers/pipeline.js';
import { settled } from '../events/settled.js';

/** The result of applying the filters of a method to an error. */
export interface FilterResult {
  /** Whether a filter handled the error. */
  readonly caught: boolean;
  /** The return value of that filter. */
  readonly value: unknown;
  /** The error, or the exception that a filter threw instead. */
  readonly error: unknown;
}

/** Applies the filters of a method to an error; never rejects. */
export type ApplyFilters = (error: unknown, call: Call) => Promise<FilterResult>;

const RULES: PipelineRules = { denied: () => new WsException('Forbidden resource'), settles: false };

/** The result if no filter of the gateway handled the error, or if a filter failed. */
const UNCAUGHT = Symbol('uncaught');

/** A filter behind those of the gateway, in place of the global filters. It catches everything. */
const LAST_FILTER: GlobalEnhancers = {
  guards: [],
  interceptors: [],
  pipes: [],
  filters: [{ catch: () => UNCAUGHT }],
};

@Injectable()
export class SubscribedPipeline extends Pipeline {
  readonly #filters = new EnhancerFinder(this.creator, this.report, () => LAST_FILTER, UNCAUGHT);

  protected override get rules(): PipelineRules {
    return RULES;
  }

  /**
   * Finds the filters of a method.
   * @param gateway with the instance to which the method belongs
   * @param method a handler, or one of Nest's hooks
   * @param scope set if handlers are bound per connection
   */
  filters({ instance, id, resolve }: GatewayInstance, method: string, scope?: Scope): ApplyFilters {
    const type = instance.constructor as Type;
    const callback = (instance as Record<string, Method>)[method] as Method;
    const contextId = resolve === undefined ? undefined : scope?.contextId;
    const { filters } = this.#filters.find({ instance, method, callback, id, contextId }, null);
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
