/** A socket of another server in the cluster. Its methods broadcast to the room of its own id. */
import type { ReasonGiven } from '../../engine/internal.js';
import { SocketIoError } from '../../errors.js';
import type { EventPacket } from '../../protocol/internal.js';
import type { Settle } from '../adapter/ack-collector.js';
import type { Audience, RemoteSocket } from '../adapter/adapter.js';
import { BroadcastTarget, type Flags, type Rooms } from '../adapter/broadcast-target.js';
import { BroadcastOperator } from '../broadcast/broadcast-operator.js';
import { DirectOperator } from '../broadcast/direct-operator.js';
import type { DefaultEventsMap, WithTimeout } from '../broadcast/event-map.js';
import type { Handshake } from '../handshake.js';
import type { SocketDetails } from './published-adapter.js';

export class DistantSocket implements RemoteSocket {
  readonly id: string;
  readonly handshake: Handshake;
  readonly rooms: Set<string>;
  readonly data: unknown;
  readonly #audience: Audience;

  constructor({ id, handshake, rooms, data }: SocketDetails, audience: Audience) {
    this.id = id;
    this.handshake = handshake;
    this.rooms = new Set(rooms);
    this.data = data;
    this.#audience = audience;
  }

  emit(event: string, ...args: unknown[]): boolean {
    return new DirectOperator(this, {}).emit(event, ...args);
  }

  timeout(timeout: number): DirectOperator<WithTimeout<DefaultEventsMap>, unknown> {
    return new DirectOperator(this, {}).timeout(timeout);
  }

  join(rooms: Rooms): void {
    this.#operator({}).socketsJoin(rooms);
  }

  leave(room: string): void {
    this.#operator({}).socketsLeave(room);
  }

  disconnect(close = false, reason?: ReasonGiven): this {
    this.#operator({}).disconnectSockets(close, reason);
    return this;
  }

  /** @internal */
  sendEvent([event, ...args]: EventPacket['data'], flags: Flags, settle: Settle | null): void {
    const operator = this.#operator(flags);
    if (settle === null) operator.emit(event as string, ...args);
    else {
      operator.emitWithAck(event as string, ...args).then(
        (responses) => settle(responses.length > 0 ? null : goneError(this.id), responses),
        (error: unknown) => settle(error as SocketIoError, []),
      );
    }
  }

  /** @internal */
  others(flags: Flags): BroadcastOperator {
    return new BroadcastOperator(this.#audience, BroadcastTarget.everybody.with(flags).except(this.id));
  }

  /** @internal */
  get ackTimeout(): number {
    return this.#audience.ackTimeout;
  }

  /** @internal */
  contain(what: string, call: () => unknown): void {
    this.#audience.contain(what, call);
  }

  #operator(flags: Flags): BroadcastOperator {
    return new BroadcastOperator(this.#audience, BroadcastTarget.everybody.with(flags).to(this.id));
  }
}

function goneError(id: string): SocketIoError {
  return new SocketIoError('CLIENT_GONE', `no server has a client ${id} any more`);
}
