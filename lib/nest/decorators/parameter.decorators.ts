/**
 * The parameters that Nest has no decorator for. Each is an ordinary `createParamDecorator`, so that pipes
 * may follow its path; the table by factory lets the direct way read the value without an ExecutionContext.
 */
import { createParamDecorator, type ExecutionContext, type PipeTransform, type Type } from '@nestjs/common';
import type { Handshake as HandshakeData } from '../../server/index.js';
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

/** The arguments of the event, or the one at `index`, counted from 0. */
export function Args(index?: number, ...pipes: Pipe[]): ParameterDecorator {
  return args(index, ...pipes);
}

/** What the client sent as `auth` when it connected, or the part at `path`, as `'token'` or `'user.name'`. */
export function Auth(path?: string, ...pipes: Pipe[]): ParameterDecorator {
  return auth(path, ...pipes);
}

/** The client's handshake, or the part at `path`, as `'query.room'` or `'headers.cookie'`. */
export function Handshake(path?: string, ...pipes: Pipe[]): ParameterDecorator {
  return handshake(path, ...pipes);
}

/** The name of the event: of use with `@Event('*')`. */
export function EventName(): ParameterDecorator {
  return eventName();
}

/** How a client introduced itself. */
export type Handshake = HandshakeData;

/** Why the client left, a `DisconnectReason`; for `@OnDisconnect` only. */
export function Reason(): ParameterDecorator {
  return reason();
}

/** How to read a parameter of ours from a call; `undefined` for a decorator of somebody else. */
export function extractorOf(factory: unknown): Extract | undefined {
  return EXTRACTORS.get(factory);
}

/**
 * A parameter decorator, and the factory by which it is recognised.
 * @param extract reads the parameter from a call of a method of the gateway `type`
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

/** Whether it is the factory of `@Reason()`. */
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
