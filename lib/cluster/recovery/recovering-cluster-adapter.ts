/**
 * The adapter of a namespace in a cluster with connection state recovery. Events are delivered as without it, at once,
 * with their offset as an argument more. A client that returns gets the events after the offset that it presents, on
 * any node: see `offset.ts`.
 */
import { inTime, Message } from '../../engine/internal.js';
import { type EventPacket, PacketType } from '../../protocol/internal.js';
import {
  type AdapterHost,
  type BroadcastTarget,
  decodeEvent,
  IncomingEvent,
  isForOthers,
  isKept,
  mayResume,
  type Member,
  ownershipOf,
  type RecoverableSocket,
  type Recovery,
  type RestoredSession,
  SessionOwners,
  SessionSearches,
  withoutOffset,
} from '../../server/internal.js';
import type { BroadcastRecord } from '../bulletin/bulletin.js';
import { ClusterAdapter, type ClusterPort } from '../node/cluster-adapter.js';
import { ClusterCursor } from './cluster-cursor.js';
import { type ClusterRecovery, RESTORE_TIMEOUT } from './cluster-recovery.js';
import type { TailEvent } from './event-tail.js';
import { Offset } from './offset.js';
import { type KeptSocket, sessionKey } from './session-keeper.js';
import { decodeSession, type SessionRecord } from './session-record.js';

/** The number of nodes that a session remembers. A client that moves more often may get an event twice. */
const MAX_HAD = 8;

const NONE: ReadonlyMap<string, number> = new Map();

export class RecoveringClusterAdapter extends ClusterAdapter implements Recovery {
  override readonly recovery: Recovery = this;
  readonly keepsAtOnce = true;
  /** The engine keeps the sessions, which outlive the namespace. */
  readonly keepsAny = false;
  readonly isShared = true;
  readonly #recovery: ClusterRecovery;
  readonly #codecIsStandard: boolean;
  readonly #owners = new SessionOwners();
  readonly #searches = new SessionSearches();
  readonly #kept = new WeakMap<RecoverableSocket, KeptMember>();
  /** The sockets whose session another node has taken. */
  readonly #taken = new WeakSet<RecoverableSocket>();

  constructor(host: AdapterHost, cluster: ClusterPort, recovery: ClusterRecovery) {
    super(host, cluster);
    this.#recovery = recovery;
    this.#codecIsStandard = cluster.host.codecName === 'standard';
  }

  // --- Called by the namespace ---

  override add(member: Member): void {
    super.add(member);
    member.cursor ??= new ClusterCursor(this.#recovery.tail.current);
    this.#owners.add(member);
    const kept = new KeptMember(member, this.host.name, this.#recovery);
    this.#kept.set(member, kept);
    this.#recovery.sessions.add(kept);
  }

  override remove(member: Member): void {
    super.remove(member);
    this.#owners.remove(member);
    const kept = this.#kept.get(member);
    // Without a cursor, its session has been kept or taken. Before it was placed, it had none.
    if (kept !== undefined && member.cursor !== null) this.#recovery.sessions.remove(kept.key);
    this.#kept.delete(member);
  }

  override join(member: Member, rooms: readonly string[]): void {
    super.join(member, rooms);
    const { cursor } = member;
    if (!(cursor instanceof ClusterCursor)) return; // it is not placed yet
    for (const room of rooms) {
      if (room !== member.id && !cursor.joinedAt.has(room)) cursor.joinedAt.set(room, this.#recovery.tail.current);
    }
    this.#touch(member);
  }

  override leave(member: Member, room: string): void {
    super.leave(member, room);
    if (member.cursor instanceof ClusterCursor) member.cursor.joinedAt.delete(room);
    this.#touch(member);
  }

  override broadcast(packet: EventPacket, target: BroadcastTarget): void {
    const { compress = true } = target.flags;
    if (!isKept(target.flags) || !isForOthers(target)) {
      return super.broadcast({ ...packet, data: withoutOffset(packet.data) }, target);
    }
    const { wire } = Message.of(this.host.encode(packet), compress);
    const offset = this.#recovery.emit(this.host.name, target, wire);
    let message: Message | null = null;
    const visit = (member: Member): void => {
      member.deliver(packet, (message ??= this.#stamped(wire, offset, compress)), false);
      if (member.cursor instanceof ClusterCursor) member.cursor.given = offset;
    };
    const { history } = this.host;
    if (history === null || !history.keeps(packet, target)) return this.each(target, visit);
    const entry = history.say(target, new Message(wire, compress), {
      node: offset.node,
      number: offset.own,
      isOwn: true,
    });
    history.deliver(entry, () => this.each(target, visit));
  }

  // --- Called by the cluster ---

  /** Delivers a kept event of another node. */
  receiveKept(record: BroadcastRecord, node: string, offset: Offset): void {
    const { compress = true } = record.target.flags;
    let message: Message | null = null;
    let event: IncomingEvent | null = null;
    const visit = (member: Member): void => {
      const { cursor } = member;
      const isTracked = cursor instanceof ClusterCursor;
      if (isTracked && cursor.had !== null && record.event <= (cursor.had.get(node) ?? 0)) return; // it had it on that node
      if (isTracked && cursor.past?.has(`${node}.${record.event.toString(36)}`) === true) return;
      message ??= this.#stamped(record.wire, offset, compress);
      event ??= new IncomingEvent(new Message(record.wire, compress), this.host.name, this.cluster.host.codec);
      member.deliver(event, message, false);
      if (isTracked) cursor.given = offset;
    };
    if (this.host.history === null) this.each(record.target, visit);
    else this.deliverHeard(record, node, () => this.each(record.target, visit));
  }

  /** Called when another node has taken a session: a socket that still uses it has lost its client. */
  sessionTaken(pid: string): void {
    this.#recovery.sessions.taken(sessionKey(this.host.name, pid));
    const socket = this.#owners.of(pid);
    if (socket === undefined) return;
    this.#owners.remove(socket);
    socket.cursor = null;
    this.#taken.add(socket);
    socket.conn.end('transport close');
  }

  // --- Recovery ---

  keep(socket: RecoverableSocket): boolean {
    const { cursor } = socket;
    if (!(cursor instanceof ClusterCursor)) return this.#taken.has(socket);
    this.#owners.remove(socket);
    const kept = this.#kept.get(socket) ?? new KeptMember(socket, this.host.name, this.#recovery);
    this.#recovery.sessions.lose(kept.key, kept.record());
    socket.cursor = null;
    return true;
  }

  take(
    pid: string,
    text: string | undefined,
    userId?: string,
  ): RestoredSession | null | Promise<RestoredSession | null> {
    this.#owners.release(pid, userId);
    const key = sessionKey(this.host.name, pid);
    const record = this.#recovery.sessions.lost(key);
    if (record !== null) {
      if (!mayResume(record, userId)) return null;
      const claim = claimOf(record, text);
      if (claim === null || !this.#hasPast(record, text)) return null;
      if (this.#recovery.tail.has(claim.after)) {
        this.#recovery.sessions.remove(key);
        return this.#restored(pid, record, claim) ?? this.#over(record);
      }
    }
    return this.#searches.find(pid, text, userId, () => this.#findInTime(pid, text, userId));
  }

  forgetUser(userId: string): void {
    this.#recovery.forgetUser(this.host.name, userId);
  }

  /** Sends at once: no event waits for the engine. */
  inOrder(send: () => void): void {
    send();
  }

  // --- Inside ---

  /** Numbers a latest value like the kept events, although no client gets it when it resumes. */
  protected override sendNumbered(target: BroadcastTarget, wire: Buffer): number {
    return this.#recovery.emit(this.host.name, target, wire).own;
  }

  /** Searches a session in the engine, for {@link RESTORE_TIMEOUT} at most. Never rejects. */
  #findInTime(pid: string, text: string | undefined, userId: string | undefined): Promise<RestoredSession | null> {
    let isLate = false;
    const found = this.#find(pid, text, userId, () => isLate);
    return inTime(found, RESTORE_TIMEOUT, this.#recovery.clock, () => {
      isLate = true;
      return null;
    });
  }

  /** @param isLate whether the client does not wait any more */
  async #find(
    pid: string,
    text: string | undefined,
    userId: string | undefined,
    isLate: () => boolean,
  ): Promise<RestoredSession | null> {
    const { sessions, tail, node } = this.#recovery;
    const store = await this.#recovery.store; // pending until the server has connected
    if (isLate()) return null;
    const key = sessionKey(this.host.name, pid);
    try {
      const inTime = node.fence(RESTORE_TIMEOUT);
      const bytes = await sessions.take(key); // pending for as long as the engine is away
      const record = bytes === null ? null : decodeSession(bytes);
      if (bytes === null || record === null) return null;
      if (isLate() || !mayResume(record, userId)) {
        if (mayResume(record, record.userId)) sessions.restore(key, bytes); // it stays for its owner
        return null;
      }
      sessions.taken(key);
      if (record.node !== node.id) node.tookSession(this.host.name, pid);
      const claim = claimOf(record, text);
      const isLost = claim === null || this.#recovery.isForgotten(record.userId) || !(await inTime);
      if (isLost) return this.#over(record);
      if (!tail.has(claim.after)) await tail.extendTo(claim.after, store);
      if (!this.#hasPast(record, text)) return this.#over(record);
      return this.#restored(pid, record, claim) ?? this.#over(record);
    } catch (error) {
      node.failed('recovering a client', error);
      return null;
    }
  }

  /** Called when a session has been taken out of the engine and cannot be resumed. */
  #over({ sid }: SessionRecord): null {
    this.host.onSessionOver(sid);
    return null;
  }

  #restored(pid: string, record: SessionRecord, claim: Claim): RestoredSession | null {
    const { tail } = this.#recovery;
    const at = tail.current;
    const missed = this.#missed(record, claim);
    if (missed === null) return null;
    const { sid, rooms, data, userId, expiresAt, joined } = record;
    const had = hadAfter(record, claim);
    const cursor = new ClusterCursor(claim.presented, pid, {
      resumesAfter: claim.after,
      given: missed.at(-1)?.offset ?? claim.presented,
      joinedAt: new Map(joined),
      had,
    });
    if (record.past !== undefined && record.past.length > 0) cursor.past = new Set(record.past);
    // Events may have come since, until the socket is placed.
    const read = (): TailEvent[] => (tail.current === at ? missed : (this.#missed(record, claim) ?? missed));
    const stamped = ({ record: { wire, target }, offset }: TailEvent): Message =>
      this.#stamped(wire, offset, target.flags.compress ?? true);
    return {
      sid,
      pid,
      rooms,
      data,
      ...(userId !== undefined && { userId }),
      ...(expiresAt !== undefined && { expiresAt }),
      cursor,
      /** Read when the socket is placed, so that no event falls between. */
      get missed() {
        return read().map(stamped);
      },
    };
  }

  /** Whether a client has received the past of its rooms, if it was sent any. */
  #hasPast({ proof }: SessionRecord, text: string | undefined): boolean {
    if (proof === undefined) return true;
    const presented = Offset.parse(text);
    return proof !== null && presented !== null && !this.#recovery.tail.isBefore(presented, proof);
  }

  /** The events that a client has missed; `null` if some of them are no longer kept. */
  #missed(
    { sid, rooms, known, joined, had, past = [] }: SessionRecord,
    { presented, after }: Claim,
  ): TailEvent[] | null {
    const { tail } = this.#recovery;
    if (tail.isBefore(presented, known)) return null; // it was not there yet
    const events = tail.since(after, this.host.name, had);
    if (events === null) return null;
    const own = new Set(rooms).add(sid);
    const rewound = new Set(past);
    return events.filter((event) => {
      if (rewound.size > 0 && rewound.has(`${event.node}.${event.record.event.toString(36)}`)) return false;
      const { rooms: wanted, excepted } = event.record.target;
      if (excepted.some((room) => own.has(room))) return false;
      return wanted === null || wanted.some((room) => own.has(room) && isAfterJoin(event, joined.get(room)));
    });

    function isAfterJoin(event: TailEvent, join: Offset | undefined): boolean {
      return join === undefined || tail.isAfter(event, join);
    }
  }

  /** The message of an event with its offset. Only the standard codec knows where an argument ends. */
  #stamped(wire: Buffer, offset: Offset, compress: boolean): Message {
    if (this.#codecIsStandard) return Message.appended(wire, `,"${offset.toString()}"`, compress);
    const data = decodeEvent(new Message(wire, compress), this.cluster.host.codec);
    const packet: EventPacket = {
      type: PacketType.EVENT,
      nsp: this.host.name,
      data: [...data, offset.toString()] as unknown as EventPacket['data'],
    };
    return Message.of(this.host.encode(packet), compress);
  }

  #touch(member: Member): void {
    const kept = this.#kept.get(member);
    if (kept !== undefined) this.#recovery.sessions.touch(kept);
  }
}

/** The claim of a client to a session. */
interface Claim {
  /** The offset that it presents. */
  readonly presented: Offset;
  /** The offset after which it has missed events. */
  readonly after: Offset;
}

/** @returns `null` for an offset that is none */
function claimOf({ known, from, sent, asOf }: SessionRecord, text: string | undefined): Claim | null {
  const presented = text === undefined ? known : Offset.parse(text);
  if (presented === null) return null;
  const is = (offset: Offset): boolean => offset.toString() === presented.toString();
  // It has received all its events: the later ones, until the session was written, were for others.
  if (is(sent)) return { presented, after: asOf };
  return { presented, after: is(known) ? from : presented };
}

/** The events that a client has had of each node, when it resumes. */
function hadAfter({ had }: SessionRecord, { after }: Claim): ReadonlyMap<string, number> | null {
  const all = new Map(had);
  all.delete(after.node);
  if (after.own > 0) all.set(after.node, Math.max(after.own, had.get(after.node) ?? 0));
  for (const node of all.keys()) if (all.size > MAX_HAD) all.delete(node);
  return all.size === 0 ? null : all;
}

/** A socket as its session is written. */
class KeptMember implements KeptSocket {
  readonly key: string;
  readonly #socket: RecoverableSocket;
  readonly #recovery: ClusterRecovery;

  constructor(socket: RecoverableSocket, namespace: string, recovery: ClusterRecovery) {
    this.#socket = socket;
    this.#recovery = recovery;
    this.key = sessionKey(namespace, socket.cursor?.pid ?? '');
  }

  volatileState(): unknown {
    return [this.#socket.data, ownershipOf(this.#socket), this.#socket.cursor?.rewound];
  }

  record(): SessionRecord {
    const { id, rooms, data, cursor } = this.#socket;
    const { presented, resumesAfter, given, joinedAt, had, rewound, proof, past } = cursor as ClusterCursor;
    return {
      node: this.#recovery.node.id,
      sid: id,
      rooms: [...rooms],
      data,
      ...ownershipOf(this.#socket),
      known: presented,
      from: resumesAfter,
      sent: given,
      asOf: this.#recovery.tail.current,
      proof: rewound === 0 ? undefined : rewound === Infinity ? null : proof,
      past: past === null ? undefined : [...past],
      joined: joinedAt,
      had: had ?? NONE,
    };
  }
}
