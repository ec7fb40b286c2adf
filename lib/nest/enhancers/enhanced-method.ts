/**
 * A method behind its guards, interceptors, pipes and filters, in Nest's order. If all enhancers of a call are
 * synchronous, the call completes synchronously, without a promise or a tick.
 */
import type { ArgumentsHost, CanActivate, Type } from '@nestjs/common';
import { isThenable } from '../../engine/internal.js';
import { RESERVED_EVENTS } from '../../protocol/internal.js';
import { ConnectionRefused, type Socket } from '../../server/internal.js';
import { type Call, CALL_INDEX } from '../call.js';
import { FilterAnswer } from '../events/answer.js';
import { finalValue, settled } from '../events/settled.js';
import { asStream, expectStream, isAsyncIterable, withErrors } from '../streams/async-iterable.js';
import { CallContext } from './call-context.js';
import { watchExceptions } from './watch-exceptions.js';
import type { Enhancers, FilterRunner, HandlerSource, Method, Parameter } from './enhancer-finder.js';
import { intercept } from './intercept.js';

/** The differences between our own handlers and those of `@SubscribeMessage`. */
export interface PipelineRules {
  /** Makes the error that is thrown when a guard denies. */
  readonly denied: () => Error;
  /** Whether Observables are awaited and filters are applied here. If not, the caller does both. */
  readonly settles: boolean;
  /** Whether an Observable is a stream of its items, instead of being awaited. @default false */
  readonly streams?: boolean;
}

export class EnhancedMethod {
  readonly #enhancers: Enhancers;
  readonly #instance: object;
  readonly #callback: Method;
  readonly #called: Method;
  readonly #rules: PipelineRules;
  /** The number of arguments that are passed to the method. */
  readonly #length: number;

  /** @param called instead of the method of the class, if given */
  constructor(
    enhancers: Enhancers,
    { instance, callback }: Pick<HandlerSource, 'callback' | 'instance'>,
    rules: PipelineRules,
    called: Method = callback,
  ) {
    this.#enhancers = enhancers;
    this.#instance = instance;
    this.#callback = callback;
    this.#called = called;
    this.#rules = rules;
    this.#length = Math.max(0, ...enhancers.parameters.map(({ index }) => index + 1));
  }

  /** @returns the result, or a promise of it */
  run(call: Call): unknown {
    const context = new CallContext(call.hostArgs, this.#instance.constructor as Type, this.#callback);
    const { filters } = this.#enhancers;
    if (!this.#rules.settles || filters.filters.length === 0) return this.#guard(context);
    try {
      const result = this.#guard(context);
      if (!isThenable(result)) return this.#filterStream(result, context);
      return result.then(
        (value) => this.#filterStream(value, context),
        (error: unknown) => applyFilters(filters, error, context),
      );
    } catch (error) {
      return applyFilters(filters, error, context);
    }
  }

  /** The filters apply to the error of a stream, too. Their answer then takes the place of the error. */
  #filterStream(result: unknown, context: CallContext): unknown {
    if (!isAsyncIterable(result)) return result;
    return withErrors(result, (error) => applyFilters(this.#enhancers.filters, error, context));
  }

  #guard(context: CallContext): unknown {
    const allowed = this.#activate(context, 0);
    return allowed === undefined ? this.#intercept(context) : allowed.then(() => this.#intercept(context));
  }

  /** Runs the guards from an index on. @returns a promise if a guard is asynchronous */
  #activate(context: CallContext, from: number): Promise<void> | undefined {
    const { guards } = this.#enhancers;
    for (let index = from; index < guards.length; index++) {
      const answer = (guards[index] as CanActivate).canActivate(context);
      if (typeof answer !== 'boolean') {
        return settled(answer).then((allowed) => {
          if (!allowed) throw this.#rules.denied();
          return this.#activate(context, index + 1);
        });
      }
      if (!answer) throw this.#rules.denied();
    }
    return undefined;
  }

  #intercept(context: CallContext): unknown {
    const { interceptors } = this.#enhancers;
    const streams = this.#rules.streams === true;
    const invoke = (): unknown => {
      const result = this.#invoke(context.getArgs());
      return streams ? expectStream(result, `${context.getClass().name}.${context.getHandler().name}`) : result;
    };
    const result = interceptors.length === 0 ? invoke() : intercept(interceptors, context, invoke);
    if (streams) return asStream(result);
    return this.#rules.settles ? finalValue(result, clientOf(context)) : result;
  }

  #invoke(args: unknown[]): unknown {
    const { parameters } = this.#enhancers;
    if (parameters.length === 0) return this.#called.apply(this.#instance, args);
    const values: unknown[] = Array.from({ length: this.#length });
    const pending = fill(values, parameters, args);
    if (pending === null) return this.#called.apply(this.#instance, values);
    return Promise.all(pending).then(() => this.#called.apply(this.#instance, values));
  }
}

/**
 * Fills `values` with the parameters, each through its pipes.
 * @returns promises of the values that are asynchronous, or `null`. An error that is thrown while other values are
 *   pending becomes one of these promises
 */
function fill(values: unknown[], parameters: readonly Parameter[], args: unknown[]): Promise<void>[] | null {
  let pending: Promise<void>[] | null = null;
  for (const parameter of parameters) {
    const { index } = parameter;
    try {
      const value = transform(parameter.extract(...args), parameter, 0);
      if (isThenable(value)) {
        const filled = Promise.resolve(value).then((settledValue) => {
          values[index] = settledValue;
        });
        (pending ??= []).push(filled);
      } else values[index] = value;
    } catch (error) {
      if (pending === null) throw error;
      pending.push(Promise.reject(error));
      return pending;
    }
  }
  return pending;
}

/** Passes a value through the pipes of a parameter, from an index on. */
function transform(value: unknown, parameter: Parameter, from: number): unknown {
  const { pipes, metadata } = parameter;
  let result = value;
  for (let index = from; index < pipes.length; index++) {
    if (isThenable(result)) return result.then((later) => transform(later, parameter, index));
    result = pipes[index]?.transform(result, metadata);
  }
  return result;
}

/** The client whose leaving ends an Observable; none for the handlers of a connect and a disconnect. */
function clientOf(context: ArgumentsHost): Socket | undefined {
  const { client, event } = context.getArgByIndex<Call>(CALL_INDEX);
  return RESERVED_EVENTS.has(event) ? undefined : client;
}

/**
 * Rejects with the error if no filter answers, or with the exception that a filter throws instead. A `ConnectionRefused`
 * of a connect handler is an answer to the client, which filters cannot change.
 */
async function applyFilters(filters: FilterRunner, exception: unknown, host: ArgumentsHost): Promise<FilterAnswer> {
  const call = host.getArgByIndex<Call>(CALL_INDEX);
  if (exception instanceof ConnectionRefused && RESERVED_EVENTS.has(call.event)) throw exception;
  const answer = await watchExceptions(call, () => settled(filters.invokeCustomFilters(exception, host)));
  if (answer === undefined) throw exception;
  return new FilterAnswer(answer);
}
