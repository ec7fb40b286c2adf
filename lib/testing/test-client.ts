/**
 * A client for tests: in memory, without a port. Between it and the handlers lies all that lies there in
 * production: HTTP handshake, WebSocket, codec, limits. It knows no test runner.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { contain } from '../engine/index.js';
import { SocketIoError } from '../errors.js';
import {
  type AckResult,
  type AllButLast,
  type DefaultEventsMap,
  type EventNames,
  type EventNamesWithAck,
  type EventParams,
  type EventsMap,
  type Last,
  namespacePath,
  type Socket,
} from '../server/index.js';
import type { TestClientOptions } from './test-client-options.js';
import type { Claim } from './expectation.js';
import { Link, type TestDisconnectReason } from './test-connection.js';
import { type Answer, Membership } from './test-socket.js';
import type { Failure } from './server-monitor.js';
import { doorOf, type TestTarget } from './test-target.js';

/** An event that came: its name and its arguments, the last of which acknowledges where the server asked for that. */
export type ReceivedEvent<M extends EventsMap = DefaultEventsMap> = {
  [K in EventNames<M>]: [event: K, ...args: EventParams<M, K>];
}[EventNames<M>];

/** How long to wait for something. */
export interface WaitOptions {
  /** ms to wait although everything has settled: for what a timer, an HTTP request or a broker causes. */
  readonly within?: number;
}

/**
 * @typeParam ServerEvents what it receives
 * @typeParam ClientEvents what it sends
 */
export class TestClient<
  ServerEvents extends EventsMap = DefaultEventsMap,
  ClientEvents extends EventsMap = DefaultEventsMap,
> {
  readonly #stay: Membership;

  private constructor(stay: Membership) {
    this.#stay = stay;
  }

  /**
   * Connects to a namespace.
   * @param target a Nest application or testing module, which is initialised if it was not; or a `Server`
   * @throws ConnectionRefused with `message` and `data` when the server refuses the client
   * @throws SocketIoError `INVALID_ARGUMENT` when the target has no server; `NOT_RECEIVED` when it does not answer
   */
  static async connect<S extends EventsMap = DefaultEventsMap, C extends EventsMap = DefaultEventsMap>(
    target: TestTarget,
    namespace = '/',
    options: TestClientOptions = {},
  ): Promise<TestClient<S, C>> {
    return TestClient.#join(await Link.open(await doorOf(target), options), namespace, options);
  }

  static async #join<S extends EventsMap, C extends EventsMap>(
    link: Link,
    namespace: string,
    { auth }: Pick<TestClientOptions, 'auth'>,
  ): Promise<TestClient<S, C>> {
    const stay = new Membership(link, namespacePath(namespace));
    await stay.join(auth);
    return new TestClient<S, C>(stay);
  }

  /**
   * Joins another namespace by the same connection.
   * @throws as {@link connect} does; `INVALID_ARGUMENT` for a namespace that the connection is in
   */
  of<S extends EventsMap = DefaultEventsMap, C extends EventsMap = DefaultEventsMap>(
    namespace: string,
    options: Pick<TestClientOptions, 'auth'> = {},
  ): Promise<TestClient<S, C>> {
    return TestClient.#join(this.#stay.link, namespace, options);
  }

  /** The socket's id, as the server knows it. */
  get id(): string {
    return this.#stay.id;
  }

  get namespace(): string {
    return this.#stay.nsp;
  }

  get connected(): boolean {
    return this.#stay.connected;
  }

  /** Why it is no longer connected; `null` while it is. */
  get disconnectReason(): TestDisconnectReason | null {
    return this.#stay.reason;
  }

  /** Headers with which the server answered the handshake. */
  get responseHeaders(): IncomingHttpHeaders {
    return this.#stay.link.responseHeaders;
  }

  /**
   * The server's side of it, with its rooms and data.
   * @throws SocketIoError `CLIENT_GONE`
   */
  get socket(): Socket<ClientEvents, ServerEvents> {
    const { nsp, socket } = this.#stay;
    if (socket === undefined)
      throw new SocketIoError('CLIENT_GONE', `the server has no socket of this client in ${nsp}`);
    return socket;
  }

  /**
   * Sends an event. A function as last argument is called with what the server acknowledges.
   * @throws SocketIoError `CLIENT_GONE`, `TOO_MANY_ATTACHMENTS`, `VALUE_TOO_DEEP`
   */
  emit<K extends EventNames<ClientEvents>>(event: K, ...args: EventParams<ClientEvents, K>): this;
  emit(event: string, ...args: unknown[]): this {
    const callback = args.at(-1);
    if (typeof callback === 'function') this.#ask([event, ...args.slice(0, -1)], callback as Answer);
    else this.#stay.send([event, ...args]);
    return this;
  }

  /** Sends the event `message`. */
  send(...args: EventParams<ClientEvents, 'message'>): this {
    return this.emit('message', ...args);
  }

  /**
   * Sends an event, and resolves with what the server acknowledges: `{ error }` too, if that is the answer.
   * @throws SocketIoError `NOT_RECEIVED` when nobody handles it, or no acknowledgement comes in time;
   *   `CLIENT_GONE`
   */
  emitWithAck<K extends EventNamesWithAck<ClientEvents>>(
    event: K,
    ...args: AllButLast<EventParams<ClientEvents, K>>
  ): Promise<AckResult<Last<EventParams<ClientEvents, K>>>> {
    return this.#stay.ask([event, ...args]) as Promise<never>;
  }

  /**
   * The next event of that name: the first that has come and that nobody has taken, or one that will come.
   * It takes the event from now on, and gives up, once it is awaited, as soon as everything has settled.
   * @returns the arguments of the event
   * @throws SocketIoError `NOT_RECEIVED`, naming what did come; `CLIENT_GONE` at once when it cannot come any more;
   *   `HANDLER_FAILED` when it did not come and something has failed
   */
  next<K extends EventNames<ServerEvents>>(
    event: K,
    { within }: WaitOptions = {},
  ): Promise<EventParams<ServerEvents, K>> {
    const hint =
      within === undefined
        ? `; if a timer, a request or a broker causes it, say how long to wait: next("${event}", { within: 500 })`
        : ` within ${within} ms`;
    return this.#stay.expect(
      (claim: Claim<EventParams<ServerEvents, K>>) =>
        this.#stay.inbox.take(event, claim as unknown as Claim<unknown[]>),
      {
        missing: () => `"${event}" did not come to ${this.namespace}${hint}; ${this.#stay.inbox.describe()}`,
        lost: `"${event}" cannot come`,
        within,
      },
    );
  }

  /** The events that have come and that nobody has taken, in their order; takes them. */
  received(): ReceivedEvent<ServerEvents>[] {
    return this.#stay.inbox.takeAll() as unknown as ReceivedEvent<ServerEvents>[];
  }

  /**
   * From now on answers what the server asks by that name, with `emitWithAck`, `call` or a callback. What is
   * answered so is not among {@link received}.
   * @param respond returns the acknowledgement, or a promise of it
   */
  answer<K extends EventNamesWithAck<ServerEvents>>(
    event: K,
    respond: (
      ...args: AllButLast<EventParams<ServerEvents, K>>
    ) => AckResult<Last<EventParams<ServerEvents, K>>> | Promise<AckResult<Last<EventParams<ServerEvents, K>>>>,
  ): this {
    this.#stay.answer(event, respond as Answer);
    return this;
  }

  /**
   * Resolves when everything has settled: what all clients of the server sent is handled, handlers have
   * ended, and what they sent has come.
   * @throws SocketIoError `HANDLER_FAILED` when something has failed that nobody has seen; `NOT_SETTLED`
   */
  settled(): Promise<void> {
    const { stage, timeout } = this.#stay.link;
    return stage.settled(timeout);
  }

  /** What has failed on the server and was no answer meant for the client; takes it, so that nothing rejects with it. */
  failures(): Failure[] {
    return this.#stay.link.stage.takeFailures();
  }

  /** Resolves with the reason when the client is no longer connected. @throws SocketIoError `NOT_RECEIVED` */
  disconnected({ within }: WaitOptions = {}): Promise<TestDisconnectReason> {
    return this.#stay.ended(within);
  }

  /**
   * Leaves the namespace; the connection ends with its last one. Settles as {@link settled} does, disconnect
   * handlers included.
   */
  disconnect(): Promise<void> {
    this.#stay.leave();
    return this.settled();
  }

  /** Leaves all namespaces of the connection; the same as {@link disconnect} where there is only one. */
  close(): Promise<void> {
    this.#stay.link.close();
    return this.settled();
  }

  /** Cuts the connection, as a network does. */
  terminate(): Promise<void> {
    this.#stay.link.terminate();
    return this.settled();
  }

  #ask(data: [event: string, ...args: unknown[]], callback: Answer): void {
    const { stage } = this.#stay.link;
    this.#stay.send(data, (answer) => {
      void contain(
        () => callback(...answer),
        (error) => stage.failed(`the callback of a test for "${data[0]}" failed`, error),
      );
    });
  }
}
