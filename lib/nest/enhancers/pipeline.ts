/** Nest's guards, interceptors, pipes and filters round a handler. */
import { ForbiddenException, type Type } from '@nestjs/common';
import type { ExternalContextCreator } from '@nestjs/core';
import { bodyOf } from '../events/argument-plan.js';
import type { Call } from '../call.js';
import type { Scope } from '../connection-scope.js';
import type { EnhancerReport } from './enhancer-report.js';
import { type Globals, GlobalsInUse } from './globals.js';
import { methodOf, PARAMETERS_KEY, ParameterType } from '../decorators/metadata.js';
import { requestReader } from '../events/request-parameters.js';
import { type Manner, StagedMethod } from './enhanced-method.js';
import { StageFinder } from './enhancer-finder.js';

/** Of `@Event`, `@OnConnect` and `@OnDisconnect`. */
const OWN_MANNER: Manner = { denied: () => new ForbiddenException('Forbidden resource'), settles: true };

export class Pipeline {
  readonly #finder: StageFinder;
  readonly #globals: GlobalsInUse;
  readonly #manner: Manner;

  constructor(
    creator: ExternalContextCreator,
    globals: Pick<Globals, 'shared'>,
    report: EnhancerReport,
    manner = OWN_MANNER,
  ) {
    this.#manner = manner;
    this.#globals = new GlobalsInUse(globals);
    this.#finder = new StageFinder(creator, report, () => this.#globals.current);
  }

  /**
   * @param id of the provider, by which Nest finds enhancers that were made for it
   * @param guarded whether guards apply
   * @param scope of the connection, where handlers are bound per connection
   * @param own whether the gateway itself is the connection's own, and with it its enhancers
   * @returns the method behind the pipeline; it gives its result or {@link FilterAnswer}, now or later
   */
  wrap(
    instance: object,
    method: string,
    id: string,
    decorated: boolean,
    guarded: boolean,
    scope?: Scope,
    own = false,
  ): (call: Call) => unknown {
    const type = instance.constructor as Type;
    const callback = methodOf(type, method);
    const place = { instance, method, callback, id, contextId: own ? scope?.contextId : undefined };
    const reading = { key: parametersKey(type, method, decorated), read: readParameter };
    const stages = this.#globals.within(scope?.globals, () => this.#finder.find(place, reading));
    const staged = new StagedMethod(guarded ? stages : { ...stages, guards: [] }, place, this.#manner);
    return (call) => staged.run(call);
  }
}

export function readParameter(type: number, data: unknown, args: unknown[]): unknown {
  const [client, , ack, call] = args as Call['hostArgs'];
  if (type === ParameterType.SOCKET) return client;
  if (type === ParameterType.ACK) return ack;
  const ofRequest = requestReader(type);
  return ofRequest === undefined ? bodyOf(call, data) : ofRequest(call.client, data);
}

/**
 * Pipes reach only decorated parameters: for a method without any, they are noted in their usual order under
 * a key of our own, since what stands under Nest's says that somebody wrote `@Ack()`.
 */
export function parametersKey(type: Type, method: string, decorated: boolean): string {
  if (decorated) return PARAMETERS_KEY;
  Reflect.defineMetadata(PLAIN_PARAMETERS_KEY, PLAIN_PARAMETERS, type, method);
  return PLAIN_PARAMETERS_KEY;
}

const PLAIN_PARAMETERS_KEY = 'nest-socketio:plain_parameters';

const PLAIN_PARAMETERS = Object.fromEntries(
  [ParameterType.SOCKET, ParameterType.PAYLOAD, ParameterType.ACK].map((type, index) => [
    `${type}:${index}`,
    { index, pipes: [] },
  ]),
);
