/**
 * A client for tests. It connects in memory, without a port. Its packets pass through the same layers as in production:
 * HTTP handshake, WebSocket, codec and limits. It does not depend on a test runner.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { contain } from '../engine/internal.js';
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
} from '../server/internal.js';
import type { TestClientOptions } from './test-client-options.js';
import type { Resolvers } from './expectation.js';
import { type TestCloseFrame, TestConnection, type TestDisconnectReason } from './test-connection.js';
import { type Responder, type TestDisconnectDetails, TestSocket } from './test-socket.js';
import type { Failure } from './server-monitor.js';
import { resolveTarget, type TestTarget } from './test-target.js';

/**
 * A received event: its name and arguments. If the server requested an acknowledgement, the last argument sends it.
 * @publicApi
 */
export type ReceivedEvent<M extends EventsMap = DefaultEventsMap> = {
  [K in EventNames<M>]: [event: K, ...args: EventParams<M, K>];
}[EventNames<M>];

/**
 * How long to wait.
 * @publicApi
 */
export interface WaitOptions {
  /** The time, in ms, to wait even if everything has settled: for the effect of a timer, a request or a broker. */
  readonly within?: number;
}

/**
 * @typeParam ServerEvents the events that the client receives
 * @typeParam ClientEvents the events that the client sends
 * @publicApi
 */
export class TestClient<
  ServerEvents extends EventsMap = DefaultEventsMap,
  ClientEvents extends EventsMap = DefaultEventsMap,
> {
  readonly #client: TestSocket;

  private constructor(client: TestSocket) {
    this.#client = client;
  }

  /**
   * Connects to a namespace.
   * @param target a Nest application or testing module, which is initialised if necessary; or a `Server`
   * @throws ConnectionRefused with `message` and `data` if the server refuses the client
   * @throws SocketIoError `INVALID_ARGUMENT` if the target has no server; `NOT_RECEIVED` if it does not answer
   */
  static async connect<S extends EventsMap = DefaultEventsMap, C extends EventsMap = DefaultEventsMap>(
    target: TestTarget,
    namespace = '/',
    options: TestClientOptions = {},
  ): Promise<TestClient<S, C>> {
    return TestClient.#join(await TestConnection.open(await resolveTarget(target), options), namespace, options);
  }

  static async #join<S extends EventsMap, C extends EventsMap>(
    connection: TestConnection,
    namespace: string,
    { auth }: Pick<TestClientOptions, 'auth'>,
  ): Promise<TestClient<S, C>> {
    const client = new TestSocket(connection, namespacePath(namespace));
    await client.join(auth);
    return new TestClient<S, C>(client);
  }

  /**
   * Joins another namespace over the same connection.
   * @throws as {@link connect} does; `INVALID_ARGUMENT` if the connection is in the namespace already
   */
  of<S extends EventsMap = DefaultEventsMap, C extends EventsMap = DefaultEventsMap>(
    namespace: string,
    options: Pick<TestClientOptions, 'auth'> = {},
  ): Promise<TestClient<S, C>> {
    return TestClient.#join(this.#client.connection, namespace, options);
  }

  /** The id of the client's socket on the server. */
  get id(): string {
    return this.#client.id;
  }

  get namespace(): string {
    return this.#client.nsp;
  }

  get connected(): boolean {
    return this.#client.connected;
  }

  /** Why the client was disconnected; `null` while it is connected. */
  get disconnectReason(): TestDisconnectReason | null {
    return this.#client.reason;
  }

  /**
   * The reason that the server gave for the disconnect: that of `client.disconnect(close, reason)`, or one of its own,
   * such as `expired`. The client has also received it as the event `disconnect_reason`. `null` if there is none.
   */
  get disconnectDetails(): TestDisconnectDetails | null {
    return this.#client.details;
  }

  /** The close frame of the server, in which its reason is the text; `null` until the connection is closed. */
  get closeFrame(): TestCloseFrame | null {
    return this.#client.connection.closeFrame;
  }

  /** The headers of the response to the handshake request. */
  get responseHeaders(): IncomingHttpHeaders {
    return this.#client.connection.responseHeaders;
  }

  /**
   * The socket on the server, with its rooms and data.
   * @throws SocketIoError `CLIENT_GONE`
   */
  get socket(): Socket<ClientEvents, ServerEvents> {
    const { nsp, serverSocket } = this.#client;
    if (serverSocket === undefined)
      throw new SocketIoError('CLIENT_GONE', `the server has no socket for this client in ${nsp}`);
    return serverSocket;
  }

  /**
   * Sends an event. If the last argument is a function, it is called with the acknowledgement of the server.
   * @throws SocketIoError `CLIENT_GONE`, `TOO_MANY_ATTACHMENTS`, `VALUE_TOO_DEEP`
   */
  emit<K extends EventNames<ClientEvents>>(event: K, ...args: EventParams<ClientEvents, K>): this;
  emit(event: string, ...args: unknown[]): this {
    const callback = args.at(-1);
    if (typeof callback === 'function') this.#emitWithCallback([event, ...args.slice(0, -1)], callback as Responder);
    else this.#client.send([event, ...args]);
    return this;
  }

  /** Sends the event `message`. */
  send(...args: EventParams<ClientEvents, 'message'>): this {
    return this.emit('message', ...args);
  }

  /**
   * Sends an event and resolves with the first argument of its acknowledgement, even if that is an `{ error }`.
   * @throws SocketIoError `NOT_RECEIVED` if no handler is registered, or if no acknowledgement is received in time;
   *   `CLIENT_GONE`
   */
  emitWithAck<K extends EventNamesWithAck<ClientEvents>>(
    event: K,
    ...args: AllButLast<EventParams<ClientEvents, K>>
  ): Promise<AckResult<Last<EventParams<ClientEvents, K>>>> {
    return this.#client.emitWithAck([event, ...args]) as Promise<never>;
  }

  /**
   * Takes the next event of that name: the oldest that was received and not taken yet, or else the next to be received.
   * May be called before the event is triggered. Gives up as soon as the promise is awaited and everything has settled.
   * @returns the arguments of the event
   * @throws SocketIoError `NOT_RECEIVED` with the events received instead; `CLIENT_GONE` if the client is disconnected;
   *   `HANDLER_FAILED` if the event was not received and a handler has failed
   */
  next<K extends EventNames<ServerEvents>>(
    event: K,
    { within }: WaitOptions = {},
  ): Promise<EventParams<ServerEvents, K>> {
    const hint =
      within === undefined
        ? `; if it depends on a timer, a request or a broker, wait for it: next("${event}", { within: 500 })`
        : ` within ${within} ms`;
    return this.#client.expect(
      (resolvers: Resolvers<EventParams<ServerEvents, K>>) =>
        this.#client.received.take(event, resolvers as unknown as Resolvers<unknown[]>),
      {
        missing: () => `"${event}" was not received in ${this.namespace}${hint}; ${this.#client.received.describe()}`,
        lost: `"${event}" cannot be received`,
        within,
      },
    );
  }

  /** Takes all events that have been received and not taken yet, in order. */
  received(): ReceivedEvent<ServerEvents>[] {
    return this.#client.received.takeAll() as unknown as ReceivedEvent<ServerEvents>[];
  }

  /**
   * From now on, acknowledges events of that name for which the server requests it, with `emitWithAck`, `call` or a
   * callback. Such events are not among {@link received}.
   * @param respond returns the acknowledgement or a promise for it
   */
  answer<K extends EventNamesWithAck<ServerEvents>>(
    event: K,
    respond: (
      ...args: AllButLast<EventParams<ServerEvents, K>>
    ) => AckResult<Last<EventParams<ServerEvents, K>>> | Promise<AckResult<Last<EventParams<ServerEvents, K>>>>,
  ): this {
    this.#client.answer(event, respond as Responder);
    return this;
  }

  /**
   * Resolves when everything has settled: all packets of all clients are handled, handlers have finished, and the
   * packets they sent have been received.
   * @throws SocketIoError `HANDLER_FAILED` if there is a failure that no test has taken yet; `NOT_SETTLED`
   */
  settled(): Promise<void> {
    const { monitor, timeout } = this.#client.connection;
    return monitor.settled(timeout);
  }

  /** Takes the failures on the server that were not meant as an answer to the client. No promise rejects with them. */
  failures(): Failure[] {
    return this.#client.connection.monitor.takeFailures();
  }

  /** Resolves with the reason when the client is disconnected. @throws SocketIoError `NOT_RECEIVED` */
  disconnected({ within }: WaitOptions = {}): Promise<TestDisconnectReason> {
    return this.#client.disconnected(within);
  }

  /**
   * Leaves the namespace. Leaving the last one closes the connection. Then waits as {@link settled} does, for
   * disconnect handlers too.
   */
  disconnect(): Promise<void> {
    this.#client.leave();
    return this.settled();
  }

  /** Leaves all namespaces of the connection. With only one, this is the same as {@link disconnect}. */
  close(): Promise<void> {
    this.#client.connection.close();
    return this.settled();
  }

  /** Drops the connection without a closing handshake, as a network failure does. */
  terminate(): Promise<void> {
    this.#client.connection.terminate();
    return this.settled();
  }

  #emitWithCallback(data: [event: string, ...args: unknown[]], callback: Responder): void {
    const { monitor } = this.#client.connection;
    this.#client.send(data, (answer) => {
      void contain(
        () => callback(...answer),
        (error) => monitor.failed(`the test's callback for "${data[0]}" failed`, error),
      );
    });
  }
}
