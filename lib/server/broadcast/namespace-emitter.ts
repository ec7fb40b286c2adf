/**
 * The common base of `Namespace` and `Server`: broadcasts to clients (`to`, `emit`, ...), listeners (`on`, `once`,
 * `off`, ...), and events between the servers of a cluster, which no client sees.
 * Source: Socket.IO, `Namespace`, `serverSideEmit`, `serverSideEmitWithAck`.
 */
import { type AnyListener, Listenable, type Listener, type Names } from '../../engine/internal.js';
import { SocketIoError } from '../../errors.js';
import { Broadcasting } from './broadcast-operator.js';
import {
  type AckResult,
  type AllButLast,
  checkEventNameBetweenServers,
  type DefaultEventsMap,
  type EventNames,
  type EventNamesWithAck,
  type EventParams,
  type EventsMap,
  type Last,
  type WithResponses,
} from './event-map.js';

/** The listeners of a namespace. An object of its own, since the class of a namespace inherits from `Broadcasting`. */
export class NamespaceListeners extends Listenable<Record<string, AnyListener>> {
  protected readonly listenerFailed: (what: string, error: unknown) => void;
  readonly #running: (event: string | number, running: Promise<void>) => void;

  /**
   * @param listenerFailed called with the exception of a listener
   * @param running called with the promise of an asynchronous listener
   */
  constructor(
    listenerFailed: (what: string, error: unknown) => void,
    running: (event: string | number, running: Promise<void>) => void = () => {},
  ) {
    super();
    this.listenerFailed = listenerFailed;
    this.#running = running;
  }

  protected override listenerRuns(event: string | number, running: Promise<void>): void {
    this.#running(event, running);
  }

  override notify(event: string, args: readonly unknown[]): void {
    super.notify(event, args);
  }
}

/** Called with the answers of the other servers. `error` is set if some are missing. */
export type ServersAnswered = (error: Error | null, responses: readonly unknown[]) => void;

/** @typeParam Own the events of the object itself, in addition to the user's map `ServerSide` */
export abstract class NamespaceEmitter<
  ServerSide extends EventsMap,
  Own = object,
  Emit extends EventsMap = DefaultEventsMap,
  Data = unknown,
> extends Broadcasting<Emit, Data> {
  /** @internal */
  abstract readonly events: NamespaceListeners;

  on<E extends Names<ServerSide, Own>>(event: E, listener: Listener<ServerSide, E, Own>): this {
    this.events.on<string>(event, listener as AnyListener);
    return this;
  }

  once<E extends Names<ServerSide, Own>>(event: E, listener: Listener<ServerSide, E, Own>): this {
    this.events.once<string>(event, listener as AnyListener);
    return this;
  }

  off<E extends Names<ServerSide, Own>>(event: E, listener: Listener<ServerSide, E, Own>): this {
    this.events.off<string>(event, listener as AnyListener);
    return this;
  }

  addListener<E extends Names<ServerSide, Own>>(event: E, listener: Listener<ServerSide, E, Own>): this {
    return this.on(event, listener);
  }

  removeListener<E extends Names<ServerSide, Own>>(event: E, listener: Listener<ServerSide, E, Own>): this {
    return this.off(event, listener);
  }

  prependListener<E extends Names<ServerSide, Own>>(event: E, listener: Listener<ServerSide, E, Own>): this {
    this.events.prependListener<string>(event, listener as AnyListener);
    return this;
  }

  prependOnceListener<E extends Names<ServerSide, Own>>(event: E, listener: Listener<ServerSide, E, Own>): this {
    this.events.prependOnceListener<string>(event, listener as AnyListener);
    return this;
  }

  removeAllListeners(event?: Names<ServerSide, Own>): this {
    this.events.removeAllListeners(event);
    return this;
  }

  listeners<E extends Names<ServerSide, Own>>(event: E): Listener<ServerSide, E, Own>[] {
    return this.events.listeners<string>(event) as Listener<ServerSide, E, Own>[];
  }

  /**
   * Like `listeners`, but returns the wrapper of a listener added by `once`. Its property `listener` is the original.
   */
  rawListeners<E extends Names<ServerSide, Own>>(event: E): Listener<ServerSide, E, Own>[] {
    return this.events.rawListeners<string>(event) as Listener<ServerSide, E, Own>[];
  }

  listenerCount(event: Names<ServerSide, Own>): number {
    return this.events.listenerCount(event);
  }

  eventNames(): (string | symbol)[] {
    return this.events.eventNames();
  }

  /** The number of listeners of one event above which Node warns of a leak; 0 means no limit. */
  getMaxListeners(): number {
    return this.events.getMaxListeners();
  }

  setMaxListeners(count: number): this {
    this.events.setMaxListeners(count);
    return this;
  }

  /**
   * Calls the listeners of `event` on this namespace in the other servers of the cluster. A function as last argument
   * is called once with `(error, responses)`, one response per other server. If it throws, the exception is logged.
   * @throws SocketIoError `INVALID_ARGUMENT`, `RESERVED_EVENT`
   */
  serverSideEmit<K extends EventNames<ServerSide>>(event: K, ...args: EventParams<WithResponses<ServerSide>, K>): true;
  serverSideEmit(event: string, ...args: unknown[]): true {
    const callback = args.at(-1);
    checkEventNameBetweenServers(event);
    if (typeof callback === 'function') args.splice(-1, 1, this.#calledOnce(event, callback as ServersAnswered));
    this.audience.delivery.serverSideEmit([event, ...args]);
    return true;
  }

  /**
   * Calls the listeners of `event` in the other servers and waits for their answers. Without a cluster there are no
   * other servers, and the result is `[]`.
   * @returns one response per other server
   * @throws SocketIoError `INVALID_ARGUMENT`, `RESERVED_EVENT`; `ACK_INCOMPLETE` if some servers did not answer, with
   *   the `responses` of the others
   */
  serverSideEmitWithAck<K extends EventNamesWithAck<ServerSide>>(
    event: K,
    ...args: AllButLast<EventParams<ServerSide, K>>
  ): Promise<AckResult<Last<EventParams<ServerSide, K>>>[]>;
  serverSideEmitWithAck(event: string, ...args: unknown[]): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      const done: ServersAnswered = (error, responses) =>
        error ? reject(incomplete(event, error, responses)) : resolve([...responses]);
      (this as unknown as NamespaceEmitter<DefaultEventsMap>).serverSideEmit(event, ...args, done);
    });
  }

  #calledOnce(event: string, callback: ServersAnswered): ServersAnswered {
    let called = false;
    return (...answer) => {
      if (called) return;
      called = true;
      this.audience.contain(`the acknowledgement callback of "${event}"`, () => callback(...answer));
    };
  }
}

function incomplete(event: string, cause: Error, responses: readonly unknown[] = []): SocketIoError {
  const message = `not every other server answered "${event}": ${cause.message}`;
  return Object.assign(new SocketIoError('ACK_INCOMPLETE', message, { cause }), { responses: [...responses] });
}
