/**
 * What stands round a method, as Nest finds it: the enhancers of method, class and application, each made and
 * in its order, and how its parameters are read. How they run is our own affair: see `staged-method.ts`.
 *
 * This is the only place that takes apart what Nest's types call private: there is no public place where
 * enhancers are found. Differences: those of the application are the ones that apply to gateways, and of a
 * scoped one the connection's own instance; pipes get the body, what routes show them and custom parameters,
 * never the socket or the acknowledgement; a parameter with a `schema` is validated though nobody has set up
 * the pipe for it.
 */
import {
  type ArgumentMetadata,
  type ArgumentsHost,
  type CanActivate,
  type ExceptionFilter,
  type NestInterceptor,
  type PipeTransform,
  StandardSchemaValidationPipe,
  type Type,
} from '@nestjs/common';
import type { ContextId, ExternalContextCreator } from '@nestjs/core';
import { CallContext } from './call-context.js';
import type { EnhancerReport } from './enhancer-report.js';
import type { EnhancerKind, GlobalEnhancers } from './globals.js';
import { isPiped } from '../events/request-parameters.js';

export type Method = (...args: unknown[]) => unknown;

/** The filters of one method, as Nest selects them. */
export interface FilterRunner {
  readonly filters: readonly unknown[];
  invokeCustomFilters(exception: unknown, host: ArgumentsHost): unknown;
}

export interface Parameter {
  readonly index: number;
  readonly extract: Method;
  readonly pipes: readonly PipeTransform[];
  readonly metadata: ArgumentMetadata;
}

export interface Stages {
  readonly guards: readonly CanActivate[];
  readonly interceptors: readonly NestInterceptor[];
  readonly parameters: readonly Parameter[];
  readonly filters: FilterRunner;
}

/** Which method of which provider. */
export interface Place {
  readonly instance: object;
  readonly method: string;
  readonly callback: Method;
  /** Of the provider, by which Nest finds enhancers that were made for it. */
  readonly id: string;
  /** There where the provider is the connection's own, and with it its enhancers. */
  readonly contextId: ContextId | undefined;
}

/** How the parameters of a method are found and read. */
export interface Reading {
  readonly key: string;
  readonly read: (type: number, data: unknown, args: unknown[]) => unknown;
}

/** What finds the enhancers of one kind for a handler. */
interface Finder<T> {
  create(...args: unknown[]): T;
  getGlobalMetadata(): unknown;
}

/** The parts of a creator. */
interface Parts {
  readonly guardsContextCreator: Finder<CanActivate[]>;
  readonly interceptorsContextCreator: Finder<NestInterceptor[]>;
  readonly pipesContextCreator: Finder<PipeTransform[]>;
  readonly filtersContextCreator: Finder<FilterRunner> & {
    getFilterInstance(...args: unknown[]): ExceptionFilter | null;
  };
  readonly contextUtils: { getContextFactory(type: string, instance: object, callback: Method): unknown };
  readonly pipesConsumer: { readonly paramsTokenFactory: { exchangeEnumForString(type: unknown): string } };
  createGuardsFn(guards: CanActivate[]): null;
  createPipesFn(pipes: PipeTransform[], parameters: FoundParameter[]): null;
  readonly externalErrorProxy: { createProxy(target: Method, filters: FilterRunner): Method };
}

interface FoundParameter extends Pick<ArgumentMetadata, 'data' | 'metatype' | 'schema'> {
  readonly index: number;
  readonly extractValue: Method;
  readonly type: string | number;
  readonly pipes: PipeTransform[];
}

const SCHEMA_PIPE = new StandardSchemaValidationPipe();

export class StageFinder {
  /** A creator with these differences. */
  readonly #parts: Parts;

  /**
   * @param globals called for each method: what of the application applies to it
   * @param passedOver what a filter that fails by itself returns
   */
  constructor(
    creator: ExternalContextCreator,
    report: EnhancerReport,
    globals: () => GlobalEnhancers,
    passedOver?: unknown,
  ) {
    const parts = creator as unknown as Parts;
    const { filtersContextCreator: filters } = parts;
    this.#parts = derive(parts, {
      guardsContextCreator: finding(parts.guardsContextCreator, 'guards', globals, (guard) => report.guard(guard)),
      interceptorsContextCreator: finding(parts.interceptorsContextCreator, 'interceptors', globals, (interceptor) =>
        report.interceptor(interceptor),
      ),
      pipesContextCreator: finding(parts.pipesContextCreator, 'pipes', globals),
      filtersContextCreator: derive(filters, {
        getGlobalMetadata: () => globals().filters,
        getFilterInstance(...args) {
          const filter = filters.getFilterInstance.apply(this, args);
          return filter === null ? null : report.filter(filter, passedOver);
        },
      }),
      contextUtils: derive(parts.contextUtils, {
        getContextFactory: (_type, instance, callback) => (args: unknown[]) =>
          new CallContext(args, instance.constructor as Type, callback),
      }),
    });
  }

  find({ instance, method, callback, id, contextId }: Place, reading: Reading | null): Stages {
    let guards: CanActivate[] = [];
    let interceptors: NestInterceptor[] = [];
    let parameters: Parameter[] = [];
    let filters!: FilterRunner;
    const { interceptorsContextCreator: ofInterceptors } = this.#parts;
    const own: Partial<Parts> = {
      interceptorsContextCreator: derive(ofInterceptors, {
        create: (...args) => (interceptors = ofInterceptors.create(...args)),
      }),
      createGuardsFn: (found) => {
        guards = found;
        return null;
      },
      createPipesFn: (common, found) => {
        parameters = found.map((parameter) => this.#parameter(parameter, common));
        return null;
      },
      externalErrorProxy: {
        createProxy: (target, found) => {
          filters = found;
          return target;
        },
      },
    };
    const finder = derive(this.#parts, own) as unknown as ExternalContextCreator;
    finder.create(
      instance,
      callback,
      method,
      reading?.key,
      reading === null ? undefined : { exchangeKeyForValue: reading.read },
      contextId,
      id,
      { guards: true, interceptors: true, filters: true },
      'ws',
    );
    return { guards, interceptors, parameters, filters };
  }

  #parameter({ index, extractValue, type, pipes, ...rest }: FoundParameter, common: PipeTransform[]): Parameter {
    const { data, metatype, schema } = rest;
    const token = this.#parts.pipesConsumer.paramsTokenFactory.exchangeEnumForString(type);
    const metadata = { metatype, type: token, data, schema } as ArgumentMetadata;
    return { index, extract: extractValue, pipes: pipesFor(type, schema, common.concat(pipes)), metadata };
  }
}

function pipesFor(type: unknown, schema: unknown, pipes: PipeTransform[]): readonly PipeTransform[] {
  if (!isPiped(type)) return [];
  const isValidated = schema === undefined || pipes.some((pipe) => pipe instanceof StandardSchemaValidationPipe);
  return isValidated ? pipes : [SCHEMA_PIPE, ...pipes]; // the schema is of what the client sends
}

function finding<T>(
  finder: Finder<T[]>,
  kind: EnhancerKind,
  globals: () => GlobalEnhancers,
  watch: (enhancer: T) => T = (enhancer) => enhancer,
): Finder<T[]> {
  return derive(finder, {
    create(...args) {
      return finder.create.apply(this, args).map(watch);
    },
    getGlobalMetadata: () => globals()[kind],
  });
}

function derive<T extends object>(base: T, own: Partial<T>): T {
  return Object.assign(Object.create(base) as T, own);
}
