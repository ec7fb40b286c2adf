/**
 * The chain `to().except().volatile.emit()`, written once. A namespace, a server and an injected
 * broadcaster are the beginning of such a chain; each link returns a `BroadcastOperator`, a value that
 * may be kept and used again.
 * Source: Socket.IO, `BroadcastOperator`.
 */
import { SocketIoError } from '../../errors.js';
import { type EventPacket, PacketType } from '../../protocol/index.js';
import type { AllAcknowledged } from '../adapter/ack-collector.js';
import type { Delivery } from '../adapter/adapter.js';
import { BroadcastTarget } from '../adapter/broadcast-target.js';
import { refuseReserved } from './event-names.js';
import type {
  AckResult,
  AllButLast,
  DefaultEventsMap,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  Last,
  WithResponses,
} from './event-map.js';
import type { RemoteSocket } from '../hosted/distant-socket.js';

/** One room or socket id, or several. */
export type Rooms = string | readonly string[];

/** Whose sockets a chain is about. */
export interface Audience {
  readonly name: string;
  readonly delivery: Delivery;
  /** ms that acknowledgements are waited for where the chain does not say. */
  readonly ackTimeout: number;
  /** Calls something of the application; a failure goes no further. */
  contain(what: string, call: () => unknown): void;
}

export abstract class Broadcasting<Emit extends EventsMap = DefaultEventsMap, Data = unknown> {
  protected abstract readonly audience: Audience;

  protected get target(): BroadcastTarget {
    return BroadcastTarget.everybody;
  }

  /** Those in a room, or with an id; several add up, each client once. `to([])` is nobody. */
  to(rooms: Rooms): BroadcastOperator<Emit, Data> {
    return this.#retarget(this.target.to(rooms));
  }

  /** The same as {@link to}. */
  in(rooms: Rooms): BroadcastOperator<Emit, Data> {
    return this.to(rooms);
  }

  /** Not those in a room, or with an id. */
  except(rooms: Rooms): BroadcastOperator<Emit, Data> {
    return this.#retarget(this.target.except(rooms));
  }

  /** Rather lost than late: a receiver that has not taken what it was sent before is passed over. */
  get volatile(): BroadcastOperator<Emit, Data> {
    return this.#retarget(this.target.with({ volatile: true }));
  }

  /** Only clients of this process. */
  get local(): BroadcastOperator<Emit, Data> {
    return this.#retarget(this.target.with({ local: true }));
  }

  /** Whether to compress, where `perMessageDeflate` is on. */
  compress(compress: boolean): BroadcastOperator<Emit, Data> {
    return this.#retarget(this.target.with({ compress }));
  }

  /** @param timeout ms that acknowledgements are waited for */
  timeout(timeout: number): BroadcastOperator<Emit, Data> {
    return this.#retarget(this.target.with({ timeout }));
  }

  /**
   * Sends an event to every receiver. A function as last argument is called once with `(error, responses)`,
   * one response per receiver, when all have answered or the time is up.
   * @throws SocketIoError `RESERVED_EVENT`; `VALUE_TOO_DEEP`, `TOO_MANY_ATTACHMENTS`
   */
  emit<K extends EventNames<Emit>>(event: K, ...args: EventParams<WithResponses<Emit>, K>): true;
  emit(event: string, ...args: unknown[]): true {
    const callback = args.at(-1);
    if (typeof callback === 'function') {
      this.#ask(event, args.slice(0, -1), (...result) => {
        this.audience.contain(`the acknowledgement callback of "${event}"`, () =>
          (callback as AllAcknowledged)(...result),
        );
      });
    } else {
      this.audience.delivery.broadcast(this.#packet(event, args), this.target);
    }
    return true;
  }

  /**
   * @returns one response per receiver
   * @throws AckError with the `responses` that came, when not all did
   */
  emitWithAck<K extends EventNamesWithAck<Emit>>(
    event: K,
    ...args: AllButLast<EventParams<Emit, K>>
  ): Promise<AckResult<Last<EventParams<Emit, K>>>[]>;
  emitWithAck(event: string, ...args: unknown[]): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      this.#ask(event, args, (error, responses) => (error === null ? resolve([...responses]) : reject(error)));
    });
  }

  /**
   * Asks one client and waits for its answer, at most `ackTimeout` unless {@link timeout} says otherwise.
   * Source: Flask-SocketIO, `call`.
   * @throws SocketIoError `NOT_ONE_RECEIVER` when the chain selects none or several; `ACK_TIMEOUT`, `CLIENT_GONE`
   */
  async call<K extends EventNamesWithAck<Emit>>(
    event: K,
    ...args: AllButLast<EventParams<Emit, K>>
  ): Promise<AckResult<Last<EventParams<Emit, K>>>>;
  async call(event: string, ...args: unknown[]): Promise<unknown> {
    if (this.audience.delivery.isOneUnseen?.(this.target) !== true) {
      const receivers = await this.fetchSockets();
      if (receivers.length !== 1) throw notOneReceiver(event, receivers.length);
    }
    let answers;
    try {
      answers = await (this as unknown as Broadcasting).emitWithAck(event, ...args);
    } catch (error) {
      throw error instanceof SocketIoError && error.cause instanceof SocketIoError ? error.cause : error;
    }
    if (answers.length !== 1) throw notOneReceiver(event, answers.length); // somebody came or left meanwhile
    return answers[0];
  }

  /** Sends the event `message`. */
  send(...args: EventParams<Emit, 'message'>): this {
    (this as unknown as Broadcasting).emit('message', ...args);
    return this;
  }

  /** The same as {@link send}. */
  write(...args: EventParams<Emit, 'message'>): this {
    return this.send(...args);
  }

  /** The sockets that are meant. */
  fetchSockets(): Promise<RemoteSocket<Emit, Data>[]> {
    return this.audience.delivery.fetchSockets(this.target) as Promise<RemoteSocket<Emit, Data>[]>;
  }

  /**
   * The ids of the sockets that are meant.
   * @deprecated `fetchSockets` says more. Source: Socket.IO, which has deprecated it too.
   */
  async allSockets(): Promise<Set<string>> {
    return new Set((await this.fetchSockets()).map(({ id }) => id));
  }

  socketsJoin(rooms: Rooms): void {
    this.audience.delivery.socketsJoin(this.target, [rooms].flat());
  }

  socketsLeave(rooms: Rooms): void {
    this.audience.delivery.socketsLeave(this.target, [rooms].flat());
  }

  /** @param close whether to end their connections too, not only their stay in this namespace */
  disconnectSockets(close = false): void {
    this.audience.delivery.disconnectSockets(this.target, close);
  }

  #retarget(target: BroadcastTarget): BroadcastOperator<Emit, Data> {
    return new BroadcastOperator(this.audience, target);
  }

  #packet(event: string, args: readonly unknown[]): EventPacket {
    refuseReserved(event);
    return { type: PacketType.EVENT, nsp: this.audience.name, data: [event, ...args] };
  }

  #ask(event: string, args: readonly unknown[], done: AllAcknowledged): void {
    const { audience, target } = this;
    const timeout = target.flags.timeout ?? audience.ackTimeout;
    audience.delivery.broadcastWithAck(this.#packet(event, args), target, timeout, done);
  }
}

export class BroadcastOperator<Emit extends EventsMap = DefaultEventsMap, Data = unknown> extends Broadcasting<
  Emit,
  Data
> {
  protected readonly audience: Audience;
  readonly #target: BroadcastTarget;

  constructor(audience: Audience, target: BroadcastTarget) {
    super();
    this.audience = audience;
    this.#target = target;
  }

  protected override get target(): BroadcastTarget {
    return this.#target;
  }
}

function notOneReceiver(event: string, receivers: number): SocketIoError {
  return new SocketIoError(
    'NOT_ONE_RECEIVER',
    `call("${event}") selects ${receivers} clients, it needs one: to(client.id).call(...), or emitWithAck for several`,
  );
}
