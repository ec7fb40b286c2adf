/**
 * The chains' end in a process that has no server. Whatever would need an answer throws at once, since none
 * could come; the rest is sent on its way.
 */
import { SocketIoError } from '../errors.js';
import type { EventPacket } from '../protocol/index.js';
import { type Audience, type BroadcastTarget, type Delivery, refuseReservedBetweenServers } from '../server/index.js';

export abstract class SendOnly implements Delivery {
  broadcast(packet: EventPacket, target: BroadcastTarget): void {
    if (this.#isAnybody(target)) this.send(packet, target);
  }

  /** @throws SocketIoError `EMIT_ONLY` */
  broadcastWithAck({ data }: EventPacket): never {
    throw noAnswer(`an acknowledgement of "${data[0]}"`);
  }

  /** @throws SocketIoError `EMIT_ONLY` */
  fetchSockets(): Promise<never> {
    return Promise.reject(noAnswer('the list of sockets, on which fetchSockets() and call() depend'));
  }

  socketsJoin(target: BroadcastTarget, rooms: readonly string[]): void {
    if (this.#isAnybody(target)) this.join(target, rooms);
  }

  socketsLeave(target: BroadcastTarget, rooms: readonly string[]): void {
    if (this.#isAnybody(target)) this.leave(target, rooms);
  }

  disconnectSockets(target: BroadcastTarget, close: boolean): void {
    if (this.#isAnybody(target)) this.disconnect(target, close);
  }

  /** @throws SocketIoError `EMIT_ONLY` when answers are asked for */
  serverSideEmit(args: readonly unknown[]): void {
    if (typeof args.at(-1) === 'function') throw noAnswer(`the servers' answers to "${String(args[0])}"`);
    this.emitToServers(args);
  }

  protected abstract send(packet: EventPacket, target: BroadcastTarget): void;
  protected abstract join(target: BroadcastTarget, rooms: readonly string[]): void;
  protected abstract leave(target: BroadcastTarget, rooms: readonly string[]): void;
  protected abstract disconnect(target: BroadcastTarget, close: boolean): void;
  protected abstract emitToServers(args: readonly unknown[]): void;

  /** `to([])` is nobody. @throws SocketIoError `EMIT_ONLY` for `local` */
  #isAnybody({ rooms, flags }: BroadcastTarget): boolean {
    if (flags.local === true) {
      throw new SocketIoError(
        'EMIT_ONLY',
        'local means the clients of this process, which has no server: leave it out',
      );
    }
    return rooms?.length !== 0;
  }
}

/** A namespace as such a process has it: chains begin there. */
export class SendOnlyNamespace implements Audience {
  readonly name: string;
  readonly delivery: SendOnly;
  readonly ackTimeout = 0; // nobody waits

  constructor(name: string, delivery: SendOnly) {
    this.name = name;
    this.delivery = delivery;
  }

  /** Nothing is ever called back. */
  contain(): void {}

  /** @throws SocketIoError `RESERVED_EVENT`, `EMIT_ONLY` when answers are asked for */
  serverSideEmit(event: string, ...args: unknown[]): true {
    refuseReservedBetweenServers(event);
    this.delivery.serverSideEmit([event, ...args]);
    return true;
  }
}

function noAnswer(what: string): SocketIoError {
  return new SocketIoError(
    'EMIT_ONLY',
    `${what} cannot reach this process, which only emits: ask from a process with a server, ` +
      'that is SocketIoModule.forRoot({ adapter }), or emit without asking',
  );
}
