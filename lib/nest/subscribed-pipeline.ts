/**
 * Nest's pipeline as it is for `@SubscribeMessage`: a guard that denies throws a WsException, an Observable
 * stays one, global filters do not apply, and what a filter returns is not the result.
 */
import type { CanActivate, Type } from '@nestjs/common';
import type { ExternalContextCreator } from '@nestjs/core';
import { WsException } from '@nestjs/websockets';
import type { Call } from './call.js';
import type { Scope } from './connection-scope.js';
import { derive, deriveCreator, deriveFilters } from './context-creator.js';
import type { EnhancerReport } from './enhancer-report.js';
import { type Globals, GlobalsInUse } from './globals.js';
import { parametersKey, readParameter } from './pipeline.js';
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

export class SubscribedPipeline {
  readonly #globals: GlobalsInUse;
  readonly #handlers: ExternalContextCreator;
  readonly #filters: ExternalContextCreator;

  constructor(creator: ExternalContextCreator, globals: Pick<Globals, 'shared'>, report: EnhancerReport) {
    this.#globals = new GlobalsInUse(globals);
    const derived = deriveCreator(creator, report, () => this.#globals.current);
    this.#handlers = derive(derived, {
      transformToResult: (result: unknown) => Promise.resolve(result),
      createGuardsFn: (guards: CanActivate[], ...rest: [object, Method, string?]) =>
        derived.createGuardsFn(guards.map(denying), ...rest),
    });
    this.#filters = deriveFilters(creator, report, UNCAUGHT);
  }

  /**
   * @param id of the provider, by which Nest finds enhancers that were made for it
   * @param scope of the connection, where handlers are bound per connection
   * @param own whether the gateway itself is the connection's own, and with it its enhancers
   * @returns the method behind guards, interceptors and pipes; it resolves to its result, an Observable included
   */
  wrap(
    instance: object,
    method: string,
    id: string,
    decorated: boolean,
    scope?: Scope,
    own = false,
  ): (call: Call) => Promise<unknown> {
    const type = instance.constructor as Type;
    const handler = this.#globals.within(scope?.globals, () =>
      this.#handlers.create(
        instance,
        (type.prototype as Record<string, Method>)[method] as Method,
        method,
        parametersKey(type, method, decorated),
        { exchangeKeyForValue: readParameter },
        own ? scope?.contextId : undefined,
        id,
        { guards: true, interceptors: true, filters: false },
        'ws',
      ),
    );
    return (call) => handler(...call.hostArgs) as Promise<unknown>;
  }

  /** @param scope of the connection, where the gateway is its own */
  filters(instance: object, method: string, id: string, scope?: Scope): Filters {
    const show = this.#filters.create(
      instance,
      (instance as Record<string, Method>)[method] as Method,
      method,
      undefined,
      undefined,
      scope?.contextId,
      id,
      { guards: false, interceptors: false, filters: true },
      'ws',
    ) as (error: unknown, ...args: unknown[]) => Promise<unknown>;
    return async (error, call) => {
      try {
        const value = await show(error, ...call.hostArgs);
        return { caught: value !== UNCAUGHT, value, error };
      } catch (thrown) {
        return { caught: false, value: undefined, error: thrown };
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
