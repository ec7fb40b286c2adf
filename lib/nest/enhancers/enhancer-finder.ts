/**
 * Uses Nest's own code to find the enhancers of a method, which are those of the method, of its class and the global
 * ones, to instantiate and order them, and to find out how the parameters are read. `enhanced-method.ts` runs them.
 *
 * Nest has no public function that finds enhancers, so this file uses members that Nest's types call private. Apart
 * from `handler-patches.ts`, no other file does. Differences from Nest's routes:
 *
 * - Only those global enhancers are used that apply to gateways. A scoped enhancer is the connection's own instance.
 * - Pipes apply to the body, to custom parameters and to the parameters that they apply to in routes, but never to the
 *   socket or the acknowledgement.
 * - A parameter with a `schema` is validated even if the application has not set up the pipe for it.
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
import { type ContextId, ExternalContextCreator } from '@nestjs/core';
import { isPiped } from '../events/request-parameters.js';
import { recordIssues, withinProperty } from '../events/validation-issues.js';
import { CallContext } from './call-context.js';
import type { EnhancerKind } from './enhancer-kind.js';
import type { EnhancerReport } from './enhancer-report.js';
import type { GlobalEnhancers } from './globals.js';

export type Method = (...args: unknown[]) => unknown;

/** The filters of one method. Nest selects the filter for an exception. */
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

export interface Enhancers {
  readonly guards: readonly CanActivate[];
  readonly interceptors: readonly NestInterceptor[];
  readonly parameters: readonly Parameter[];
  readonly filters: FilterRunner;
}

/** A method, and the provider to which it belongs. */
export interface HandlerSource {
  readonly instance: object;
  readonly method: string;
  readonly callback: Method;
  /** Nest's id of the provider, by which Nest finds the enhancers that it made for that provider. */
  readonly id: string;
  /** Set if the provider is scoped, and its enhancers with it. */
  readonly contextId: ContextId | undefined;
}

/** How the parameters of a method are found and read. */
export interface ParameterSource {
  /** The metadata key under which they are stored. */
  readonly key: string;
  readonly read: (type: number, data: unknown, args: unknown[]) => unknown;
}

/** Nest's creator of the enhancers of one kind. */
interface KindCreator<T> {
  create(...args: unknown[]): T;
  getGlobalMetadata(): unknown;
}

/** The private members of an ExternalContextCreator that are used here. */
interface CreatorInternals {
  readonly guardsContextCreator: KindCreator<CanActivate[]>;
  readonly interceptorsContextCreator: KindCreator<NestInterceptor[]>;
  readonly pipesContextCreator: KindCreator<PipeTransform[]>;
  readonly filtersContextCreator: KindCreator<FilterRunner> & {
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

export class EnhancerFinder {
  /** Inherits from Nest's creator, with the differences above. */
  readonly #creator: CreatorInternals;

  /**
   * @param globals called for each method, returns the global enhancers that apply to it
   * @param failedFilterResult the result of a filter that fails
   */
  constructor(
    creator: ExternalContextCreator,
    report: EnhancerReport,
    globals: () => GlobalEnhancers,
    failedFilterResult?: unknown,
  ) {
    // An instance decorator of the application may have put a proxy around the creator, whose methods have a fixed
    // `this`. They would ignore what is derived from it, guards included. So the creator is copied.
    const copy: unknown = Object.assign(Object.create(ExternalContextCreator.prototype) as object, creator);
    const original = copy as CreatorInternals;
    const { filtersContextCreator: filters } = original;
    this.#creator = derive(original, {
      guardsContextCreator: creatorOf(original.guardsContextCreator, 'guards', globals, (guard) => report.guard(guard)),
      interceptorsContextCreator: creatorOf(
        original.interceptorsContextCreator,
        'interceptors',
        globals,
        (interceptor) => report.interceptor(interceptor),
      ),
      pipesContextCreator: creatorOf(original.pipesContextCreator, 'pipes', globals),
      filtersContextCreator: derive(filters, {
        getGlobalMetadata: () => globals().filters,
        getFilterInstance(...args) {
          const filter = filters.getFilterInstance.apply(this, args);
          return filter === null ? null : report.filter(filter, failedFilterResult);
        },
      }),
      contextUtils: derive(original.contextUtils, {
        getContextFactory: (_type, instance, callback) => (args: unknown[]) =>
          new CallContext(args, instance.constructor as Type, callback),
      }),
    });
  }

  /** @param source of the parameters; `null` if only the filters are needed */
  find({ instance, method, callback, id, contextId }: HandlerSource, source: ParameterSource | null): Enhancers {
    let guards: CanActivate[] = [];
    let interceptors: NestInterceptor[] = [];
    let parameters: Parameter[] = [];
    let filters!: FilterRunner;
    const { interceptorsContextCreator: ofInterceptors } = this.#creator;
    const recording: Partial<CreatorInternals> = {
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
    const creator = derive(this.#creator, recording) as unknown as ExternalContextCreator;
    creator.create(
      instance,
      callback,
      method,
      source?.key,
      source === null ? undefined : { exchangeKeyForValue: source.read },
      contextId,
      id,
      { guards: true, interceptors: true, filters: true },
      'ws',
    );
    return { guards, interceptors, parameters, filters };
  }

  #parameter({ index, extractValue, type, pipes, ...rest }: FoundParameter, common: PipeTransform[]): Parameter {
    const { data, metatype, schema } = rest;
    const token = this.#creator.pipesConsumer.paramsTokenFactory.exchangeEnumForString(type);
    const metadata = { metatype, type: token, data, schema } as ArgumentMetadata;
    const all = pipesFor(type, schema, common.concat(pipes));
    for (const pipe of all) recordIssues(pipe);
    const located = token === 'body' && typeof data === 'string' ? all.map((pipe) => withinProperty(pipe, data)) : all;
    return { index, extract: extractValue, pipes: located, metadata };
  }
}

function pipesFor(type: unknown, schema: unknown, pipes: PipeTransform[]): readonly PipeTransform[] {
  if (!isPiped(type)) return [];
  const isValidated = schema === undefined || pipes.some((pipe) => pipe instanceof StandardSchemaValidationPipe);
  return isValidated ? pipes : [SCHEMA_PIPE, ...pipes]; // first, because the schema describes the client's data
}

function creatorOf<T>(
  original: KindCreator<T[]>,
  kind: EnhancerKind,
  globals: () => GlobalEnhancers,
  watch: (enhancer: T) => T = (enhancer) => enhancer,
): KindCreator<T[]> {
  return derive(original, {
    create(...args) {
      return original.create.apply(this, args).map(watch);
    },
    getGlobalMetadata: () => globals()[kind],
  });
}

/** An object that inherits from `base` and has these members of its own. */
function derive<T extends object>(base: T, own: Partial<T>): T {
  return Object.assign(Object.create(base) as T, own);
}
