/**
 * The parameter decorators that Nest lacks. Each is made with `createParamDecorator`, so pipes may follow the path. The
 * table of extractors, by factory, lets a direct call read the value without an ExecutionContext.
 */
import { createParamDecorator, type ExecutionContext, type PipeTransform, type Type } from '@nestjs/common';
import type { Handshake as HandshakeData } from '../../server/internal.js';
import { type Call, CALL_INDEX } from '../call.js';

type Extract = (path: never, call: Call, type: Type) => unknown;
type Pipe = Type<PipeTransform> | PipeTransform;

const EXTRACTORS = new Map<unknown, Extract>();

const args = define((index: number | undefined, call) => (index === undefined ? call.args : call.data[index + 1]));
const auth = define((path: string | undefined, { client }) => pick(client.handshake.auth, path));
const handshake = define((path: string | undefined, { client }) => pick(client.handshake, path));
const eventName = define((_path: undefined, call) => call.event);
const readReason = (_path: undefined, call: Call): unknown => call.body;
const reason = define(readReason);

/**
 * Injects the arguments of the event as an array, or the argument at `index`, counted from 0.
 * @publicApi
 */
export function Args(index?: number, ...pipes: Pipe[]): ParameterDecorator {
  return args(index, ...pipes);
}

/**
 * Injects the `auth` payload with which the client connected, or the value at `path`: `'token'`, `'user.name'`.
 * @publicApi
 */
export function Auth(path?: string, ...pipes: Pipe[]): ParameterDecorator {
  return auth(path, ...pipes);
}

/**
 * Injects the client's handshake, or the value at `path`: `'query.room'`, `'headers.cookie'`.
 * @publicApi
 */
export function Handshake(path?: string, ...pipes: Pipe[]): ParameterDecorator {
  return handshake(path, ...pipes);
}

/**
 * Injects the name of the event, for example in a handler with `@Event('*')`.
 * @publicApi
 */
export function EventName(): ParameterDecorator {
  return eventName();
}

/**
 * The handshake of a client: its headers, query, `auth` payload and address.
 * @publicApi
 */
export type Handshake = HandshakeData;

/**
 * Injects the `DisconnectReason`. For `@OnDisconnect` and `@OnDrop` only.
 * @publicApi
 */
export function Reason(): ParameterDecorator {
  return reason();
}

/** Returns the function that reads a parameter from a call; `undefined` for decorators that are not of this library. */
export function extractorOf(factory: unknown): Extract | undefined {
  return EXTRACTORS.get(factory);
}

/**
 * Makes a parameter decorator.
 * @param extract reads the parameter from a call of a method of the gateway `type`
 * @returns the decorator, and the factory by which its metadata is recognised
 */
export function defineParameter<P>(extract: (path: P | undefined, call: Call, type: Type) => unknown): {
  readonly decorate: (path?: P, ...pipes: Pipe[]) => ParameterDecorator;
  readonly factory: unknown;
} {
  const factory = (path: P | undefined, context: ExecutionContext): unknown =>
    extract(path, context.getArgByIndex(CALL_INDEX), context.getClass());
  EXTRACTORS.set(factory, extract);
  return { decorate: createParamDecorator(factory) as (path?: P, ...pipes: Pipe[]) => ParameterDecorator, factory };
}

/** Whether the factory is that of `@Reason()`. */
export function isReason(factory: unknown): boolean {
  return EXTRACTORS.get(factory) === readReason;
}

function define<P>(extract: (path: P, call: Call) => unknown): (path?: P, ...pipes: Pipe[]) => ParameterDecorator {
  return defineParameter(extract as (path: P | undefined, call: Call) => unknown).decorate;
}

/** Own properties only: a path comes from the application, the value from a client. */
function pick(value: unknown, path: string | undefined): unknown {
  if (path === undefined) return value;
  return path.split('.').reduce<unknown>((holder, key) => {
    return typeof holder === 'object' && holder !== null && Object.hasOwn(holder, key)
      ? (holder as Record<string, unknown>)[key]
      : undefined;
  }, value);
}
