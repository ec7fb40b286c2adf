/**
 * The types that carry a user's event maps through the API, with the names and the inference of Socket.IO, and the
 * event names that the protocol reserves. An event map has one function type per event; a function as its last
 * parameter is the acknowledgement.
 */
import { SocketIoError } from '../../errors.js';
import { describeValue } from '../../options.js';
import { RESERVED_EVENTS } from '../../protocol/internal.js';

/**
 * Any event map.
 * @publicApi
 */
// oxlint-disable-next-line typescript/no-explicit-any -- `any` alone lets an interface without index signature pass
export type EventsMap = { [event: string]: any };

/**
 * The default map: every event, any arguments.
 * @publicApi
 */
export interface DefaultEventsMap {
  // oxlint-disable-next-line typescript/no-explicit-any -- listeners narrow their parameters, which only `any` permits
  [event: string]: (...args: any[]) => void;
}

// oxlint-disable-next-line typescript/no-explicit-any -- matches every function, whatever its parameters
type AnyFunction = (...args: any[]) => any;

export type EventNames<M extends EventsMap> = keyof M & string;

export type EventParams<M extends EventsMap, K extends EventNames<M>> = Parameters<M[K]>;

/** The events whose last parameter is an acknowledgement; with the default map, all of them. */
export type EventNamesWithAck<M extends EventsMap> = {
  [K in EventNames<M>]: IsAny<Last<Parameters<M[K]>>> extends true
    ? K
    : Parameters<M[K]> extends never[]
      ? never
      : Last<Parameters<M[K]>> extends AnyFunction
        ? K
        : never;
}[EventNames<M>];

/** The arguments without the acknowledgement. */
// oxlint-disable-next-line typescript/no-explicit-any -- the arguments of an untyped event are unknown
export type AllButLast<T extends unknown[]> = T extends [...infer Head, unknown] ? Head : any[];

export type Last<T extends unknown[]> = T extends [...unknown[], infer L] ? L : T extends (infer I)[] ? I : never;

/** The type that `emitWithAck` resolves to: the first argument of the acknowledgement that is not an error. */
export type AckResult<F> = F extends (...args: infer P) => unknown
  ? P[0] extends Error
    ? P[1]
    : P[0]
  : // oxlint-disable-next-line typescript/no-explicit-any -- the answer to an untyped event can be anything
    any;

/** The event map after `timeout()`: every acknowledgement takes an error before its arguments. */
export type WithTimeout<M> = {
  [K in keyof M]: M[K] extends (...args: infer P) => infer R ? (...args: PrependError<P>) => R : M[K];
};

/** The event map of a broadcast: every acknowledgement takes an error and the list of all answers. */
export type WithResponses<M> = {
  [K in keyof M]: M[K] extends (...args: infer P) => infer R ? (...args: ListResponses<PrependError<P>>) => R : M[K];
};

type PrependError<P extends unknown[]> = {
  [K in keyof P]: P[K] extends (...args: infer A) => infer R
    ? A[0] extends Error
      ? P[K]
      : (error: Error, ...args: A) => R
    : P[K];
};

type ListResponses<P extends unknown[]> = {
  [K in keyof P]: P[K] extends (error: Error, ...args: infer A) => infer R
    ? A extends []
      ? (error: Error) => R
      : (error: Error, responses: A[0][]) => R
    : P[K];
};

type IsAny<T> = 0 extends 1 & T ? true : false;

/**
 * Checks the name of an event before it is sent to clients, which disconnect on any other.
 * @throws SocketIoError `INVALID_ARGUMENT`, `RESERVED_EVENT`
 */
export function checkEventName(event: unknown): void {
  requireName(event);
  if (!RESERVED_EVENTS.has(event)) return;
  throw new SocketIoError(
    'RESERVED_EVENT',
    `"${event}" cannot be emitted, the protocol reserves it: choose another name`,
  );
}

/** Names that `serverSideEmit` cannot use: the server itself emits events of these names to a namespace's listeners. */
export const RESERVED_BETWEEN_SERVERS: ReadonlySet<string> = new Set(['connect', 'connection', 'new_namespace']);

/** Checks the name of an event before it is sent to other servers. @throws as {@link checkEventName} */
export function checkEventNameBetweenServers(event: unknown): void {
  requireName(event);
  if (!RESERVED_BETWEEN_SERVERS.has(event)) return;
  throw new SocketIoError(
    'RESERVED_EVENT',
    `"${event}" cannot be emitted between servers, the server reserves it: choose another name`,
  );
}

/**
 * Requires a string or a finite number. A name that is relayed from a client may be anything: `["connect"]` is not
 * among the reserved names, yet every stock client would disconnect on it.
 */
function requireName(event: unknown): asserts event is string {
  if (typeof event === 'string' || Number.isFinite(event)) return;
  throw new SocketIoError(
    'INVALID_ARGUMENT',
    `the name of an event must be a string or a finite number, got ${describeValue(event)}: check names that come from clients`,
  );
}
