/**
 * The chain `volatile.timeout(1000).emitWithAck()`, which sends to one client. A link is a value, not a flag that is
 * set on the socket: it can be stored and used again, and has no effect on other emits.
 * Source: Socket.IO, `Socket`.
 */
import type { EventPacket } from '../../protocol/internal.js';
import type { Settle } from '../adapter/ack-collector.js';
import type { Flags, Rooms } from '../adapter/broadcast-target.js';
import type { BroadcastOperator } from './broadcast-operator.js';
import {
  type AckResult,
  type AllButLast,
  checkEventName,
  type EventNames,
  type EventNamesWithAck,
  type EventParams,
  type EventsMap,
  type Last,
  type WithTimeout,
} from './event-map.js';
import { checkLatestKey, refuseLatestWithAck } from './latest-key.js';

/** The socket to which a chain sends. */
export interface DirectPort<Emit extends EventsMap, Data> {
  /** Sends an event. @param settle requests an acknowledgement, unless it is `null` */
  sendEvent(data: EventPacket['data'], flags: Flags, settle: Settle | null): void;
  /** A chain to all other clients of the namespace. */
  others(flags: Flags): BroadcastOperator<Emit, Data>;
  /** ms */
  readonly ackTimeout: number;
  /** Runs application code. An exception or rejection is logged and goes no further. */
  contain(what: string, call: () => unknown): void;
}

/**
 * The methods are documented at `Socket`, which has the same ones.
 * @publicApi
 */
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
    if (typeof callback === 'function')
      this.#emitWithAck(event, args.slice(0, -1), callback as (...args: unknown[]) => void);
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

  latest(key: string): DirectOperator<Emit, Data> {
    checkLatestKey(key);
    return this.#with({ latest: key });
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

  /** After `timeout()`, the callback takes an error first. Otherwise it is called only if the client answers. */
  #emitWithAck(event: string, args: unknown[], callback: (...args: unknown[]) => void): void {
    const withError = this.#flags.timeout !== undefined;
    this.#send(event, args, (error, answer) => {
      if (error !== null && !withError) return;
      const given = withError ? [error, ...answer] : answer;
      this.#port.contain(`the acknowledgement callback of "${event}"`, () => callback(...given));
    });
  }

  #send(event: string, args: unknown[], settle: Settle | null): void {
    checkEventName(event);
    if (settle !== null) refuseLatestWithAck(event, this.#flags);
    this.#port.sendEvent([event, ...args], this.#flags, settle);
  }
}
