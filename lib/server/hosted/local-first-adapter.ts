/**
 * Serves the clients of this process through a local adapter, and the other servers of the cluster through a hosted
 * one. Local clients come first and never wait for the broker: they get events in the order in which they were emitted,
 * and a broker that hangs delays only the other servers.
 *
 * Both adapters know all members: every join and leave here is passed on to the hosted adapter, and every change that
 * the hosted adapter makes is copied here.
 */
import type { ClientReason } from '../../engine/internal.js';
import type { EventPacket } from '../../protocol/internal.js';
import { type AllAcknowledged, ClusterAcks } from '../adapter/ack-collector.js';
import type { Adapter, AdapterHost, Member, NamespaceAdapter, RemoteSocket } from '../adapter/adapter.js';
import type { BroadcastTarget } from '../adapter/broadcast-target.js';
import { LocalAdapter } from '../adapter/local-adapter.js';
import type { HostedAdapter } from './hosted-adapter.js';

export class LocalFirstAdapter implements Adapter {
  readonly recovery = null; // recovery needs offsets, which the broker assigns: see `BrokerRecoveryAdapter`
  readonly #host: AdapterHost;
  readonly #local: LocalAdapter;
  readonly #hosted: HostedAdapter;

  constructor(hosted: HostedAdapter, host: AdapterHost) {
    this.#host = host;
    this.#local = new LocalAdapter(host);
    this.#hosted = hosted;
    hosted.watch(
      (member, room) => this.#local.join(member, [room]),
      (member, room) => this.#local.leave(member, room),
    );
  }

  add(member: Member): void {
    this.#local.add(member);
    this.#hosted.add(member);
  }

  join(member: Member, rooms: readonly string[]): void {
    this.#local.join(member, rooms);
    this.#hosted.join(member, rooms);
  }

  leave(member: Member, room: string): void {
    this.#local.leave(member, room);
    this.#hosted.leave(member, room);
  }

  remove(member: Member): void {
    this.#local.remove(member);
    this.#hosted.remove(member);
  }

  roomsOf(member: Member): Iterable<string> {
    return this.#local.roomsOf(member);
  }

  countRooms(member: Member): number {
    return this.#local.countRooms(member);
  }

  hasRoom(room: string): boolean {
    return this.#local.hasRoom(room);
  }

  connected(target: BroadcastTarget): Member[] {
    return this.#local.connected(target);
  }

  broadcast(packet: EventPacket, target: BroadcastTarget): void {
    this.#local.broadcast(packet, target);
    if (isForOthers(target)) this.#hosted.forward(packet, target);
  }

  broadcastWithAck(packet: EventPacket, target: BroadcastTarget, timeout: number, done: AllAcknowledged): void {
    if (!isForOthers(target)) return this.#local.broadcastWithAck(packet, target, timeout, done);
    const acks = new ClusterAcks(done);
    this.#local.ask(packet, target, timeout, () => acks.expectLocal());
    acks.start(this.#host.clock, timeout); // not before `ask`, which throws if the event cannot be encoded
    this.#hosted.forwardWithAck(packet, target, timeout, acks);
  }

  fetchSockets(target: BroadcastTarget): Promise<RemoteSocket[]> {
    return isForOthers(target) ? this.#hosted.fetchSockets(target) : this.#local.fetchSockets(target);
  }

  // The hosted adapter repeats the following operations for the clients of this process, which has no effect.

  socketsJoin(target: BroadcastTarget, rooms: readonly string[]): void {
    for (const member of this.#local.connected(target)) this.join(member, rooms);
    if (isForOthers(target)) this.#hosted.socketsJoin(target, rooms);
  }

  socketsLeave(target: BroadcastTarget, rooms: readonly string[]): void {
    for (const member of this.#local.connected(target)) for (const room of rooms) this.leave(member, room);
    if (isForOthers(target)) this.#hosted.socketsLeave(target, rooms);
  }

  disconnectSockets(target: BroadcastTarget, close: boolean, reason?: ClientReason): void {
    this.#local.disconnectSockets(target, close, reason);
    if (isForOthers(target)) this.#hosted.disconnectSockets(target, close);
  }

  serverSideEmit(args: readonly unknown[]): void {
    this.#hosted.serverSideEmit(args);
  }

  view(): NamespaceAdapter {
    return this.#hosted.view();
  }

  get isBusy(): boolean {
    return this.#hosted.isBusy;
  }

  close(): void | Promise<void> {
    return this.#hosted.close();
  }
}

/** Whether the target may select clients of other servers. */
export function isForOthers({ isEmpty, flags }: BroadcastTarget): boolean {
  return flags.local !== true && !isEmpty;
}
