/**
 * The adapter of one namespace on the message queue of Flask-SocketIO. It serves the clients of this process at once,
 * then publishes for the other servers. A call that the queue cannot carry throws before it has any effect.
 */
import type { ClientReason } from '../../engine/internal.js';
import { randomBytes } from 'node:crypto';
import { type EventPacket, PacketType } from '../../protocol/internal.js';
import {
  AckCollector,
  type AdapterHost,
  type AllAcknowledged,
  BroadcastTarget,
  isForOthers,
  LocalAdapter,
  type Member,
  PendingAcks,
  type RemoteSocket,
} from '../../server/internal.js';
import type { MessageQueue, QueueNamespace } from './message-queue.js';
import type { CallbackReference, EmitMessage, QueueMessage } from './queue-message.js';
import type { ReceivedMessage } from './queue-reader.js';
import {
  serverSideEmitNotCarried,
  disconnectRequests,
  emitRequest,
  joinRequests,
  leaveRequests,
  severalAnswersNotCarried,
  soleReceiver,
  fetchSocketsNotCarried,
} from './queue-requests.js';

export class QueueAdapter extends LocalAdapter implements QueueNamespace {
  readonly hostId = createHostId();
  declare readonly host: AdapterHost;
  readonly #queue: MessageQueue;
  /** Pending acknowledgements of clients of other servers. Created on the first request. */
  #acks: PendingAcks | null = null;

  constructor(queue: MessageQueue, host: AdapterHost) {
    super(host);
    this.#queue = queue;
    queue.add(this);
  }

  override broadcast(packet: EventPacket, target: BroadcastTarget): void {
    if (!isForOthers(target)) return super.broadcast(packet, target);
    const text = this.#write(emitRequest(packet, target));
    super.broadcast(packet, target);
    this.#queue.publish(text);
  }

  override broadcastWithAck(
    packet: EventPacket,
    target: BroadcastTarget,
    timeout: number,
    done: AllAcknowledged,
  ): void {
    const id = soleReceiver(target);
    if (!isForOthers(target) || (id !== null && this.#socket(id) !== undefined)) {
      return super.broadcastWithAck(packet, target, timeout, done);
    }
    if (id === null) throw severalAnswersNotCarried();
    const ackId = this.host.nextAckId();
    const text = this.#write(emitRequest(packet, target, { room: id, namespace: packet.nsp, id: ackId }));
    const answer = new AckCollector(done);
    this.#acks ??= new PendingAcks(this.host.clock, this.host.maxPendingAcks);
    this.#acks.expect(ackId, answer.expect(), timeout);
    answer.seal();
    this.#queue.publish(text);
  }

  isOneUnseen(target: BroadcastTarget): boolean {
    return isForOthers(target) && soleReceiver(target) !== null;
  }

  override fetchSockets(target: BroadcastTarget): Promise<RemoteSocket[]> {
    return isForOthers(target) ? Promise.reject(fetchSocketsNotCarried()) : super.fetchSockets(target);
  }

  override socketsJoin(target: BroadcastTarget, rooms: readonly string[]): void {
    const requests = isForOthers(target) ? joinRequests(this.host.name, target, rooms) : [];
    super.socketsJoin(target, rooms);
    this.#publishAll(requests);
  }

  override socketsLeave(target: BroadcastTarget, rooms: readonly string[]): void {
    const requests = isForOthers(target) ? leaveRequests(this.host.name, target, rooms) : [];
    super.socketsLeave(target, rooms);
    this.#publishAll(requests);
  }

  override disconnectSockets(target: BroadcastTarget, close: boolean, reason?: ClientReason): void {
    const requests = isForOthers(target) ? disconnectRequests(this.host.name, target) : [];
    // Filter first: once disconnected, a client of this process would look like a client of another server.
    const distant = this.#distant(requests);
    super.disconnectSockets(target, close, reason);
    this.#publishAll(distant);
  }

  override serverSideEmit(): never {
    throw serverSideEmitNotCarried();
  }

  get isBusy(): boolean {
    return (this.#acks?.size ?? 0) > 0;
  }

  override close(): void {
    this.#queue.remove(this);
    this.#acks?.end();
  }

  /** Handles a message of another server: a request, or the acknowledgement of a client. */
  receive({ message, hostId }: ReceivedMessage): void {
    switch (message.method) {
      case 'emit':
        return this.#deliver(message, hostId);
      case 'callback':
        return this.#acks?.answer(message.id, message.args);
      case 'disconnect':
        return void this.#socket(message.sid)?.disconnect();
      case 'enter_room':
        return this.#socket(message.sid)?.join(message.room);
      case 'leave_room':
        return this.#socket(message.sid)?.leave(message.room);
      case 'close_room':
        return super.socketsLeave(BroadcastTarget.everybody, [message.room]);
    }
  }

  #deliver({ namespace, event, args, rooms, skipped, callback }: EmitMessage, hostId: string | null): void {
    const packet: EventPacket = { type: PacketType.EVENT, nsp: namespace, data: [event, ...args] };
    const all = BroadcastTarget.everybody.except(skipped);
    const target = rooms === null ? all : all.to(rooms);
    if (callback === null || hostId === null) return super.broadcast(packet, target);
    this.ask(packet, target, this.host.ackTimeout, () => (error, answer) => {
      if (error === null) this.#publishAnswer(callback, answer, hostId);
    });
  }

  #publishAnswer({ room, namespace, id }: CallbackReference, args: readonly unknown[], hostId: string): void {
    this.#queue.contain('callback', () => {
      this.#queue.publish(this.#queue.write({ method: 'callback', namespace, sid: room, id, args }, hostId));
    });
  }

  #publishAll(messages: readonly QueueMessage[]): void {
    for (const message of this.#distant(messages)) this.#queue.publish(this.#write(message));
  }

  /** Drops the messages that name a client of this process. */
  #distant<M extends QueueMessage>(messages: readonly M[]): M[] {
    return messages.filter((message) => !('sid' in message) || this.#socket(message.sid) === undefined);
  }

  #socket(id: string): Member | undefined {
    return this.host.members.get(id);
  }

  #write(message: QueueMessage): string {
    return this.#queue.write(message, this.hostId);
  }
}

/** Has the form that python-socketio uses: 32 hexadecimal digits. */
export function createHostId(): string {
  return randomBytes(16).toString('hex');
}
