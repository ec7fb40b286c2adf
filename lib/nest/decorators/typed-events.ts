/**
 * Checks methods against a map of events. Types cannot see parameter decorators, so it is enough that one parameter of
 * the method accepts a value that the client sends. The return type must be that of the acknowledgement. As in
 * Socket.IO, the last parameter of an event is its acknowledgement if it is a function.
 */
import type { Observable } from 'rxjs';
import type { EventNames, EventParams, EventsMap } from '../../server/internal.js';
import type { Socket } from '../../server/internal.js';
import type { AckArgs } from '../events/answer.js';

// oxlint-disable-next-line typescript/no-explicit-any -- matches every function, whatever its parameters
type AnyFunction = (...args: any[]) => any;

/** The events that a method of the name `Key` may handle. */
type EventOf<Map extends EventsMap, Name extends string, Key> = [Name] extends [never]
  ? Key extends EventNames<Map>
    ? Key
    : EventNames<Map>
  : Name;

/**
 * A decorator that the compiler accepts only on methods that can handle the event.
 * @publicApi
 */
export type EventDecorator<Map extends EventsMap, Name extends EventNames<Map> = never> = <
  Key extends string | symbol,
  Method extends AnyFunction,
>(
  target: object,
  key: Key,
  descriptor: TypedPropertyDescriptor<Method> & MethodCheck<Map, EventOf<Map, Name, Key>, Method>,
) => void;

/** `unknown` if the method fits; otherwise an object with one property, which the compiler prints in its error. */
type MethodCheck<Map extends EventsMap, Name extends EventNames<Map>, Method extends AnyFunction> = true extends (
  Name extends unknown ? Fits<EventParams<Map, Name>, Method> : never
)
  ? unknown
  : { readonly handlerDoesNotFit: Explained<Map, Name> };

/** The types that the method should have, for the error of the compiler. */
type Explained<Map extends EventsMap, Name extends EventNames<Map>> = {
  [K in Name]: { readonly sent: Sent<EventParams<Map, K>>; readonly acknowledged: Acknowledged<EventParams<Map, K>> };
};

type Fits<Params extends unknown[], Method extends AnyFunction> =
  TakesPayload<Sent<Params>, Parameters<Method>> extends true
    ? Answers<Acknowledged<Params>, Method> extends true
      ? true
      : false
    : false;

/** The arguments that the client sends, without the acknowledgement. */
type Sent<Params extends unknown[]> = Params extends [...infer Head, infer Last]
  ? Last extends AnyFunction
    ? Head
    : Params
  : Params;

/** The arguments of the acknowledgement; `never` if the event has none. */
type Acknowledged<Params extends unknown[]> = Params extends [...unknown[], infer Last]
  ? Last extends (...args: infer Answer) => unknown
    ? Answer
    : never
  : never;

/** Parameters that are neither the client nor an acknowledgement. */
type Payloads<Params extends unknown[]> = Params extends [infer First, ...infer Rest]
  ? IsAny<First> extends true
    ? [First, ...Payloads<Rest>]
    : First extends AnyFunction | SomeSocket
      ? Payloads<Rest>
      : [First, ...Payloads<Rest>]
  : [];

// oxlint-disable-next-line typescript/no-explicit-any -- a socket with any events
type SomeSocket = Socket<any, any, any>;

/** A method that takes only the client always fits; otherwise one of its parameters must accept a sent value. */
type TakesPayload<Args extends unknown[], Params extends unknown[]> =
  Payloads<Required<Params>> extends []
    ? true
    : [Args] extends [[]]
      ? true
      : true extends TakesOne<Args | Args[number] | PropertyOf<Args[0]>, Payloads<Required<Params>>[number]>
        ? true
        : false;

/** Distributes over the parameters: their union would accept the values of all of them. */
type TakesOne<Given, Param> = Param extends unknown ? (Given extends Param ? true : never) : never;

type PropertyOf<Body> = Body extends object ? Body[keyof Body] : never;

/** A method with an acknowledgement among its parameters acknowledges itself, so its return type is free. */
type Answers<Answer extends unknown[], Method extends AnyFunction> = [Answer] extends [never]
  ? true
  : Extract<Parameters<Method>[number], AnyFunction> extends never
    ? [Settled<ReturnType<Method>>] extends [Answer extends [] ? void : Answer[0] | AckArgs<Answer>]
      ? true
      : false
    : true;

/** The value of a promise, the values of an Observable, or the acknowledgement of a stream. */
type Settled<Result> =
  Result extends PromiseLike<infer Value>
    ? Settled<Value>
    : Result extends Observable<infer Value>
      ? Value
      : Result extends AsyncIterable<unknown>
        ? { readonly stream: string }
        : Result;

type IsAny<T> = 0 extends 1 & T ? true : false;
