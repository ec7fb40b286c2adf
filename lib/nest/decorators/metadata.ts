/**
 * The only reader and writer of metadata. The keys of this library are symbols. The keys of Nest are strings that Nest
 * does not export; a test compares them with the metadata that its decorators write.
 */
import type { Type } from '@nestjs/common';
import 'reflect-metadata';

/** @publicApi */
export type LifecycleKind = 'connect' | 'disconnect' | 'drop' | 'return';

/**
 * The metadata key of methods with `@Event`, `@OnConnect`, `@OnDisconnect`, `@OnDrop` or `@OnReturn`, for `Reflector` and
 * `Reflect.getMetadata`. The value is a {@link HandlerMetadata}.
 * @publicApi
 */
export const HANDLER_METADATA: unique symbol = Symbol('nest-socketio:handler');

/**
 * The metadata key of classes and methods with `@RateLimit`. The value is a `RateLimitMetadata`.
 * @publicApi
 */
export const RATE_LIMIT_METADATA: unique symbol = Symbol('nest-socketio:rate_limit');

/**
 * The metadata of one method.
 * @publicApi
 */
export interface HandlerMetadata {
  /** The names of the events that it handles; `'*'` for those without a handler of their own. */
  readonly events: readonly string[];
  /** Whether an Observable that it returns is a stream, see the options of `@Event`. */
  readonly stream?: boolean;
  readonly lifecycle: readonly LifecycleKind[];
}

/** The metadata that a parameter decorator has written. */
export interface ParameterMetadata {
  readonly index: number;
  /** Nest's number for its own kind of parameter; `null` for a decorator made with `createParamDecorator`. */
  readonly type: number | null;
  readonly data: unknown;
  readonly pipes: readonly unknown[];
  /** The Standard Schema of the value. */
  readonly schema: unknown;
  readonly factory: unknown;
}

/** Nest's numbers for the parameters of gateways, and for those parameters of routes that also work on a socket. */
export const ParameterType = {
  SOCKET: 0,
  PAYLOAD: 3,
  QUERY: 4,
  HEADERS: 6,
  SESSION: 7,
  IP: 11,
  ACK: 13,
  COOKIES: 14,
  SIGNED_COOKIES: 15,
} as const;

/** Nest's metadata key of the parameters of a method. */
export const PARAMETERS_KEY = '__routeArguments__';

const GUARDS_KEY = '__guards__';
const ENHANCER_KEYS = [GUARDS_KEY, '__interceptors__', '__pipes__', '__exceptionFilters__'];
const CUSTOM_PARAMETER = '__customRouteArgs__';
const SUBSCRIBED = 'websockets:message_mapping';
const MESSAGE = 'message';
const NEST_GATEWAY = 'websockets:is_gateway';
const NEST_PORT = 'port';
const NEST_OPTIONS = 'websockets:gateway_options';

/** The metadata that `@WebSocketGateway` has written; `@Gateway` writes it too. */
export interface NestGatewayMetadata {
  /** 0 for the application's own HTTP server. */
  readonly port: number;
  readonly options: { readonly namespace?: string | RegExp; readonly path?: string } & Readonly<
    Record<string, unknown>
  >;
}

/** The method of the class, which has the metadata. An instance may override it with a function without metadata. */
export function methodOf(type: Type, name: string): (...args: unknown[]) => unknown {
  return (type.prototype as Record<string, (...args: unknown[]) => unknown>)[name] as (...args: unknown[]) => unknown;
}

/** Whether a method is a generator, `*name()` or `async *name()`, as far as its compiled form shows. */
export function isGenerator(method: object): boolean {
  return isAsyncGenerator(method) || Object.prototype.toString.call(method) === '[object GeneratorFunction]';
}

/** Whether a method is an async generator, `async *name()`, as far as its compiled form shows. */
export function isAsyncGenerator(method: object): boolean {
  return Object.prototype.toString.call(method) === '[object AsyncGeneratorFunction]';
}

/** Adds to the metadata of a method. */
export function addHandler(method: object, added: Partial<HandlerMetadata>): void {
  const { events, lifecycle, stream = false } = getHandler(method);
  const merged: HandlerMetadata = {
    events: [...events, ...(added.events ?? [])],
    lifecycle: [...lifecycle, ...(added.lifecycle ?? [])],
    ...((stream || added.stream === true) && { stream: true }),
  };
  Reflect.defineMetadata(HANDLER_METADATA, merged, method);
}

/** Writes the rate limit of a class or method. */
export function setRateLimit(target: object, limit: unknown): void {
  Reflect.defineMetadata(RATE_LIMIT_METADATA, limit, target);
}

export function getRateLimit(target: object): unknown {
  return Reflect.getMetadata(RATE_LIMIT_METADATA, target);
}

export function getHandler(method: object): HandlerMetadata {
  return (
    (Reflect.getMetadata(HANDLER_METADATA, method) as HandlerMetadata | undefined) ?? { events: [], lifecycle: [] }
  );
}

/** The options that `@WebSocketGateway` or `@Gateway` gave to a class. */
export function getNestGateway(target: object): NestGatewayMetadata | undefined {
  if (Reflect.getMetadata(NEST_GATEWAY, target) !== true) return undefined;
  return {
    port: (Reflect.getMetadata(NEST_PORT, target) as number | undefined) ?? 0,
    options: (Reflect.getMetadata(NEST_OPTIONS, target) as NestGatewayMetadata['options'] | undefined) ?? {},
  };
}

/** The message to which a method subscribed with Nest's `@SubscribeMessage`; it may be of any type. */
export function getSubscription(method: object): { readonly message: unknown } | undefined {
  if (Reflect.getMetadata(SUBSCRIBED, method) !== true) return undefined;
  return { message: Reflect.getMetadata(MESSAGE, method) as unknown };
}

/** A copy of a method, with its metadata, as if `@SubscribeMessage(message)` were written on it. */
export function subscribedTo(method: (...args: unknown[]) => unknown, message: string): typeof method {
  const copy = function (this: unknown, ...args: unknown[]): unknown {
    return method.apply(this, args);
  };
  Object.defineProperty(copy, 'name', { value: method.name });
  for (const key of Reflect.getMetadataKeys(method)) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, method), copy);
  }
  Reflect.defineMetadata(SUBSCRIBED, true, copy);
  Reflect.defineMetadata(MESSAGE, message, copy);
  return copy;
}

/** The guards of a class or method: classes and objects. */
export function guardsOf(target: object): readonly unknown[] {
  return (Reflect.getMetadata(GUARDS_KEY, target) as readonly unknown[] | undefined) ?? [];
}

/** Whether a class or method has a guard, interceptor, pipe or filter. */
export function hasEnhancers(target: object): boolean {
  return ENHANCER_KEYS.some((key) => Reflect.getMetadata(key, target) !== undefined);
}

/** The guards, interceptors, pipes and filters of a class and of these methods: classes and objects. */
export function enhancersOf(type: Type, methods: readonly object[]): unknown[] {
  return [type, ...methods].flatMap((target) =>
    ENHANCER_KEYS.flatMap((key) => (Reflect.getMetadata(key, target) as unknown[] | undefined) ?? []),
  );
}

/** The decorated parameters of a method, by index. */
export function getParameters(type: Type, method: string): ParameterMetadata[] {
  const stored = (Reflect.getMetadata(PARAMETERS_KEY, type, method) ?? {}) as Record<
    string,
    Partial<Omit<ParameterMetadata, 'type'>> & { readonly index: number }
  >;
  return Object.entries(stored)
    .map(([key, { index, data, pipes = [], schema, factory }]) => {
      const custom = key.includes(CUSTOM_PARAMETER);
      return { index, type: custom ? null : Number(key.split(':', 1)[0]), data, pipes, schema, factory };
    })
    .toSorted((a, b) => a.index - b.index);
}
