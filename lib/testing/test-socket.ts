/** A test client in one namespace, without event types. It sends and receives packets and settles expectations. */
import { contain } from '../engine/internal.js';
import { SocketIoError } from '../errors.js';
import { type EventPacket, type Packet, PacketType, type Refusal } from '../protocol/internal.js';
import { ConnectionRefused, type Socket } from '../server/internal.js';
import type { Expectation, Resolvers } from './expectation.js';
import { ReceivedEvents } from './received-events.js';
import type { NamespaceClient, TestConnection, TestDisconnectReason } from './test-connection.js';

/** Answers an event of the server, or is called with an acknowledgement. */
export type Responder = (...args: unknown[]) => unknown;

/**
 * The reason that the server gave for a disconnect.
 * @publicApi
 */
export interface TestDisconnectDetails {
  readonly code: string;
  readonly message: string;
}

/** How an expectation fails, and how long it waits. */
interface Expected {
  /** The error message if nothing was received although everything has settled. */
  readonly missing: () => string;
  /** The start of the error message if the client is disconnected. */
  readonly lost: string;
  readonly within?: number | undefined;
  readonly isPromised?: (() => boolean) | undefined;
}

export class TestSocket implements NamespaceClient {
  // --- Public attributes ---

  readonly connection: TestConnection;
  readonly nsp: string;
  readonly received = new ReceivedEvents();
  /** The id of the socket; empty until the server accepts the client. */
  id = '';
  /** Why the client was disconnected; `null` until then. */
  reason: TestDisconnectReason | null = null;
  /** The reason that the server gave for the disconnect, if it gave one. */
  details: TestDisconnectDetails | null = null;
  readonly #responders = new Map<string, Responder>();
  /** Acknowledgements that the server has not sent yet, by id. */
  readonly #acks = new Map<number, (answer: readonly unknown[]) => void>();
  /** One function for each acknowledgement that the server still expects; it ends the wait for that one. */
  readonly #unanswered = new Set<() => void>();
  #expected: { readonly resolvers: Resolvers<never>; readonly lost: string }[] = [];
  #disconnectWaiters: Resolvers<TestDisconnectReason>[] = [];
  #joining: Resolvers<void> | null = null;
  #nextAckId = 0;

  constructor(connection: TestConnection, nsp: string) {
    this.connection = connection;
    this.nsp = nsp;
  }

  get connected(): boolean {
    return this.id !== '' && this.reason === null;
  }

  /** The socket on the server. */
  get serverSocket(): Socket | undefined {
    return this.connected ? this.connection.monitor.server.of(this.nsp).sockets.get(this.id) : undefined;
  }

  // --- Public methods ---

  /** @throws ConnectionRefused if the server refuses the client; SocketIoError `NOT_RECEIVED` if it does not answer */
  async join(auth: Readonly<Record<string, unknown>> | undefined): Promise<void> {
    this.connection.add(this.nsp, this);
    try {
      await this.expect<void>(
        (resolvers) => {
          this.#joining = resolvers;
          this.connection.send({ type: PacketType.CONNECT, nsp: this.nsp, data: auth });
        },
        {
          missing: () => `the server did not answer the CONNECT to ${this.nsp}`,
          lost: 'the CONNECT cannot be answered',
        },
      );
    } catch (error) {
      this.connection.remove(this.nsp);
      throw error;
    }
  }

  /** @throws SocketIoError `CLIENT_GONE` if the client is not connected; any exception of the codec */
  send(data: EventPacket['data'], acknowledged?: (answer: readonly unknown[]) => void): void {
    if (!this.connected) throw this.#goneError(`"${data[0]}" cannot be sent`);
    const id = acknowledged === undefined ? undefined : this.#nextAckId++;
    this.connection.send({ type: PacketType.EVENT, nsp: this.nsp, id, data });
    if (id !== undefined && acknowledged !== undefined) this.#acks.set(id, acknowledged);
  }

  /** Sends an event and resolves with the first argument of its acknowledgement. */
  emitWithAck(data: EventPacket['data']): Promise<unknown> {
    const [event] = data;
    const lost = `"${event}" was not acknowledged`;
    const reason = (): string =>
      this.#isHandled(event) ? ` within ${this.connection.timeout} ms` : ': no handler is registered for it';
    const missing = (): string => `${lost} in ${this.nsp}${reason()}`;
    const begin = ({ resolve, reject }: Resolvers<unknown>): void =>
      this.send(data, ([value]) => {
        // In a namespace with gateways, the server answers an event that has no handler.
        if (codeOf(value) === 'unknown_event' && !this.#isHandled(event)) {
          reject(new SocketIoError('NOT_RECEIVED', missing()));
        } else resolve(value);
      });
    return this.expect(begin, {
      missing,
      lost,
      isPromised: () => this.#isHandled(event), // its handler may acknowledge from a callback
    });
  }

  /** From now on, acknowledges events of that name with the value that `responder` returns. */
  answer(event: string, responder: Responder): void {
    this.#responders.set(event, responder);
  }

  expect<T>(begin: (resolvers: Resolvers<T>) => void, { missing, lost, within, isPromised }: Expected): Expectation<T> {
    return this.connection.monitor.expect<T>(
      (resolvers) => {
        begin(resolvers);
        if (this.reason !== null && resolvers.isOpen()) resolvers.reject(this.#goneError(lost));
        this.#expected = this.#expected.filter((each) => each.resolvers.isOpen());
        this.#expected.push({ resolvers, lost });
      },
      () => new SocketIoError('NOT_RECEIVED', missing()),
      { timeout: this.connection.timeout, within, isPromised },
    );
  }

  /** Resolves with the reason when the client is disconnected. */
  disconnected(within: number | undefined): Expectation<TestDisconnectReason> {
    return this.connection.monitor.expect(
      (resolvers) => {
        if (this.reason === null) this.#disconnectWaiters.push(resolvers);
        else resolvers.resolve(this.reason);
      },
      () =>
        new SocketIoError('NOT_RECEIVED', `the client is still connected to ${this.nsp}; ${this.received.describe()}`),
      { timeout: this.connection.timeout, within },
    );
  }

  /** Leaves the namespace. Leaving the last one closes the connection. */
  leave(): void {
    if (!this.connected) return;
    this.connection.send({ type: PacketType.DISCONNECT, nsp: this.nsp });
    this.connection.remove(this.nsp);
    this.onDisconnect('io client disconnect');
  }

  onPacket(packet: Packet): void {
    switch (packet.type) {
      case PacketType.CONNECT:
        this.id = packet.data?.['sid'] as string;
        return this.#joining?.resolve();
      case PacketType.CONNECT_ERROR:
        return this.#joining?.reject(this.#refusedError(packet.data as Refusal));
      case PacketType.EVENT:
        return this.#receiveEvent(packet);
      case PacketType.ACK: {
        const id = packet.id as number; // the server acknowledges only events that requested it
        const acknowledged = this.#acks.get(id);
        this.#acks.delete(id);
        return acknowledged?.(packet.data);
      }
      case PacketType.DISCONNECT:
        this.connection.remove(this.nsp);
        return this.onDisconnect('io server disconnect');
    }
  }

  onDisconnect(reason: TestDisconnectReason): void {
    if (this.reason !== null) return;
    this.reason = reason;
    for (const endWait of this.#unanswered) endWait();
    for (const { resolvers, lost } of this.#expected) resolvers.reject(this.#goneError(lost));
    for (const { resolve } of this.#disconnectWaiters) resolve(reason);
    this.#expected = [];
    this.#disconnectWaiters = [];
  }

  // --- Inside ---

  #receiveEvent({ id, data }: EventPacket): void {
    const [event, ...args] = data;
    if (event === 'disconnect_reason') this.details = args[0] as TestDisconnectDetails;
    const responder = this.#responders.get(String(event));
    if (id === undefined) this.received.add(data);
    else if (responder === undefined) this.received.add([...data, this.#acknowledger(id, event)]);
    else this.#respond(responder, args, this.#acknowledger(id, event), event);
  }

  #respond(responder: Responder, args: readonly unknown[], acknowledge: Responder, event: string | number): void {
    const what = `the test's answer to "${event}"`;
    const running = contain(
      async () => {
        const value = await responder(...args);
        acknowledge(...(value === undefined ? [] : [value]));
      },
      (error) => this.connection.monitor.failed(`${what} failed`, error),
    );
    if (running !== null) this.connection.monitor.running(what, running);
  }

  /** Returns a function that acknowledges an event of the server; only its first call has an effect. */
  #acknowledger(id: number, event: string | number): (...args: unknown[]) => void {
    const answered = this.connection.monitor.ackRequested(`"${event}" in ${this.nsp}`);
    const endWait = (): boolean => {
      answered();
      return this.#unanswered.delete(endWait);
    };
    this.#unanswered.add(endWait);
    return (...args) => {
      if (endWait()) this.connection.send({ type: PacketType.ACK, nsp: this.nsp, id, data: args });
    };
  }

  #isHandled(event: string | number): boolean {
    const { serverSocket } = this;
    if (serverSocket === undefined) return false;
    return (
      serverSocket.nsp.handles(event) ||
      serverSocket.listenerCount(String(event)) + serverSocket.listenersAny().length > 0
    );
  }

  #refusedError({ message, data }: Refusal): ConnectionRefused {
    const cause = this.connection.monitor.toError(null); // a failure on the server, which the client is not sent
    return new ConnectionRefused(message, data, cause === null ? {} : { cause });
  }

  #goneError(what: string): SocketIoError {
    const why = this.details === null ? '' : ` (${this.details.code}: ${this.details.message})`;
    const how = this.reason === null ? 'not connected yet' : `${this.reason}${why}`;
    return new SocketIoError('CLIENT_GONE', `${what} in ${this.nsp}: ${how}; ${this.received.describe()}`);
  }
}

/** The code in the acknowledgement `{ error: { code } }`. */
function codeOf(acknowledged: unknown): unknown {
  return (acknowledged as { readonly error?: { readonly code?: unknown } | null } | null | undefined)?.error?.code;
}
