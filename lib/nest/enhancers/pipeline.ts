/** Puts Nest's guards, interceptors, pipes and filters around a handler. They are found once, when it is bound. */
import { ForbiddenException, Inject, Injectable, type Type } from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import type { Call } from '../call.js';
import { ConnectionScopes, type GatewayInstance, type Run, type Scope } from '../connection-scope.js';
import { methodOf, PARAMETERS_KEY, ParameterType } from '../decorators/metadata.js';
import { type ArgumentPlan, bodyOf } from '../events/argument-plan.js';
import { requestReader } from '../events/request-parameters.js';
import { EnhancedMethod, type PipelineRules } from './enhanced-method.js';
import { EnhancerFinder, type HandlerSource, type Method } from './enhancer-finder.js';
import { EnhancerReport } from './enhancer-report.js';
import { Globals, GlobalsInUse } from './globals.js';
import { ScopedFilters } from './scoped-filters.js';

/** The rules for `@Event` and for lifecycle handlers. */
const RULES: PipelineRules = { denied: () => new ForbiddenException('Forbidden resource'), settles: true };

@Injectable()
export class Pipeline {
  readonly #finder: EnhancerFinder;
  readonly #globals: GlobalsInUse;

  constructor(
    @Inject(ExternalContextCreator) protected readonly creator: ExternalContextCreator,
    @Inject(Globals) private readonly all: Globals,
    @Inject(EnhancerReport) protected readonly report: EnhancerReport,
    @Inject(ConnectionScopes) private readonly scopes: ConnectionScopes,
  ) {
    this.#globals = new GlobalsInUse(all);
    this.#finder = new EnhancerFinder(creator, report, () => this.#globals.current);
  }

  protected get rules(): PipelineRules {
    return RULES;
  }

  /**
   * Puts the enhancers of a method around it.
   * @param gateway with the instance on which the method is called
   * @param scope set if handlers are bound per connection
   * @param called instead of the method of the class, if given
   * @returns the method behind its enhancers; it returns its result or a FilterAnswer, or a promise of either
   */
  wrap(
    gateway: GatewayInstance,
    plan: Pick<ArgumentPlan, 'decorated' | 'guarded' | 'method'> & { readonly streams?: boolean },
    scope?: Scope,
    called?: Method,
  ): Run {
    const { method, guarded, streams = false } = plan;
    const { instance, id, resolve } = gateway;
    const type = instance.constructor as Type;
    const callback = methodOf(type, method);
    const contextId = resolve === undefined ? undefined : scope?.contextId;
    const source = { instance, method, callback, id, contextId };
    const parameters = { key: parametersKey(type, plan), read: readParameter };
    const enhancers = this.#globals.within(scope?.globals, () => this.#finder.find(source, parameters));
    const filters = this.rules.settles && this.all.hasScopedFilters ? this.#scopedFilters(source) : enhancers.filters;
    const guards = guarded ? enhancers.guards : [];
    const enhanced = new EnhancedMethod({ ...enhancers, guards, filters }, source, { ...this.rules, streams }, called);
    return (call) => enhanced.run(call);
  }

  #scopedFilters(source: HandlerSource): ScopedFilters {
    return new ScopedFilters({
      find: (globals) => this.#globals.within(globals, () => this.#finder.find(source, null).filters),
      make: (client) => this.scopes.of(client).withFilters(),
      failed: (error) => this.report.filterNotMade(error),
    });
  }
}

function readParameter(type: number, data: unknown, args: unknown[]): unknown {
  const [client, , ack, call] = args as Call['hostArgs'];
  if (type === ParameterType.SOCKET) return client;
  if (type === ParameterType.ACK) return ack;
  const ofRequest = requestReader(type);
  return ofRequest === undefined ? bodyOf(call, data) : ofRequest(call.client, data);
}

/**
 * Pipes apply to decorated parameters only. For a method without any, the default three (client, data, acknowledgement)
 * are stored under a key of this library. Under Nest's key, they would mean that the method acknowledges itself.
 */
function parametersKey(type: Type, { method, decorated }: Pick<ArgumentPlan, 'decorated' | 'method'>): string {
  if (decorated) return PARAMETERS_KEY;
  Reflect.defineMetadata(DEFAULT_PARAMETERS_KEY, DEFAULT_PARAMETERS, type, method);
  return DEFAULT_PARAMETERS_KEY;
}

const DEFAULT_PARAMETERS_KEY = 'nest-socketio:plain_parameters';

const DEFAULT_PARAMETERS = Object.fromEntries(
  [ParameterType.SOCKET, ParameterType.PAYLOAD, ParameterType.ACK].map((type, index) => [
    `${type}:${index}`,
    { index, pipes: [] },
  ]),
);
