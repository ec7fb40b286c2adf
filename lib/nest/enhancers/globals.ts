/**
 * The global guards, pipes, interceptors and filters that apply to gateways. Enhancers in the default scope exist once.
 * Each connection has its own instances of request-scoped and transient enhancers; filters are made when they are
 * needed, the others when the client connects. A scoped enhancer does not make a gateway scoped: a singleton stays a
 * singleton.
 */
import type { CanActivate, ExceptionFilter, NestInterceptor, PipeTransform } from '@nestjs/common';
import type { ApplicationConfig, ContextId } from '@nestjs/core';
import { inspect } from 'node:util';
import { refuseUnknownOptions } from '../../options.js';
import { SocketIoError } from '../../errors.js';
import { messages } from '../messages.js';
import { ENHANCER_KINDS, type EnhancerKind } from './enhancer-kind.js';
import { resolverOf } from './scoped-provider.js';

/** The global enhancers that apply to gateways, each kind in the order in which they run. */
export interface GlobalEnhancers {
  readonly guards: readonly CanActivate[];
  readonly pipes: readonly PipeTransform[];
  readonly interceptors: readonly NestInterceptor[];
  readonly filters: readonly ExceptionFilter[];
}

/**
 * Whether each kind applies to gateways. A kind that is left out applies.
 * @publicApi
 */
export type GlobalsOptions = Readonly<Partial<Record<EnhancerKind, boolean>>>;

/** The enhancers of one kind. */
interface KindSource {
  readonly shared: readonly object[];
  readonly scoped: readonly Parameters<typeof resolverOf>[0][];
}

/** The name of a class, or of the class of an object, for the log. */
export function nameOf(enhancer: unknown): string {
  const type = typeof enhancer === 'function' ? enhancer : (enhancer as object).constructor;
  return type === Object ? 'an object' : type.name;
}

export class Globals {
  readonly #config: ApplicationConfig;
  readonly #applies: Record<EnhancerKind, boolean>;
  #shared: GlobalEnhancers | null = null;

  /**
   * @param options whether each kind applies, or all of them. By default all apply: silently leaving out a guard could
   *   admit clients that the guard would deny
   * @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION`
   */
  constructor(config: ApplicationConfig, options: boolean | GlobalsOptions = true) {
    this.#config = config;
    this.#applies = appliesOf(options);
  }

  /** The enhancers in the default scope. Must not be read before the bootstrap hook, when all of them are set up. */
  get shared(): GlobalEnhancers {
    return (this.#shared ??= byKind((kind) => this.#source(kind).shared));
  }

  /** Whether a guard, pipe or interceptor is request-scoped or transient. */
  get hasScoped(): boolean {
    return ENHANCER_KINDS.some((kind) => kind !== 'filters' && this.#source(kind).scoped.length > 0);
  }

  /** Whether a filter is. */
  get hasScopedFilters(): boolean {
    return this.#source('filters').scoped.length > 0;
  }

  get hasAny(): boolean {
    return this.has(ENHANCER_KINDS);
  }

  /** Whether an enhancer of one of these kinds applies. */
  has(kinds: readonly EnhancerKind[]): boolean {
    return kinds.some((kind) => {
      const { shared, scoped } = this.#source(kind);
      return shared.length + scoped.length > 0;
    });
  }

  /**
   * All enhancers for a connection, without scoped filters. Rejects if one of its scoped instances cannot be made.
   */
  async of(contextId: ContextId): Promise<GlobalEnhancers> {
    const made = new Map<EnhancerKind, readonly object[]>([['filters', this.shared.filters]]);
    for (const kind of ENHANCER_KINDS) if (!made.has(kind)) made.set(kind, await this.#make(kind, contextId));
    return byKind((kind) => made.get(kind) ?? []);
  }

  /** The filters for a connection, among the shared enhancers. Rejects if one of its scoped instances cannot be made. */
  async withFilters(contextId: ContextId): Promise<GlobalEnhancers> {
    return { ...this.shared, filters: (await this.#make('filters', contextId)) as ExceptionFilter[] };
  }

  /** The names of all global enhancers, also of those that do not apply: `guards AuthGuard`. For the log. */
  get description(): string[] {
    return ENHANCER_KINDS.flatMap((kind) => {
      const { shared, scoped } = SOURCES[kind](this.#config);
      const names = [...shared.map(nameOf), ...scoped.map((wrapper) => nameOfScoped(wrapper))];
      if (names.length === 0) return [];
      return `${kind} ${names.join(', ')}${this.#applies[kind] ? '' : ' (switched off)'}`;
    });
  }

  async #make(kind: EnhancerKind, contextId: ContextId): Promise<object[]> {
    const { shared, scoped } = this.#source(kind);
    return [...shared, ...(await Promise.all(scoped.map((wrapper) => resolverOf(wrapper)(contextId))))];
  }

  #source(kind: EnhancerKind): KindSource {
    return this.#applies[kind] ? SOURCES[kind](this.#config) : { shared: [], scoped: [] };
  }
}

/** The global enhancers for the handler that is being bound. */
export class GlobalsInUse {
  readonly #globals: Pick<Globals, 'shared'>;
  /** The enhancers of the connection for which a handler is being bound. */
  #ofConnection: GlobalEnhancers | null = null;

  constructor(globals: Pick<Globals, 'shared'>) {
    this.#globals = globals;
  }

  get current(): GlobalEnhancers {
    return this.#ofConnection ?? this.#globals.shared;
  }

  /**
   * Calls `make` with these enhancers as {@link current}, or with the shared ones.
   * @param make binds the handler synchronously, so that no other connection can interfere
   */
  within<T>(ofConnection: GlobalEnhancers | undefined, make: () => T): T {
    this.#ofConnection = ofConnection ?? null;
    try {
      return make();
    } finally {
      this.#ofConnection = null;
    }
  }
}

const SOURCES: Readonly<Record<EnhancerKind, (config: ApplicationConfig) => KindSource>> = {
  guards: (config) => ({ shared: config.getGlobalGuards(), scoped: config.getGlobalRequestGuards() }),
  pipes: (config) => ({ shared: config.getGlobalPipes(), scoped: config.getGlobalRequestPipes() }),
  interceptors: (config) => ({
    shared: config.getGlobalInterceptors(),
    scoped: config.getGlobalRequestInterceptors(),
  }),
  filters: (config) => ({ shared: config.getGlobalFilters(), scoped: config.getGlobalRequestFilters() }),
};

function byKind(read: (kind: EnhancerKind) => readonly object[]): GlobalEnhancers {
  return Object.fromEntries(ENHANCER_KINDS.map((kind) => [kind, read(kind)])) as unknown as GlobalEnhancers;
}

function nameOfScoped(wrapper: object): string {
  const { metatype, token } = wrapper as {
    readonly metatype?: { readonly name?: string } | null;
    readonly token: unknown;
  };
  return metatype?.name || String(token);
}

function appliesOf(options: boolean | GlobalsOptions): Record<EnhancerKind, boolean> {
  if (typeof options === 'boolean') {
    return { guards: options, pipes: options, interceptors: options, filters: options };
  }
  if (typeof options !== 'object' || options === null) {
    throw new SocketIoError('INVALID_OPTION', messages.invalidGlobals(inspect(options)));
  }
  refuseUnknownOptions(options, ENHANCER_KINDS, 'globals');
  for (const [kind, applies] of Object.entries(options) as [EnhancerKind, unknown][]) {
    if (typeof applies !== 'boolean' && applies !== undefined) {
      throw new SocketIoError('INVALID_OPTION', messages.invalidGlobals(`{ ${kind}: ${inspect(applies)} }`));
    }
  }
  const { guards = true, pipes = true, interceptors = true, filters = true } = options;
  return { guards, pipes, interceptors, filters };
}
