/** Nest's guards, interceptors, pipes and filters round a handler. */
import type { Type } from '@nestjs/common';
import type { ExternalContextCreator } from '@nestjs/core';
import { bodyOf } from './argument-plan.js';
import type { Call } from './call.js';
import type { Scope } from './connection-scope.js';
import { deriveCreator } from './context-creator.js';
import type { EnhancerReport } from './enhancer-report.js';
import { type Globals, GlobalsInUse } from './globals.js';
import { PARAMETERS_KEY, ParameterType } from './metadata.js';
import { requestReader } from './route-parameters.js';

export { Filtered } from './context-creator.js';

export class Pipeline {
  readonly #creator: ExternalContextCreator;
  readonly #globals: GlobalsInUse;

  constructor(creator: ExternalContextCreator, globals: Pick<Globals, 'shared'>, report: EnhancerReport) {
    this.#globals = new GlobalsInUse(globals);
    this.#creator = deriveCreator(creator, report, () => this.#globals.current);
  }

  /**
   * @param id of the provider, by which Nest finds enhancers that were made for it
   * @param guarded whether guards apply
   * @param scope of the connection, where handlers are bound per connection
   * @param own whether the gateway itself is the connection's own, and with it its enhancers
   * @returns the method behind the pipeline; it resolves to its result, or to {@link Filtered}
   */
  wrap(
    instance: object,
    method: string,
    id: string,
    decorated: boolean,
    guarded: boolean,
    scope?: Scope,
    own = false,
  ): (call: Call) => Promise<unknown> {
    const type = instance.constructor as Type;
    const prototype = type.prototype as Record<string, (...args: unknown[]) => unknown>;
    const handler = this.#globals.within(scope?.globals, () =>
      this.#creator.create(
        instance,
        prototype[method] as (...args: unknown[]) => unknown,
        method,
        parametersKey(type, method, decorated),
        { exchangeKeyForValue: readParameter },
        own ? scope?.contextId : undefined,
        id,
        { guards: guarded, interceptors: true, filters: true },
        'ws',
      ),
    );
    return (call) => handler(...call.hostArgs) as Promise<unknown>;
  }
}

export function readParameter(
  type: number,
  data: unknown,
  [client, , ack, call]: [unknown, unknown, unknown, Call],
): unknown {
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
