/**
 * A hosted adapter for the other servers of the cluster, our own one for the clients of this process: they
 * are served first and at once, whatever a broker does. So events arrive here in the order in which they
 * were emitted, and a broker that hangs delays nobody but the other servers.
 *
 * Both know all members: what is joined and left here is told to the hosted adapter, and what that one
 * changes by itself is taken over.
 */
import type { EventPacket } from '../../protocol/index.js';
import { type AllAcknowledged, ClusterAcks } from '../adapter/ack-collector.js';
import type { Adapter, AdapterHost } from '../adapter/adapter.js';
import type { NamespaceAdapter } from '../adapter/adapter-view.js';
import type { BroadcastTarget } from '../adapter/broadcast-target.js';
import type { HostedAdapter } from './hosted-adapter.js';
import { LocalAdapter } from '../adapter/local-adapter.js';
import type { RemoteSocket } from './distant-socket.js';
import type { Socket } from '../socket/socket.js';

export class LocalFirstAdapter implements Adapter {
  readonly recovery = null; // an event's offset is the broker's to give: see `BrokerRecoveryAdapter`
  readonly #host: AdapterHost;
  readonly #local: LocalAdapter;
  readonly #hosted: HostedAdapter;

  constructor(hosted: HostedAdapter, host: AdapterHost) {
    this.#host = host;
    this.#local = new LocalAdapter(host);
    this.#hosted = hosted;
    hosted.watch(
      (socket, room) => this.#local.join(socket, [room]),
      (socket, room) => this.#local.leave(socket, room),
    );
  }

  add(socket: Socket): void {
    this.#local.add(socket);
    this.#hosted.add(socket);
  }

  join(socket: Socket, rooms: readonly string[]): void {
    this.#local.join(socket, rooms);
    this.#hosted.join(socket, rooms);
  }

  leave(socket: Socket, room: string): void {
    this.#local.leave(socket, room);
    this.#hosted.leave(socket, room);
  }

  remove(socket: Socket): void {
    this.#local.remove(socket);
    this.#hosted.remove(socket);
  }

  roomsOf(socket: Socket): Iterable<string> {
    return this.#local.roomsOf(socket);
  }

  broadcast(packet: EventPacket, target: BroadcastTarget): void {
    this.#local.broadcast(packet, target);
    if (isForOthers(target)) this.#hosted.forward(packet, target);
  }

  broadcastWithAck(packet: EventPacket, target: BroadcastTarget, timeout: number, done: AllAcknowledged): void {
    if (!isForOthers(target)) return this.#local.broadcastWithAck(packet, target, timeout, done);
    const acks = new ClusterAcks(done);
    this.#local.ask(packet, target, timeout, () => acks.client());
    acks.start(this.#host.clock, timeout); // not before: what cannot be encoded is thrown, and asked nobody
    this.#hosted.forwardWithAck(packet, target, timeout, acks);
  }

  fetchSockets(target: BroadcastTarget): Promise<RemoteSocket[]> {
    return isForOthers(target) ? this.#hosted.fetchSockets(target) : this.#local.fetchSockets(target);
  }

  // An adapter that comes to its own clients later finds these done, which does no harm.

  socketsJoin(target: BroadcastTarget, rooms: readonly string[]): void {
    for (const socket of this.#local.connected(target)) this.join(socket, rooms);
    if (isForOthers(target)) this.#hosted.socketsJoin(target, rooms);
  }

  socketsLeave(target: BroadcastTarget, rooms: readonly string[]): void {
    for (const socket of this.#local.connected(target)) for (const room of rooms) this.leave(socket, room);
    if (isForOthers(target)) this.#hosted.socketsLeave(target, rooms);
  }

  disconnectSockets(target: BroadcastTarget, close: boolean): void {
    this.#local.disconnectSockets(target, close);
    if (isForOthers(target)) this.#hosted.disconnectSockets(target, close);
  }

  serverSideEmit(args: readonly unknown[]): void {
    this.#hosted.serverSideEmit(args);
  }

  view(): NamespaceAdapter {
    return this.#hosted.view();
  }

  close(): void {
    this.#hosted.close();
  }
}

/** Whether any client of another server may be meant. */
export function isForOthers({ rooms, flags }: BroadcastTarget): boolean {
  return flags.local !== true && rooms?.length !== 0;
}
