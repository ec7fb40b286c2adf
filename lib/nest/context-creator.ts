/**
 * Nest's own `ExternalContextCreator`, with these differences:
 *
 * - guards, pipes, interceptors and filters of the application are those that apply to gateways, and of a
 *   scoped one the connection's own instance
 * - a context answers `switchToHttp()` with the client
 * - pipes get the body, what routes show them and custom parameters, never the socket or the acknowledgement; a
 *   parameter with a `schema` is validated though nobody has set up the pipe for it
 * - an Observable without a value is an empty answer, not an error
 * - an error that no filter answers is thrown on to us, who turn it into the answer and log it once
 *
 * This is the only place that takes apart what Nest's types call private: there is no public place where
 * a context is made, or where filters meet the result.
 */
import {
  type ArgumentMetadata,
  type ArgumentsHost,
  type CanActivate,
  type ExceptionFilter,
  type NestInterceptor,
  type PipeTransform,
  StandardSchemaValidationPipe,
} from '@nestjs/common';
import type { ExternalContextCreator } from '@nestjs/core';
import { type Call, CALL_INDEX } from './call.js';
import type { EnhancerReport } from './enhancer-report.js';
import type { EnhancerKind, GlobalEnhancers } from './globals.js';
import { withHttpView } from './http-view.js';
import { isPiped } from './route-parameters.js';
import { settled } from './settled.js';

/** What a filter answered, as opposed to what a handler returned. */
export class Filtered {
  constructor(readonly value: unknown) {}
}

/** The filters of one method, as Nest selects them. */
export interface FilterRunner {
  invokeCustomFilters(exception: unknown, host: ArgumentsHost): unknown;
}

/** What finds the enhancers of one kind for a handler. */
interface Finder<T> {
  create(...args: unknown[]): T;
  getGlobalMetadata(): unknown;
}

interface Consumer {
  createContext(...args: unknown[]): object;
}

/** The parts of a creator. */
interface Parts {
  readonly guardsContextCreator: Finder<CanActivate[]>;
  readonly interceptorsContextCreator: Finder<NestInterceptor[]>;
  readonly pipesContextCreator: Finder<PipeTransform[]>;
  readonly filtersContextCreator: Finder<FilterRunner> & {
    getFilterInstance(...args: unknown[]): ExceptionFilter | null;
  };
  readonly guardsConsumer: Consumer;
  readonly interceptorsConsumer: Consumer;
  readonly contextUtils: { getContextFactory(...args: unknown[]): (args: unknown[]) => object };
  readonly externalErrorProxy: ErrorProxy;
}

/** Where Nest's filters meet the error. */
export interface ErrorProxy {
  createProxy(
    target: (...args: unknown[]) => unknown,
    filters: { next(exception: unknown, host: ArgumentsHost): Promise<unknown> },
    type: string,
  ): (...args: unknown[]) => Promise<unknown>;
}

const SCHEMA_PIPE = new StandardSchemaValidationPipe();

/** @param globals called for each handler that is made: what of the application applies to it */
export function deriveCreator(
  creator: ExternalContextCreator,
  report: EnhancerReport,
  globals: () => GlobalEnhancers,
): ExternalContextCreator {
  const parts = creator as unknown as Parts;
  const derived: Parts = {
    guardsContextCreator: finding(parts.guardsContextCreator, 'guards', globals, (guards) =>
      guards.map((guard) => report.guard(guard)),
    ),
    interceptorsContextCreator: finding(parts.interceptorsContextCreator, 'interceptors', globals, (interceptors) =>
      interceptors.map((interceptor) => report.interceptor(interceptor)),
    ),
    pipesContextCreator: finding(parts.pipesContextCreator, 'pipes', globals, (pipes) => pipes),
    filtersContextCreator: Object.assign(
      finding(parts.filtersContextCreator, 'filters', globals, (filters) => filters),
      {
        getFilterInstance(this: Parts['filtersContextCreator'], ...args: unknown[]) {
          const filter = parts.filtersContextCreator.getFilterInstance.apply(this, args);
          return filter === null ? null : report.filter(filter);
        },
      },
    ),
    guardsConsumer: viewing(parts.guardsConsumer),
    interceptorsConsumer: viewing(parts.interceptorsConsumer),
    contextUtils: derive(parts.contextUtils, {
      getContextFactory: (...args) => {
        const make = parts.contextUtils.getContextFactory(...args);
        return (callArgs) => withHttpView(make(callArgs));
      },
    }),
    externalErrorProxy: {
      createProxy: (target, filters, type) =>
        parts.externalErrorProxy.createProxy(
          target,
          {
            next: (exception, host) => applyFilters(filters as unknown as FilterRunner, exception, withHttpView(host)),
          },
          type,
        ),
    },
  };
  return derive(creator, {
    ...(derived as object),
    transformToResult: settled,
    getParamValue: (value: unknown, metadata: ArgumentMetadata, pipes: PipeTransform[]) =>
      creator.getParamValue(value, metadata, pipesFor(metadata, pipes)),
  });
}

/**
 * Makes of a method a function that shows an error to its filters. It resolves to what the filter returned
 * that took it, and rejects with what a filter threw in its place.
 * @param uncaught what it resolves to when no filter took the error, or the one that did failed by itself
 */
export function deriveFilters(
  creator: ExternalContextCreator,
  report: EnhancerReport,
  uncaught: unknown,
): ExternalContextCreator {
  const { filtersContextCreator, externalErrorProxy } = creator as unknown as Parts;
  const own: Partial<Parts> = {
    filtersContextCreator: derive(filtersContextCreator, {
      getGlobalMetadata: () => [{ catch: () => uncaught }],
      getFilterInstance(...args) {
        const filter = filtersContextCreator.getFilterInstance.apply(this, args);
        return filter === null ? null : report.filter(filter, uncaught);
      },
    }),
    externalErrorProxy: {
      createProxy:
        (_target, filters, type) =>
        (error, ...args) =>
          externalErrorProxy.createProxy(
            () => Promise.reject(error),
            {
              next: (exception, host) =>
                settled((filters as unknown as FilterRunner).invokeCustomFilters(exception, withHttpView(host))),
            },
            type,
          )(...args),
    },
  };
  return derive(creator, own as object);
}

export function derive<T extends object>(base: T, own: Partial<T>): T {
  return Object.assign(Object.create(base) as T, own);
}

function finding<F extends Finder<unknown>>(
  finder: F,
  kind: EnhancerKind,
  globals: () => GlobalEnhancers,
  watch: (found: ReturnType<F['create']>) => unknown,
): F {
  const own: Partial<Finder<unknown>> = {
    create(...args) {
      return watch(finder.create.apply(this, args) as ReturnType<F['create']>);
    },
    getGlobalMetadata: () => globals()[kind],
  };
  return derive(finder, own as Partial<F>);
}

function viewing(consumer: Consumer): Consumer {
  return derive(consumer, { createContext: (...args) => withHttpView(consumer.createContext(...args)) });
}

function pipesFor({ type, schema }: ArgumentMetadata, pipes: PipeTransform[]): PipeTransform[] {
  if (!isPiped(type)) return [];
  const isValidated = schema === undefined || pipes.some((pipe) => pipe instanceof StandardSchemaValidationPipe);
  return isValidated ? pipes : [SCHEMA_PIPE, ...pipes]; // the schema is of what the client sends
}

async function applyFilters(filters: FilterRunner, exception: unknown, host: ArgumentsHost): Promise<Filtered> {
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
  return new Filtered(answer);
}
