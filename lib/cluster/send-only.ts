/**
 * Delivery in a process without a server. A call that needs an answer throws at once, because no answer can reach
 * this process. All other calls are sent to the broker.
 */
import { SocketIoError } from '../errors.js';
import type { EventPacket } from '../protocol/internal.js';
import {
  type Audience,
  type BroadcastTarget,
  checkEventNameBetweenServers,
  type Delivery,
  type Serializer,
} from '../server/internal.js';

export abstract class SendOnly implements Delivery {
  broadcast(packet: EventPacket, target: BroadcastTarget): void {
    if (this.#hasReceivers(target)) this.send(packet, target);
  }

  /** @throws SocketIoError `EMIT_ONLY` */
  broadcastWithAck({ data }: EventPacket): never {
    throw noAnswer(`an acknowledgement of "${data[0]}"`);
  }

  /** @throws SocketIoError `EMIT_ONLY` */
  fetchSockets(): Promise<never> {
    return Promise.reject(noAnswer('the list of sockets for fetchSockets() or call()'));
  }

  socketsJoin(target: BroadcastTarget, rooms: readonly string[]): void {
    if (this.#hasReceivers(target)) this.join(target, rooms);
  }

  socketsLeave(target: BroadcastTarget, rooms: readonly string[]): void {
    if (this.#hasReceivers(target)) this.leave(target, rooms);
  }

  disconnectSockets(target: BroadcastTarget, close: boolean): void {
    if (this.#hasReceivers(target)) this.disconnect(target, close);
  }

  /** @throws SocketIoError `EMIT_ONLY` if the last argument is a callback */
  serverSideEmit(args: readonly unknown[]): void {
    if (typeof args.at(-1) === 'function') throw noAnswer(`the servers' answers to "${String(args[0])}"`);
    this.emitToServers(args);
  }

  protected abstract send(packet: EventPacket, target: BroadcastTarget): void;
  protected abstract join(target: BroadcastTarget, rooms: readonly string[]): void;
  protected abstract leave(target: BroadcastTarget, rooms: readonly string[]): void;
  protected abstract disconnect(target: BroadcastTarget, close: boolean): void;
  protected abstract emitToServers(args: readonly unknown[]): void;

  /** Whether any client can match: `to([])` matches none. @throws SocketIoError `EMIT_ONLY` for `local` */
  #hasReceivers({ rooms, flags }: BroadcastTarget): boolean {
    if (flags.local === true) {
      throw new SocketIoError(
        'EMIT_ONLY',
        'local selects the clients of this process, which has no server: leave it out',
      );
    }
    return rooms?.length !== 0;
  }
}

/** The start of broadcast chains to one namespace. */
export class SendOnlyNamespace implements Audience {
  readonly name: string;
  readonly delivery: SendOnly;
  readonly ackTimeout = 0; // acknowledgements are refused
  readonly serializer: Serializer | null;

  constructor(name: string, delivery: SendOnly, serializer: Serializer | null = null) {
    this.name = name;
    this.delivery = delivery;
    this.serializer = serializer;
  }

  /** Does nothing: no callback of the application is ever called here. */
  contain(): void {}

  /** @throws SocketIoError `INVALID_ARGUMENT`, `RESERVED_EVENT`; `EMIT_ONLY` if the last argument is a callback */
  serverSideEmit(event: string, ...args: unknown[]): true {
    checkEventNameBetweenServers(event);
    this.delivery.serverSideEmit([event, ...args]);
    return true;
  }
}

function noAnswer(what: string): SocketIoError {
  return new SocketIoError(
    'EMIT_ONLY',
    `${what} cannot reach this process, which has no server: make the call in a process that imports ` +
      'SocketIoModule.forRoot({ adapter }), or emit without an acknowledgement',
  );
}
