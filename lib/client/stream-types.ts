/** The types of streams. They describe the socket by its members, so that every version of `socket.io-client` fits. */

// oxlint-disable-next-line typescript/no-explicit-any -- listeners narrow their parameters, which only `any` permits
export type Listener = (...args: any[]) => void;

/**
 * A socket of `socket.io-client`.
 * @publicApi
 */
export interface StreamSocket {
  readonly connected: boolean;
  /** Whether the socket reconnects after a lost connection. */
  readonly active: boolean;
  emit(event: string, ...args: Parameters<Listener>): unknown;
  on(event: string, listener: Listener): unknown;
  off(...args: Parameters<Listener>): unknown;
}

/**
 * The values of a stream, for one `for await` loop.
 * @publicApi
 */
export interface ValueStream<Value> extends AsyncIterableIterator<Value> {
  /** Ends the loop without an error, and the generator on the server. `break` in the loop does the same. */
  cancel(): void;
  next(): Promise<IteratorResult<Value, void>>;
  return(): Promise<IteratorResult<Value, void>>;
  [Symbol.asyncIterator](): ValueStream<Value>;
}

declare const VALUE: unique symbol;

/**
 * The acknowledgement of an event that answers with a stream, for event maps:
 * `ask: (question: string, ack: (answer: StreamAnswer<Token>) => void) => void`.
 * @publicApi
 */
export interface StreamAnswer<Value> {
  /** The id of the stream. */
  readonly stream: string;
  /** Exists only in the types. */
  readonly [VALUE]?: Value;
}

/**
 * `stream()` for the events of a map: `const streamOf: TypedStream<ClientEvents> = stream;`. It knows the names of the
 * streams, their arguments and their values.
 * @publicApi
 */
export interface TypedStream<Events> {
  <Name extends StreamNames<Events>>(
    socket: StreamSocket,
    event: Name,
    ...args: StreamArguments<Events[Name]>
  ): ValueStream<StreamedValue<Events[Name]>>;
}

/** The events of a map that answer with a stream. */
type StreamNames<Events> = {
  [Name in keyof Events & string]: Events[Name] extends (...args: infer Args) => unknown
    ? Args extends [...unknown[], (answer: infer Answer) => void]
      ? [Answer] extends [StreamAnswer<unknown>]
        ? Name
        : never
      : never
    : never;
}[keyof Events & string];

/** The arguments of an event without its acknowledgement, and the signal that may follow them. */
type StreamArguments<Event> = Event extends (...args: infer Args) => unknown
  ? Args extends [...infer Head, unknown]
    ? [...args: Head, signal?: AbortSignal]
    : never
  : never;

type StreamedValue<Event> = Event extends (...args: infer Args) => unknown
  ? Args extends [...unknown[], (answer: StreamAnswer<infer Value>) => void]
    ? Value
    : never
  : never;
