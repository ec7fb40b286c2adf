/** The arguments that a handler takes, planned once at start-up, and whether Nest's pipeline is needed to read them. */
import type { Type } from '@nestjs/common';
import { SocketIoError } from '../../errors.js';
import type { Call } from '../call.js';
import { checkNamespaceParams } from '../decorators/namespace-param.decorator.js';
import { extractorOf, isReason } from '../decorators/parameter.decorators.js';
import { messages } from '../messages.js';
import { getParameters, type LifecycleKind, type ParameterMetadata, ParameterType } from '../decorators/metadata.js';
import { isSignal } from '../streams/signal.decorator.js';
import { requestReader } from './request-parameters.js';

type Read = (call: Call) => unknown;

export interface ArgumentPlan {
  readonly method: string;
  /** Whether guards apply. They do not apply to disconnect and drop handlers, because a disconnect cannot be denied. */
  readonly guarded: boolean;
  /** Whether any parameter has a decorator. */
  readonly decorated: boolean;
  /** Whether the handler acknowledges itself. */
  readonly takesAck: boolean;
  /** Whether a parameter has `@Signal()`. */
  readonly takesSignal: boolean;
  /** Reads all arguments; `null` if pipes, schemas or other libraries' decorators need an ExecutionContext. */
  readonly read: ((call: Call) => unknown[]) | null;
}

/** The arguments of a method without decorated parameters, as Nest passes them: client, data, acknowledgement. */
const UNDECORATED: readonly Read[] = [(call) => call.client, (call) => call.body, (call) => call.ack];

/**
 * @param kind of a lifecycle handler, or `null` for the handler of an event
 * @throws SocketIoError `INVALID_HANDLER` for a parameter that would get no value
 */
export function planArguments(type: Type, method: string, kind: LifecycleKind | null): ArgumentPlan {
  const parameters = getParameters(type, method);
  const where = `${type.name}.${method}`;
  const declared = declaredLength(type, method);
  const leaves = kind === 'disconnect' || kind === 'drop';
  const guarded = !leaves;
  if (parameters.length === 0) {
    if (declared > UNDECORATED.length) {
      throw new SocketIoError('INVALID_HANDLER', messages.undecoratedParameter(where, UNDECORATED.length));
    }
    const takesAck = declared >= UNDECORATED.length;
    return { method, guarded, decorated: false, takesAck, takesSignal: false, read: readUndecorated };
  }
  const undecorated = firstUndecorated(parameters, declared);
  if (undecorated !== undefined) {
    throw new SocketIoError('INVALID_HANDLER', messages.undecoratedParameter(where, undecorated));
  }
  if (!leaves && parameters.some(({ factory }) => isReason(factory))) {
    throw new SocketIoError('INVALID_HANDLER', messages.noReason(where));
  }
  checkNamespaceParams(type, where, parameters);
  const takesAck = parameters.some(({ type }) => type === ParameterType.ACK);
  if (kind !== null && takesAck) throw new SocketIoError('INVALID_HANDLER', messages.noAck(where));
  const takesSignal = parameters.some(({ factory }) => isSignal(factory));
  return { method, guarded, decorated: true, takesAck, takesSignal, read: combine(parameters, type) };
}

/** The plan of a method with `@SubscribeMessage`. As in Nest, any parameters are accepted. */
export interface SubscribedPlan extends Omit<ArgumentPlan, 'takesSignal'> {
  /** The first parameter that gets no value: it has no decorator, while others have one. */
  readonly unfilled: number | undefined;
}

/** Only with `@Ack()` does such a method acknowledge itself; a third parameter without a decorator is not enough. */
export function planSubscribed(type: Type, method: string): SubscribedPlan {
  const parameters = getParameters(type, method);
  if (parameters.length === 0) {
    return { method, guarded: true, decorated: false, takesAck: false, read: readUndecorated, unfilled: undefined };
  }
  return {
    method,
    guarded: true,
    decorated: true,
    takesAck: parameters.some(({ type }) => type === ParameterType.ACK),
    read: combine(parameters, type),
    unfilled: firstUndecorated(parameters, declaredLength(type, method)),
  };
}

function readUndecorated(call: Call): unknown[] {
  return UNDECORATED.map((read) => read(call));
}

function declaredLength(type: Type, method: string): number {
  return (type.prototype as Record<string, { readonly length: number }>)[method]?.length ?? 0;
}

function firstUndecorated(parameters: readonly ParameterMetadata[], declared: number): number | undefined {
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

/** The body, or one property of it for `@MessageBody('name')`. */
export function bodyOf(call: Call, property: unknown): unknown {
  if (typeof property !== 'string') return call.body;
  return (call.body as Record<string, unknown> | null | undefined)?.[property];
}
