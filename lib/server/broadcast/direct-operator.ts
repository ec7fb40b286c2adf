/**
 * Sending to one client: the chain `volatile.timeout(1000).emitWithAck()`, written once. A link is a
 * value, not a mark on the socket: it may be kept and used again, and disturbs no other emit.
 * Source: Socket.IO, `Socket`.
 */
import { Listenable } from '../../engine/index.js';
import type { EventPacket } from '../../protocol/index.js';
import type { Settle } from '../adapter/ack-collector.js';
import type { Flags } from '../adapter/broadcast-target.js';
import type { BroadcastOperator, Rooms } from './broadcast-operator.js';
import { refuseReserved } from './event-names.js';
import type {
  AckResult,
  AllButLast,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  Last,
  WithTimeout,
} from './event-map.js';

/** What the chain asks of the socket at its end. */
export interface DirectPort<Emit extends EventsMap, Data> {
  /** @param settle there when an acknowledgement is wanted */
  sendEvent(data: EventPacket['data'], flags: Flags, settle: Settle | null): void;
  /** Everybody in the namespace but this client. */
  others(flags: Flags): BroadcastOperator<Emit, Data>;
  readonly ackTimeout: number;
  /** Calls something of the application; a failure goes no further. */
  contain(what: string, call: () => unknown): void;
}

export class DirectOperator<Emit extends EventsMap, Data> {
  readonly #port: DirectPort<Emit, Data>;
  readonly #flags: Flags;

  constructor(port: DirectPort<Emit, Data>, flags: Flags) {
    this.#port = port;
    this.#flags = flags;
  }

  emit<K extends EventNames<Emit>>(event: K, ...args: EventParams<Emit, K>): true;
  emit(event: string, ...args: unknown[]): true {
    const callback = args.at(-1);
    if (typeof callback === 'function') this.#ask(event, args.slice(0, -1), callback as (...args: unknown[]) => void);
    else this.#send(event, args, null);
    return true;
  }

  emitWithAck<K extends EventNamesWithAck<Emit>>(
    event: K,
    ...args: AllButLast<EventParams<Emit, K>>
  ): Promise<AckResult<Last<EventParams<Emit, K>>>>;
  emitWithAck(event: string, ...args: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#send(event, args, (error, answer) => (error === null ? resolve(answer[0]) : reject(error)));
    });
  }

  call<K extends EventNamesWithAck<Emit>>(
    event: K,
    ...args: AllButLast<EventParams<Emit, K>>
  ): Promise<AckResult<Last<EventParams<Emit, K>>>> {
    const { timeout = this.#port.ackTimeout } = this.#flags;
    return this.#with({ timeout }).emitWithAck(event, ...args);
  }

  send(...args: EventParams<Emit, 'message'>): this {
    this.#send('message', args, null);
    return this;
  }

  write(...args: EventParams<Emit, 'message'>): this {
    return this.send(...args);
  }

  to(rooms: Rooms): BroadcastOperator<Emit, Data> {
    return this.#port.others(this.#flags).to(rooms);
  }

  in(rooms: Rooms): BroadcastOperator<Emit, Data> {
    return this.to(rooms);
  }

  except(rooms: Rooms): BroadcastOperator<Emit, Data> {
    return this.#port.others(this.#flags).except(rooms);
  }

  get broadcast(): BroadcastOperator<Emit, Data> {
    return this.#port.others(this.#flags);
  }

  get volatile(): DirectOperator<Emit, Data> {
    return this.#with({ volatile: true });
  }

  get local(): BroadcastOperator<Emit, Data> {
    return this.#port.others({ ...this.#flags, local: true });
  }

  compress(compress: boolean): DirectOperator<Emit, Data> {
    return this.#with({ compress });
  }

  timeout(timeout: number): DirectOperator<WithTimeout<Emit>, Data> {
    return this.#with({ timeout });
  }

  #with(flags: Flags): DirectOperator<Emit, Data> {
    return new DirectOperator(this.#port, { ...this.#flags, ...flags });
  }

  /** With a time-out, a callback gets an error first; without one, it is called only when the client answers. */
  #ask(event: string, args: unknown[], callback: (...args: unknown[]) => void): void {
    const withError = this.#flags.timeout !== undefined;
    this.#send(event, args, (error, answer) => {
      if (error !== null && !withError) return;
      const given = withError ? [error, ...answer] : answer;
      this.#port.contain(`the acknowledgement callback of "${event}"`, () => callback(...given));
    });
  }

  #send(event: string, args: unknown[], settle: Settle | null): void {
    refuseReserved(event);
    this.#port.sendEvent([event, ...args], this.#flags, settle);
  }
}

/** The beginning of such a chain, with listeners: what `Socket` is to a handler. */
export abstract class DirectSender<Listen, Own, Emit extends EventsMap, Data> extends Listenable<Listen, Own> {
  protected abstract readonly port: DirectPort<Emit, Data>;

  /**
   * Sends an event to this client. A function as last argument is called with what the client
   * acknowledges; after {@link timeout}, with an error before that.
   * @throws SocketIoError `RESERVED_EVENT`, `VALUE_TOO_DEEP`, `TOO_MANY_ATTACHMENTS`, `TOO_MANY_ACKS`
   */
  emit<K extends EventNames<Emit>>(event: K, ...args: EventParams<Emit, K>): true {
    return this.#direct.emit(event, ...args);
  }

  /**
   * @returns what the client acknowledges
   * @throws SocketIoError `CLIENT_GONE` as soon as the client leaves; `ACK_TIMEOUT` after {@link timeout}
   */
  emitWithAck<K extends EventNamesWithAck<Emit>>(
    event: K,
    ...args: AllButLast<EventParams<Emit, K>>
  ): Promise<AckResult<Last<EventParams<Emit, K>>>> {
    return this.#direct.emitWithAck(event, ...args);
  }

  /** The same, waiting `ackTimeout` at most. Source: Flask-SocketIO, `call`. */
  call<K extends EventNamesWithAck<Emit>>(
    event: K,
    ...args: AllButLast<EventParams<Emit, K>>
  ): Promise<AckResult<Last<EventParams<Emit, K>>>> {
    return this.#direct.call(event, ...args);
  }

  /** Sends the event `message`. */
  send(...args: EventParams<Emit, 'message'>): this {
    this.#direct.send(...args);
    return this;
  }

  /** The same as {@link send}. */
  write(...args: EventParams<Emit, 'message'>): this {
    return this.send(...args);
  }

  /** The others in a room. */
  to(rooms: Rooms): BroadcastOperator<Emit, Data> {
    return this.#direct.to(rooms);
  }

  /** The same as {@link to}. */
  in(rooms: Rooms): BroadcastOperator<Emit, Data> {
    return this.#direct.to(rooms);
  }

  /** The others, but not those in a room. */
  except(rooms: Rooms): BroadcastOperator<Emit, Data> {
    return this.#direct.except(rooms);
  }

  /** The others in the namespace. */
  get broadcast(): BroadcastOperator<Emit, Data> {
    return this.#direct.broadcast;
  }

  /** Rather lost than late. */
  get volatile(): DirectOperator<Emit, Data> {
    return this.#direct.volatile;
  }

  /** The others in the namespace, as far as they are clients of this process. */
  get local(): BroadcastOperator<Emit, Data> {
    return this.#direct.local;
  }

  /** Whether to compress, where `perMessageDeflate` is on. */
  compress(compress: boolean): DirectOperator<Emit, Data> {
    return this.#direct.compress(compress);
  }

  /** @param timeout ms that an acknowledgement is waited for */
  timeout(timeout: number): DirectOperator<WithTimeout<Emit>, Data> {
    return this.#direct.timeout(timeout);
  }

  get #direct(): DirectOperator<Emit, Data> {
    return new DirectOperator(this.port, NO_FLAGS);
  }
}

const NO_FLAGS: Flags = {};
