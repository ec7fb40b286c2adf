/** Nest's guards, interceptors, pipes and filters round a handler. */
import type { Type } from '@nestjs/common';
import type { ExternalContextCreator } from '@nestjs/core';
import { Ack, ConnectedSocket, MessageBody } from '@nestjs/websockets';
import { bodyOf } from './argument-plan.js';
import type { Call } from './call.js';
import type { Scope } from './connection-scope.js';
import { deriveCreator } from './context-creator.js';
import type { EnhancerReport } from './enhancer-report.js';
import type { GlobalEnhancers, Globals } from './globals.js';
import { getParameters, PARAMETERS_KEY, ParameterType } from './metadata.js';

export { Filtered } from './context-creator.js';

export class Pipeline {
  readonly #creator: ExternalContextCreator;
  readonly #globals: Pick<Globals, 'shared'>;
  /** Those of the connection for which a handler is being made. */
  #ofConnection: GlobalEnhancers | null = null;

  constructor(creator: ExternalContextCreator, globals: Pick<Globals, 'shared'>, report: EnhancerReport) {
    this.#globals = globals;
    this.#creator = deriveCreator(creator, report, () => this.#ofConnection ?? this.#globals.shared);
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
    if (!decorated && getParameters(type, method).length === 0) decoratePlainParameters(prototype, method);
    this.#ofConnection = scope?.globals ?? null; // what follows is done at once: no other connection comes between
    try {
      const handler = this.#creator.create(
        instance,
        prototype[method] as (...args: unknown[]) => unknown,
        method,
        PARAMETERS_KEY,
        { exchangeKeyForValue: readParameter },
        own ? scope?.contextId : undefined,
        id,
        { guards: guarded, interceptors: true, filters: true },
        'ws',
      );
      return (call) => handler(...call.hostArgs) as Promise<unknown>;
    } finally {
      this.#ofConnection = null;
    }
  }
}

function readParameter(type: number, data: unknown, [client, , ack, call]: [unknown, unknown, unknown, Call]): unknown {
  if (type === ParameterType.SOCKET) return client;
  return type === ParameterType.ACK ? ack : bodyOf(call, data);
}

/** Pipes reach only decorated parameters: those of a plain method are decorated in their usual order. */
function decoratePlainParameters(
  prototype: Readonly<Record<string, { readonly length: number }>>,
  method: string,
): void {
  ConnectedSocket()(prototype, method, 0);
  MessageBody()(prototype, method, 1);
  if ((prototype[method]?.length ?? 0) > 2) Ack()(prototype, method, 2);
}
