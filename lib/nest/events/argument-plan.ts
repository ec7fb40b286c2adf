/** Which arguments a handler takes, settled once at start-up; and whether Nest's pipeline is needed to get them. */
import type { Type } from '@nestjs/common';
import { SocketIoError } from '../../errors.js';
import type { Call } from '../call.js';
import { checkNamespaceParams } from '../decorators/namespace-param.decorator.js';
import { extractorOf, isReason } from '../decorators/parameter.decorators.js';
import { messages } from '../messages.js';
import { getParameters, type LifecycleKind, type ParameterMetadata, ParameterType } from '../decorators/metadata.js';
import { requestReader } from './request-parameters.js';

type Read = (call: Call) => unknown;

export interface ArgumentPlan {
  /** Whether any parameter has a decorator. */
  readonly decorated: boolean;
  /** Whether the handler acknowledges by itself. */
  readonly takesAck: boolean;
  /** Reads all arguments; `null` when pipes, schemas or foreign decorators need an ExecutionContext. */
  readonly read: ((call: Call) => unknown[]) | null;
}

/** Without any decorator, arguments come as Nest passes them: client, data, acknowledgement. */
const PLAIN: readonly Read[] = [(call) => call.client, (call) => call.body, (call) => call.ack];

/**
 * @param kind of a lifecycle handler, or `null` for an event's
 * @throws SocketIoError `INVALID_HANDLER` for parameters that could not be filled
 */
export function planArguments(type: Type, method: string, kind: LifecycleKind | null): ArgumentPlan {
  const parameters = getParameters(type, method);
  const where = `${type.name}.${method}`;
  const declared = declaredLength(type, method);
  if (parameters.length === 0) {
    if (declared > PLAIN.length) {
      throw new SocketIoError('INVALID_HANDLER', messages.plainParameter(where, PLAIN.length));
    }
    return { decorated: false, takesAck: declared >= PLAIN.length, read: readPlain };
  }
  const plain = firstPlain(parameters, declared);
  if (plain !== undefined) throw new SocketIoError('INVALID_HANDLER', messages.plainParameter(where, plain));
  if (kind !== 'disconnect' && parameters.some(({ factory }) => isReason(factory))) {
    throw new SocketIoError('INVALID_HANDLER', messages.noReason(where));
  }
  checkNamespaceParams(type, where, parameters);
  const takesAck = parameters.some(({ type }) => type === ParameterType.ACK);
  if (kind !== null && takesAck) throw new SocketIoError('INVALID_HANDLER', messages.noAck(where));
  return {
    decorated: true,
    takesAck,
    read: combine(parameters, type),
  };
}

/** The plan of a method of `@SubscribeMessage`: as Nest makes it, whatever the parameters. */
export interface SubscribedPlan extends ArgumentPlan {
  /** The first parameter that nothing is passed for, since others have a decorator and it has none. */
  readonly unfilled: number | undefined;
}

/** Only `@Ack()` makes such a method acknowledge by itself: a third parameter without decorator does not. */
export function planSubscribed(type: Type, method: string): SubscribedPlan {
  const parameters = getParameters(type, method);
  if (parameters.length === 0) return { decorated: false, takesAck: false, read: readPlain, unfilled: undefined };
  return {
    decorated: true,
    takesAck: parameters.some(({ type }) => type === ParameterType.ACK),
    read: combine(parameters, type),
    unfilled: firstPlain(parameters, declaredLength(type, method)),
  };
}

function readPlain(call: Call): unknown[] {
  return PLAIN.map((read) => read(call));
}

function declaredLength(type: Type, method: string): number {
  return (type.prototype as Record<string, { readonly length: number }>)[method]?.length ?? 0;
}

function firstPlain(parameters: readonly ParameterMetadata[], declared: number): number | undefined {
  for (let index = 0; index < declared; index++) {
    if (!parameters.some((parameter) => parameter.index === index)) return index;
  }
  return undefined;
}

function combine(parameters: readonly ParameterMetadata[], gateway: Type): ArgumentPlan['read'] {
  const reads: Read[] = [];
  for (const parameter of parameters) {
    const read = readerOf(parameter, gateway);
    if (read === null || parameter.pipes.length > 0 || parameter.schema !== undefined) return null;
    reads[parameter.index] = read;
  }
  return (call) => reads.map((read) => read(call));
}

function readerOf({ type, data, factory }: ParameterMetadata, gateway: Type): Read | null {
  switch (type) {
    case ParameterType.SOCKET:
      return (call) => call.client;
    case ParameterType.ACK:
      return (call) => call.ack;
    case ParameterType.PAYLOAD:
      return (call) => bodyOf(call, data);
    default: {
      const ofRequest = requestReader(type);
      if (ofRequest !== undefined) return (call) => ofRequest(call.client, data);
      const extract = extractorOf(factory);
      return extract === undefined ? null : (call) => extract(data as never, call, gateway);
    }
  }
}

/** The body, or one property of it, as `@MessageBody('name')` asks. */
export function bodyOf(call: Call, property: unknown): unknown {
  if (typeof property !== 'string') return call.body;
  return (call.body as Record<string, unknown> | null | undefined)?.[property];
}
