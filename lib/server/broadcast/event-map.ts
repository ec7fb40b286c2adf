/**
 * The types by which event maps flow through the API, with the names and the inference of Socket.IO:
 * an event map has one function type per event; a function as its last parameter is the acknowledgement.
 */

/** Any event map. */
// oxlint-disable-next-line typescript/no-explicit-any -- `any` alone lets an interface without index signature pass
export type EventsMap = { [event: string]: any };

/** The map of those who did not write one: every event, any arguments. */
export interface DefaultEventsMap {
  // oxlint-disable-next-line typescript/no-explicit-any -- listeners narrow their parameters, which only `any` permits
  [event: string]: (...args: any[]) => void;
}

// oxlint-disable-next-line typescript/no-explicit-any -- matches every function, whatever its parameters
type AnyFunction = (...args: any[]) => any;

export type EventNames<M extends EventsMap> = keyof M & string;

export type EventParams<M extends EventsMap, K extends EventNames<M>> = Parameters<M[K]>;

/** The events whose last parameter is an acknowledgement; all of them where the map does not say. */
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
// oxlint-disable-next-line typescript/no-explicit-any -- what is unknown about an untyped event stays open
export type AllButLast<T extends unknown[]> = T extends [...infer Head, unknown] ? Head : any[];

export type Last<T extends unknown[]> = T extends [...unknown[], infer L] ? L : T extends (infer I)[] ? I : never;

/** What `emitWithAck` resolves to: the acknowledgement's first argument that is no error. */
export type AckResult<F> = F extends (...args: infer P) => unknown
  ? P[0] extends Error
    ? P[1]
    : P[0]
  : // oxlint-disable-next-line typescript/no-explicit-any -- an untyped event may be answered with anything
    any;

/** The map after `timeout()`: every acknowledgement gets an error before its arguments. */
export type WithTimeout<M> = {
  [K in keyof M]: M[K] extends (...args: infer P) => infer R ? (...args: PrependError<P>) => R : M[K];
};

/** The map of a broadcast: every acknowledgement gets an error, and the list of all answers. */
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
