/**
 * What looks at all packets of one socket: middlewares of its events, and catch-all listeners in either
 * direction. Few sockets have any, so they are one object that is made when first needed.
 * Source: Socket.IO, `socket.use`, `socket.onAny`, `socket.onAnyOutgoing`.
 */
import { quote } from '../../errors.js';
import { DirectSender } from '../broadcast/direct-operator.js';
import type { EventsMap } from '../broadcast/event-map.js';

/** Name, arguments and, for what arrives, perhaps the acknowledgement. */
// oxlint-disable-next-line typescript/no-explicit-any -- listeners narrow their parameters, which only `any` permits
export type EventTuple = [name: string, ...args: any[]];

export type AnyListener = (...event: EventTuple) => void;

/** May change `event` in place; `next(error)` drops it and gives the socket's `error` listeners the reason. */
export type EventMiddleware = (event: EventTuple, next: (error?: Error) => void) => unknown;

interface Taps {
  readonly incoming: AnyListener[];
  readonly outgoing: AnyListener[];
  readonly middlewares: EventMiddleware[];
}

export abstract class TappedSender<Listen, Own, Emit extends EventsMap, Data> extends DirectSender<
  Listen,
  Own,
  Emit,
  Data
> {
  #taps: Taps | null = null;

  /** Adds a middleware for each event that arrives. */
  use(middleware: EventMiddleware): this {
    this.#made.middlewares.push(middleware);
    return this;
  }

  /** Adds a listener of all events that arrive. */
  onAny(listener: AnyListener): this {
    this.#made.incoming.push(listener);
    return this;
  }

  prependAny(listener: AnyListener): this {
    this.#made.incoming.unshift(listener);
    return this;
  }

  /** Removes one listener, or all. */
  offAny(listener?: AnyListener): this {
    remove(this.listenersAny(), listener);
    return this.#tidy();
  }

  listenersAny(): AnyListener[] {
    return this.#taps?.incoming ?? [];
  }

  /** Adds a listener of all events that are sent, broadcasts included, acknowledgements not. */
  onAnyOutgoing(listener: AnyListener): this {
    this.#made.outgoing.push(listener);
    return this;
  }

  prependAnyOutgoing(listener: AnyListener): this {
    this.#made.outgoing.unshift(listener);
    return this;
  }

  offAnyOutgoing(listener?: AnyListener): this {
    remove(this.listenersAnyOutgoing(), listener);
    return this.#tidy();
  }

  listenersAnyOutgoing(): AnyListener[] {
    return this.#taps?.outgoing ?? [];
  }

  protected get tapped(): boolean {
    return this.#taps !== null;
  }

  /** @internal Calls something of the application; a failure goes no further. */
  abstract contain(what: string, call: () => unknown): void;

  /** @internal */
  tapOutgoing(event: readonly unknown[]): void {
    if (this.#taps !== null) this.#tell(this.#taps.outgoing, event);
  }

  protected tapIncoming(event: readonly unknown[]): void {
    if (this.#taps !== null) this.#tell(this.#taps.incoming, event);
  }

  /** Passes an event through the middlewares; `done` is called at most once. */
  protected throughMiddlewares(event: EventTuple, done: (error: Error | null) => void): void {
    const middlewares = this.#taps?.middlewares ?? [];
    const step = (index: number): void => {
      const middleware = middlewares[index];
      if (middleware === undefined) return done(null);
      let called = false;
      this.contain(`a middleware of the event ${quote(event[0])}`, () =>
        middleware(event, (error) => {
          if (called) return;
          called = true;
          if (error === undefined || error === null) step(index + 1);
          else done(error);
        }),
      );
    };
    step(0);
  }

  /** A socket whose last tap is gone costs what it did before it had any. */
  #tidy(): this {
    const taps = this.#taps;
    if (taps !== null && taps.incoming.length + taps.outgoing.length + taps.middlewares.length === 0) this.#taps = null;
    return this;
  }

  get #made(): Taps {
    return (this.#taps ??= { incoming: [], outgoing: [], middlewares: [] });
  }

  #tell(listeners: readonly AnyListener[], event: readonly unknown[]): void {
    for (const listener of listeners.slice()) {
      this.contain('a catch-all listener', () => listener(...(event as EventTuple)));
    }
  }
}

function remove(listeners: AnyListener[], listener?: AnyListener): void {
  if (listener === undefined) listeners.length = 0;
  else if (listeners.includes(listener)) listeners.splice(listeners.indexOf(listener), 1);
}
