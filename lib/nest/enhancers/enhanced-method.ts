/**
 * A method behind its guards, interceptors, pipes and filters, in Nest's order. Whatever answers at once is
 * gone on with at once: a call whose enhancers are all synchronous takes no promise and no tick.
 */
import type { ArgumentsHost, CanActivate, Type } from '@nestjs/common';
import { isObservable } from 'rxjs';
import { isThenable } from '../../engine/index.js';
import { type Call, CALL_INDEX } from '../call.js';
import { FilterAnswer } from '../events/answer.js';
import { CallContext } from './call-context.js';
import { intercept } from './intercept.js';
import { lastOf, settled } from '../events/settled.js';
import type { FilterRunner, Method, Parameter, Place, Stages } from './enhancer-finder.js';

/** What differs between our own handlers and those of `@SubscribeMessage`. */
export interface Manner {
  /** The error when a guard says no. */
  readonly denied: () => Error;
  /** Whether an Observable is waited for, and filters are asked; otherwise the caller does both. */
  readonly settles: boolean;
}

export class StagedMethod {
  readonly #stages: Stages;
  readonly #instance: object;
  readonly #callback: Method;
  readonly #manner: Manner;
  readonly #length: number;

  constructor(stages: Stages, { instance, callback }: Pick<Place, 'callback' | 'instance'>, manner: Manner) {
    this.#stages = stages;
    this.#instance = instance;
    this.#callback = callback;
    this.#manner = manner;
    this.#length = Math.max(0, ...stages.parameters.map(({ index }) => index + 1));
  }

  /** @returns the result, or a promise of it */
  run(call: Call): unknown {
    const context = new CallContext(call.hostArgs, this.#instance.constructor as Type, this.#callback);
    const { filters } = this.#stages;
    if (!this.#manner.settles || filters.filters.length === 0) return this.#pass(context);
    try {
      const result = this.#pass(context);
      if (!isThenable(result)) return result;
      return result.then(undefined, (error: unknown) => applyFilters(filters, error, context));
    } catch (error) {
      return applyFilters(filters, error, context);
    }
  }

  #pass(context: CallContext): unknown {
    const asked = this.#ask(context, 0);
    return asked === undefined ? this.#answer(context) : asked.then(() => this.#answer(context));
  }

  /** @returns a promise where a guard takes its time */
  #ask(context: CallContext, from: number): Promise<void> | undefined {
    const { guards } = this.#stages;
    for (let index = from; index < guards.length; index++) {
      const answer = (guards[index] as CanActivate).canActivate(context);
      if (typeof answer !== 'boolean') {
        return settled(answer).then((allowed) => {
          if (!allowed) throw this.#manner.denied();
          return this.#ask(context, index + 1);
        });
      }
      if (!answer) throw this.#manner.denied();
    }
    return undefined;
  }

  #answer(context: CallContext): unknown {
    const { interceptors } = this.#stages;
    const result =
      interceptors.length === 0
        ? this.#invoke(context.getArgs())
        : intercept(interceptors, context, () => this.#invoke(context.getArgs()));
    if (!this.#manner.settles) return result;
    if (isObservable(result)) return lastOf(result);
    return isThenable(result) ? settled(result) : result;
  }

  #invoke(args: unknown[]): unknown {
    const { parameters } = this.#stages;
    if (parameters.length === 0) return this.#callback.apply(this.#instance, args);
    const values: unknown[] = Array.from({ length: this.#length });
    const waiting = fill(values, parameters, args);
    if (waiting === null) return this.#callback.apply(this.#instance, values);
    return Promise.all(waiting).then(() => this.#callback.apply(this.#instance, values));
  }
}

/** @returns promises where values take their time; what throws while others are on their way is one of them */
function fill(values: unknown[], parameters: readonly Parameter[], args: unknown[]): Promise<void>[] | null {
  let waiting: Promise<void>[] | null = null;
  for (const parameter of parameters) {
    const { index } = parameter;
    try {
      const value = throughPipes(parameter.extract(...args), parameter, 0);
      if (isThenable(value)) {
        const filled = Promise.resolve(value).then((settledValue) => {
          values[index] = settledValue;
        });
        (waiting ??= []).push(filled);
      } else values[index] = value;
    } catch (error) {
      if (waiting === null) throw error;
      waiting.push(Promise.reject(error));
      return waiting;
    }
  }
  return waiting;
}

function throughPipes(value: unknown, parameter: Parameter, from: number): unknown {
  const { pipes, metadata } = parameter;
  let result = value;
  for (let index = from; index < pipes.length; index++) {
    if (isThenable(result)) return result.then((later) => throughPipes(later, parameter, index));
    result = pipes[index]?.transform(result, metadata);
  }
  return result;
}

/** Rejects with the error if no filter answers, or with the exception that a filter throws instead. */
export async function applyFilters(
  filters: FilterRunner,
  exception: unknown,
  host: ArgumentsHost,
): Promise<FilterAnswer> {
  const call = host.getArgByIndex<Call>(CALL_INDEX);
  const watch = (event: string): void => {
    call.told ||= event === 'exception';
  };
  let answer: unknown;
  try {
    call.client.onAnyOutgoing(watch);
    answer = await settled(filters.invokeCustomFilters(exception, host));
  } finally {
    call.client.offAnyOutgoing(watch);
  }
  if (answer === undefined) throw exception;
  return new FilterAnswer(answer);
}
