/**
 * The listeners of all events of one socket, and its middlewares. Few sockets have any, so that a socket creates this
 * object with the first one.
 * Source: Socket.IO, `onAny`, `onAnyOutgoing` and `use` of its `Socket`.
 */
import { quote } from '../../errors.js';

/**
 * An event in one array: its name, its arguments and, if the client requests it, the acknowledgement.
 * @publicApi
 */
// oxlint-disable-next-line typescript/no-explicit-any -- listeners narrow their parameters, which only `any` permits
export type EventTuple = [name: string, ...args: any[]];

/** @publicApi */
export type CatchAllListener = (...event: EventTuple) => void;

/**
 * May change `event` in place. `next(error)` drops the event and passes the error to the `error` listeners.
 * @publicApi
 */
export type EventMiddleware = (event: EventTuple, next: (error?: Error) => void) => unknown;

/** Runs application code. An exception or rejection is logged and goes no further. */
interface Container {
  contain(what: string, call: () => unknown): void;
}

export class CatchAll {
  readonly incoming: CatchAllListener[] = [];
  readonly outgoing: CatchAllListener[] = [];
  readonly middlewares: EventMiddleware[] = [];

  get isEmpty(): boolean {
    return this.incoming.length + this.outgoing.length + this.middlewares.length === 0;
  }

  /** Calls the listeners of incoming or of outgoing events. */
  notify(direction: 'incoming' | 'outgoing', event: readonly unknown[], container: Container): void {
    for (const listener of this[direction].slice()) {
      container.contain('a catch-all listener', () => listener(...(event as EventTuple)));
    }
  }

  /** Passes an event through the middlewares, then calls `done`, at most once. */
  runMiddlewares(event: EventTuple, container: Container, done: (error: Error | null) => void): void {
    const step = (index: number): void => {
      const middleware = this.middlewares[index];
      if (middleware === undefined) return done(null);
      let called = false;
      container.contain(`a middleware of the event ${quote(event[0])}`, () =>
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
}

/** Removes one listener, or all. */
export function removeListener(listeners: CatchAllListener[], listener?: CatchAllListener): void {
  if (listener === undefined) listeners.length = 0;
  else if (listeners.includes(listener)) listeners.splice(listeners.indexOf(listener), 1);
}
