/**
 * The chain `to().except().volatile.emit()`. A chain starts at a namespace, a server or an injected broadcaster. Each
 * link returns a new `BroadcastOperator`: a value that can be stored and used again.
 * Source: Socket.IO, `BroadcastOperator`.
 */
import { ClientReason, type ReasonGiven } from '../../engine/internal.js';
import { SocketIoError } from '../../errors.js';
import { type EventPacket, PacketType } from '../../protocol/internal.js';
import type { AllAcknowledged } from '../adapter/ack-collector.js';
import type { Audience, RemoteSocket } from '../adapter/adapter.js';
import { BroadcastTarget, type Rooms } from '../adapter/broadcast-target.js';
import { Emission } from '../telemetry/emission.js';
import type { Instruments } from '../telemetry/instruments.js';
import {
  type AckResult,
  type AllButLast,
  checkEventName,
  type DefaultEventsMap,
  type EventNames,
  type EventNamesWithAck,
  type EventParams,
  type EventsMap,
  type Last,
  type WithResponses,
} from './event-map.js';
import { checkLatestKey, refuseLatestWithAck } from './latest-key.js';

/** The methods of a chain, for every object at which a chain can start. */
export abstract class Broadcasting<Emit extends EventsMap = DefaultEventsMap, Data = unknown> {
  protected abstract readonly audience: Audience;

  /** @internal The namespace and the receivers that a chain selects. */
  static selectionOf({ audience, target }: Broadcasting): {
    readonly audience: Audience;
    readonly target: BroadcastTarget;
  } {
    return { audience, target };
  }

  protected get target(): BroadcastTarget {
    return BroadcastTarget.everybody;
  }

  /** Selects the clients in the rooms or with the ids given. Further calls add to them. `to([])` selects no one. */
  to(rooms: Rooms): BroadcastOperator<Emit, Data> {
    return this.#retarget(this.target.to(rooms));
  }

  /** The same as {@link to}. */
  in(rooms: Rooms): BroadcastOperator<Emit, Data> {
    return this.to(rooms);
  }

  /** Leaves out the clients in the rooms or with the ids given. */
  except(rooms: Rooms): BroadcastOperator<Emit, Data> {
    return this.#retarget(this.target.except(rooms));
  }

  /** Drops the event for each receiver that has not read earlier ones yet, instead of queueing it. */
  get volatile(): BroadcastOperator<Emit, Data> {
    return this.#retarget(this.target.with({ volatile: true }));
  }

  /**
   * Sends the newest value of a key, such as the price of a share. A receiver that has read all earlier ones gets each
   * value. For one that lags, a value waits until it can be sent, and a later one with the same key replaces it. A key
   * belongs to an event in a namespace. It has no effect on `volatile` events. Connection state recovery keeps none.
   * @throws SocketIoError `INVALID_ARGUMENT` for another key than a text of 1 to 255 characters
   */
  latest(key: string): BroadcastOperator<Emit, Data> {
    checkLatestKey(key);
    return this.#retarget(this.target.with({ latest: key }));
  }

  /** Selects clients of this process only. */
  get local(): BroadcastOperator<Emit, Data> {
    return this.#retarget(this.target.with({ local: true }));
  }

  /** Sets whether to compress the event, if `perMessageDeflate` is on. */
  compress(compress: boolean): BroadcastOperator<Emit, Data> {
    return this.#retarget(this.target.with({ compress }));
  }

  /** @param timeout ms to wait for acknowledgements */
  timeout(timeout: number): BroadcastOperator<Emit, Data> {
    return this.#retarget(this.target.with({ timeout }));
  }

  /**
   * Sends an event to every receiver. A function as last argument is called once with `(error, responses)`, one
   * response per receiver, when all have answered or the timeout has passed.
   * @throws SocketIoError `INVALID_ARGUMENT`, `RESERVED_EVENT`; `VALUE_TOO_DEEP`, `TOO_MANY_ATTACHMENTS`
   */
  emit<K extends EventNames<Emit>>(event: K, ...args: EventParams<WithResponses<Emit>, K>): true;
  emit(event: string, ...args: unknown[]): true {
    const callback = args.at(-1);
    if (typeof callback === 'function') {
      this.#emitWithAck(event, args.slice(0, -1), (...result) => {
        this.audience.contain(`the acknowledgement callback of "${event}"`, () =>
          (callback as AllAcknowledged)(...result),
        );
      });
    } else {
      const { audience, target } = this;
      const packet = this.#packet(event, args);
      if (audience.instruments == null) audience.delivery.broadcast(packet, target);
      else this.#emitWatched(audience.instruments, event, false, () => audience.delivery.broadcast(packet, target));
    }
    return true;
  }

  /**
   * Sends an event to every receiver and waits for their acknowledgements.
   * @returns one response per receiver
   * @throws AckError if some receivers did not acknowledge; `responses` has the answers of the others
   */
  emitWithAck<K extends EventNamesWithAck<Emit>>(
    event: K,
    ...args: AllButLast<EventParams<Emit, K>>
  ): Promise<AckResult<Last<EventParams<Emit, K>>>[]>;
  emitWithAck(event: string, ...args: unknown[]): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      this.#emitWithAck(event, args, (error, responses) => (error === null ? resolve([...responses]) : reject(error)));
    });
  }

  /**
   * Sends an event to one client and waits for its answer, at most `ackTimeout` unless {@link timeout} says otherwise.
   * Source: Flask-SocketIO, `call`.
   * @throws SocketIoError `NOT_ONE_RECEIVER` if the chain selects no client or several; `ACK_TIMEOUT`, `CLIENT_GONE`
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
    if (answers.length !== 1) throw notOneReceiver(event, answers.length); // a client joined or left in the meantime
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

  /** Returns the selected sockets, including those of other servers in a cluster. */
  fetchSockets(): Promise<RemoteSocket<Emit, Data>[]> {
    return this.audience.delivery.fetchSockets(this.target) as Promise<RemoteSocket<Emit, Data>[]>;
  }

  /** Returns the ids of the selected sockets, including those of other servers in a cluster. */
  async fetchSocketIds(): Promise<string[]> {
    const { audience, target } = this;
    const ids = await audience.delivery.fetchSocketIds?.(target);
    return ids ?? (await this.fetchSockets()).map(({ id }) => id);
  }

  /** Returns the number of the selected sockets, including those of other servers in a cluster. */
  async countSockets(): Promise<number> {
    const { audience, target } = this;
    const count = await audience.delivery.countSockets?.(target);
    return count ?? (await this.fetchSockets()).length;
  }

  /**
   * Returns the ids of the selected sockets.
   * @deprecated Use `fetchSocketIds`. Source: Socket.IO, which deprecates it too.
   */
  async allSockets(): Promise<Set<string>> {
    return new Set(await this.fetchSocketIds());
  }

  /** Makes the selected sockets join rooms. */
  socketsJoin(rooms: Rooms): void {
    this.audience.delivery.socketsJoin(this.target, [rooms].flat());
  }

  /** Makes the selected sockets leave rooms. */
  socketsLeave(rooms: Rooms): void {
    this.audience.delivery.socketsLeave(this.target, [rooms].flat());
  }

  /**
   * Disconnects the selected sockets from this namespace.
   * @param close whether to close their connections, which disconnects them from every namespace
   * @param reason as for `socket.disconnect`. With a published adapter, only clients of this server get it
   * @throws SocketIoError `INVALID_ARGUMENT` for another reason than a text or `{ code, message }`
   */
  disconnectSockets(close = false, reason?: ReasonGiven): void {
    const told = reason === undefined ? undefined : ClientReason.of(reason);
    this.audience.delivery.disconnectSockets(this.target, close, told);
  }

  #retarget(target: BroadcastTarget): BroadcastOperator<Emit, Data> {
    return new BroadcastOperator(this.audience, target);
  }

  #packet(event: string, args: readonly unknown[]): EventPacket {
    checkEventName(event);
    const { name, serializer = null } = this.audience;
    const sent = serializer === null ? args : serializer(args);
    return { type: PacketType.EVENT, nsp: name, data: [event, ...sent] };
  }

  #emitWithAck(event: string, args: readonly unknown[], done: AllAcknowledged): void {
    const { audience, target } = this;
    refuseLatestWithAck(event, target.flags);
    const timeout = target.flags.timeout ?? audience.ackTimeout;
    const packet = this.#packet(event, args);
    const { delivery, instruments } = audience;
    if (instruments == null) return delivery.broadcastWithAck(packet, target, timeout, done);
    this.#emitWatched(instruments, event, true, () =>
      delivery.broadcastWithAck(packet, target, timeout, instruments.tracer?.bind(done) ?? done),
    );
  }

  #emitWatched(instruments: Instruments, event: string, wantsAck: boolean, emit: () => void): void {
    const { name, label = name } = this.audience;
    instruments.emit(new Emission(name, label, event, this.target, false, wantsAck), emit);
  }
}

/** @publicApi */
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
    `call("${event}") must select one client, got ${receivers}: use to(client.id).call(...), or emitWithAck for several`,
  );
}
