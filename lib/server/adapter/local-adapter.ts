/**
 * Rooms and broadcasts within this process. A room is a Set of sockets, created when its first member joins and dropped
 * when its last one leaves. The room of a socket's own id needs no Set: the index of members finds the socket.
 *
 * A broadcast is encoded once and costs one step per receiver, whatever the size of other rooms.
 */
import { type ClientReason, Message } from '../../engine/internal.js';
import type { SocketIoError } from '../../errors.js';
import type { EventPacket } from '../../protocol/internal.js';
import { messageKey } from '../broadcast/latest-key.js';
import { AckCollector, type AllAcknowledged, type Settle } from './ack-collector.js';
import type { Adapter, AdapterHost, Member, NamespaceAdapter, RemoteSocket, ViewedNamespace } from './adapter.js';
import { AdapterView } from './adapter-view.js';
import type { BroadcastTarget } from './broadcast-target.js';
import type { Recovery } from './recovery.js';
import { NO_MEMBERS } from './room-views.js';

export class LocalAdapter implements Adapter {
  /** A field, not a getter: every acknowledgement reads it. */
  readonly recovery: Recovery | null = null;
  protected readonly host: AdapterHost;
  readonly #rooms = new Map<string, Set<Member>>();
  readonly #joined = new Map<Member, Set<string>>();
  /** Created when `namespace.adapter` is first read. */
  #view: AdapterView | null = null;

  constructor(host: AdapterHost) {
    this.host = host;
  }

  /** Only the view needs to know: the index of members has the socket already. */
  add({ id }: Member): void {
    this.#view?.joined(id, id, true);
  }

  join(member: Member, rooms: readonly string[]): void {
    for (const room of rooms) {
      if (room === member.id) continue; // every socket is in this room already
      let joined = this.#joined.get(member);
      if (joined === undefined) this.#joined.set(member, (joined = new Set()));
      else if (joined.has(room)) continue;
      joined.add(room);
      let members = this.#rooms.get(room);
      if (members === undefined) this.#rooms.set(room, (members = new Set()));
      members.add(member);
      this.#view?.joined(room, member.id, members.size === 1);
      this.host.instruments?.joined(member, room);
      this.host.observers?.joined(member, room);
    }
  }

  leave(member: Member, room: string): void {
    const joined = this.#joined.get(member);
    if (joined?.delete(room) !== true) return;
    if (joined.size === 0) this.#joined.delete(member);
    this.#removeFrom(room, member);
    this.host.instruments?.left(member, room);
    this.host.observers?.left(member, room);
  }

  remove(member: Member): void {
    // A socket that a middleware refused was never a member, and is not in the state `leaving`.
    if (member.isLeaving) this.#view?.left(member.id, member.id, true);
    const joined = this.#joined.get(member);
    if (joined === undefined) return;
    this.#joined.delete(member);
    for (const room of joined) this.#removeFrom(room, member);
  }

  roomsOf(member: Member): Iterable<string> {
    return this.#joined.get(member) ?? [];
  }

  countRooms(member: Member): number {
    return this.#joined.get(member)?.size ?? 0;
  }

  hasRoom(room: string): boolean {
    return this.#rooms.has(room);
  }

  broadcast(packet: EventPacket, target: BroadcastTarget): void {
    const message = this.messageOf(packet, target);
    const { history } = this.host;
    if (history === null || !history.keeps(packet, target)) {
      const { volatile = false } = target.flags;
      return this.each(target, (member) => member.deliver(packet, message, volatile));
    }
    const entry = history.say(target, message);
    history.deliver(entry, packet, () => this.each(target, (member) => member.deliver(packet, message, false)));
  }

  broadcastWithAck(packet: EventPacket, target: BroadcastTarget, timeout: number, done: AllAcknowledged): void {
    const acks = new AckCollector(done);
    this.ask(packet, target, timeout, () => acks.expect());
    acks.seal();
  }

  /**
   * Broadcasts an event that every receiver acknowledges. Calls `expect` once per receiver, before it can answer.
   * @param timeout ms
   */
  ask(packet: EventPacket, target: BroadcastTarget, timeout: number, expect: () => Settle): void {
    const { compress = true, volatile = false } = target.flags;
    const id = this.host.nextAckId();
    const asked = { ...packet, id };
    const message = Message.of(this.host.encode(asked), compress);
    this.each(target, (member) => {
      if (!member.isReachable) return;
      const settle = expect();
      try {
        member.expectAck(id, settle, timeout);
      } catch (error) {
        settle(error as SocketIoError, []); // a client that never answers must not stop the broadcast to the others
      }
      member.deliver(asked, message, volatile);
    });
  }

  fetchSockets(target: BroadcastTarget): Promise<RemoteSocket[]> {
    return Promise.resolve(this.connected(target));
  }

  fetchSocketIds(target: BroadcastTarget): Promise<string[]> {
    return Promise.resolve(this.connected(target).map(({ id }) => id));
  }

  countSockets(target: BroadcastTarget): Promise<number> {
    let count = 0;
    this.each(target, ({ connected }) => {
      if (connected) count++;
    });
    return Promise.resolve(count);
  }

  socketsJoin(target: BroadcastTarget, rooms: readonly string[]): void {
    for (const member of this.connected(target)) this.#enter(member, rooms);
  }

  socketsLeave(target: BroadcastTarget, rooms: readonly string[]): void {
    for (const member of this.connected(target)) for (const room of rooms) this.leave(member, room);
  }

  disconnectSockets(target: BroadcastTarget, close: boolean, reason?: ClientReason): void {
    for (const member of this.connected(target)) member.disconnect(close, reason);
  }

  /** Answers at once without responses, since no other server exists. */
  serverSideEmit(args: readonly unknown[]): void {
    const done = args.at(-1);
    if (typeof done === 'function') (done as AllAcknowledged)(null, []);
  }

  view(nsp: ViewedNamespace): NamespaceAdapter {
    return (this.#view ??= new AdapterView(nsp, this, { rooms: this.#rooms, joined: this.#joined }));
  }

  close(): void {}

  /** Returns the connected sockets that a target selects, as a list: rooms may change while the caller iterates. */
  connected(target: BroadcastTarget): Member[] {
    const members: Member[] = [];
    this.each(target, (member) => {
      if (member.connected) members.push(member);
    });
    return members;
  }

  /** The sockets that have joined a room, as distinct from the room of their own id; `undefined` if none has. */
  protected joinersOf(room: string): ReadonlySet<Member> | undefined {
    return this.#rooms.get(room);
  }

  /** Encodes and frames an event once for all its receivers. */
  protected messageOf(packet: EventPacket, { flags }: BroadcastTarget): Message {
    const wire = this.host.encode(packet);
    if (flags.latest === undefined) return Message.of(wire, flags.compress);
    return Message.of(wire, flags.compress, messageKey(this.host.name, packet.data[0], flags));
  }

  /** Visits each receiver once. */
  protected each(target: BroadcastTarget, visit: (member: Member) => void): void {
    const excluded = target.excepted.length === 0 ? null : this.#excluded(target.excepted);
    const visitUnlessExcluded = excluded === null ? visit : (member: Member) => excluded(member) || visit(member);
    if (target.rooms === null) {
      this.host.members.forEach(visitUnlessExcluded);
    } else if (target.rooms.length === 1) {
      for (const member of this.#members(target.rooms[0] as string)) visitUnlessExcluded(member);
    } else {
      const union = new Set<Member>();
      for (const room of target.rooms) for (const member of this.#members(room)) union.add(member);
      for (const member of union) visitUnlessExcluded(member);
    }
  }

  /** Looks each receiver up in the excluded rooms. Collecting the members of these rooms could take much longer. */
  #excluded(rooms: readonly string[]): (member: Member) => boolean {
    const sets = rooms.map((room) => this.#rooms.get(room)).filter((members) => members !== undefined);
    // Ids are compared, not looked up: a socket in its middlewares, or one that is leaving, is not in the index.
    return (member) => rooms.includes(member.id) || sets.some((members) => members.has(member));
  }

  /** The members of a room, and the socket whose id it is. */
  #members(room: string): ReadonlySet<Member> {
    const members = this.#rooms.get(room);
    const owner = this.host.members.get(room);
    if (owner === undefined) return members ?? NO_MEMBERS;
    return members === undefined ? new Set([owner]) : new Set([owner, ...members]);
  }

  /** Lets a member join at the request of the server, without limits. */
  #enter(member: Member, rooms: readonly string[]): void {
    const join = (): void => this.join(member, rooms);
    const { history } = this.host;
    if (history === null) join();
    else void history.join(member, { rooms, before: this.roomsOf(member), join });
  }

  #removeFrom(room: string, member: Member): void {
    const members = this.#rooms.get(room);
    if (members?.delete(member) !== true) return;
    if (members.size === 0) this.#rooms.delete(room);
    this.#view?.left(room, member.id, members.size === 0);
  }
}
