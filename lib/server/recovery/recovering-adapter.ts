/**
 * The local adapter with connection state recovery, in the memory of this process. Every event that is neither volatile,
 * nor a latest value, nor acknowledged is kept. It carries its offset as last argument, which the client presents when
 * it reconnects.
 *
 * Events for one client are kept in a log of that client's session, all others in the log of the namespace. So a client
 * that gets many events of its own displaces none that other clients have missed. Both logs share one sequence of
 * positions, by which their events are merged.
 */
import { Message } from '../../engine/internal.js';
import type { EventPacket } from '../../protocol/internal.js';
import type { AdapterHost, Member } from '../adapter/adapter.js';
import type { BroadcastTarget } from '../adapter/broadcast-target.js';
import { LocalAdapter } from '../adapter/local-adapter.js';
import {
  isKept,
  mayResume,
  type RecoverableSocket,
  type Recovery,
  RecoveryCursor,
  type RestoredSession,
  withoutOffset,
} from '../adapter/recovery.js';
import { EventLog, type EventLogLimits, type KeptEvent } from './event-log.js';
import { OffsetSequence } from './offset-sequence.js';
import type { RecoveryBudget } from './recovery-budget.js';
import type { ResolvedRecoveryOptions } from './recovery-options.js';
import { SessionOwners } from './session-owners.js';
import { type KeptSession, SessionStore } from './session-store.js';

/** The part of a namespace's bounds that applies to the events for one client. */
const DIRECT_SHARE = 0.1;

export class RecoveringAdapter extends LocalAdapter implements Recovery {
  override readonly recovery: Recovery = this;
  readonly isShared = false;
  readonly keepsAtOnce = true;
  readonly #budget: RecoveryBudget;
  readonly #offsets = new OffsetSequence();
  /** The events that may be for several clients. */
  readonly #log: EventLog;
  /** The events for one client each, by the id of its socket. A log is created with the first such event. */
  readonly #directLogs = new Map<string, EventLog>();
  readonly #directLimits: EventLogLimits;
  readonly #sessions: SessionStore;
  readonly #owners = new SessionOwners();

  /** @param budget shared by all namespaces of the server */
  constructor(host: AdapterHost, options: ResolvedRecoveryOptions, budget: RecoveryBudget) {
    super(host);
    const { maxEvents, maxBytes, maxSessions } = options;
    this.#budget = budget;
    this.#log = new EventLog(budget, budget.broadcasts, options);
    this.#directLimits = {
      maxEvents: Math.ceil(maxEvents * DIRECT_SHARE),
      maxBytes: Math.ceil(maxBytes * DIRECT_SHARE),
    };
    this.#sessions = new SessionStore(budget, maxSessions, (session) => this.#dropped(session));
  }

  get keepsAny(): boolean {
    return this.#sessions.size > 0;
  }

  override add(member: Member): void {
    super.add(member);
    member.cursor ??= new RecoveryCursor(undefined, this.#offsets.last);
    this.#owners.add(member);
  }

  override remove(member: Member): void {
    super.remove(member);
    this.#owners.remove(member);
    // If its session is kept or has been resumed already, its events are still needed.
    if (!this.#isKnown(member.id)) this.#forget(member.id);
  }

  override join(member: Member, rooms: readonly string[]): void {
    super.join(member, rooms);
    const { cursor } = member;
    if (cursor === null) return; // it is not placed yet, and resumes with no event from before that
    cursor.joined ??= new Map();
    for (const room of rooms) {
      if (room !== member.id && !cursor.joined.has(room)) cursor.joined.set(room, this.#offsets.last);
    }
  }

  override leave(member: Member, room: string): void {
    super.leave(member, room);
    member.cursor?.joined?.delete(room);
  }

  override broadcast(packet: EventPacket, target: BroadcastTarget): void {
    const { compress } = target.flags;
    if (!isKept(target.flags)) return super.broadcast({ ...packet, data: withoutOffset(packet.data) }, target);
    const data: EventPacket['data'] = [...packet.data, this.#offsets.next];
    const message = Message.of(this.host.encode({ ...packet, data }), compress);
    const position = this.#offsets.advance();
    this.#logFor(target)?.append(position, target, message);
    const visit = (member: Member): void => {
      member.deliver(packet, message, false);
      if (member.cursor !== null) member.cursor.sent = position;
    };
    const { history } = this.host;
    if (history === null || !history.keeps(packet, target)) return this.each(target, visit);
    const entry = history.say(target, Message.of(this.host.encode(packet), compress));
    history.deliver(entry, packet, () => this.each(target, visit));
  }

  keep(socket: RecoverableSocket): boolean {
    const { cursor } = socket;
    if (cursor === null) return false;
    this.#owners.remove(socket);
    socket.cursor = null;
    this.#sessions.keep(socket, cursor, this.#offsets.last, this.host.absenceWeight);
    return this.#sessions.get(cursor.pid) !== undefined; // it may have been too large
  }

  take(pid: string, offset: string | undefined, userId?: string): RestoredSession | null {
    this.#owners.release(pid, userId);
    if (!mayResume(this.#sessions.get(pid) ?? {}, userId)) return null;
    const kept = this.#sessions.take(pid);
    if (kept === undefined) return null;
    const restored = this.#restore(kept, offset);
    if (restored === null) this.#over(kept.sid);
    return restored;
  }

  forgetUser(userId: string): void {
    this.#sessions.forget((session) => session.userId === userId);
  }

  /** Sends at once: without a broker, no event is on its way. */
  inOrder(send: () => void): void {
    send();
  }

  override close(): void {
    this.#sessions.clear();
    this.#log.clear();
    for (const log of this.#directLogs.values()) log.clear();
    this.#directLogs.clear();
  }

  /**
   * The log that keeps an event to this target, or `null` if no client can receive it. A room with one member counts as
   * one client: applications often have a room for each user.
   */
  #logFor({ rooms, excepted }: BroadcastTarget): EventLog | null {
    if (rooms === null || rooms.length > 1) return this.#log;
    const [room] = rooms;
    if (room === undefined) return null;
    if (this.#sessions.hasRoom(room)) return this.#log;
    const joiners = this.joinersOf(room);
    if (joiners === undefined) return this.#isKnown(room) ? this.#directLog(room) : null;
    if (joiners.size > 1 || this.#isKnown(room)) return this.#log;
    const [only] = joiners;
    if (only === undefined || !this.#isKnown(only.id) || excepted.includes(only.id)) return null;
    return this.#directLog(only.id);
  }

  #directLog(id: string): EventLog {
    let log = this.#directLogs.get(id);
    if (log === undefined) {
      log = new EventLog(this.#budget, this.#budget.directs, this.#directLimits);
      this.#directLogs.set(id, log);
    }
    return log;
  }

  #restore(kept: KeptSession, offset: string | undefined): RestoredSession | null {
    const { sid, pid, rooms, data, userId, expiresAt, cursor, lostAt } = kept;
    const position = offset === undefined ? cursor.known : this.#offsets.positionOf(offset);
    if (position === null || position < cursor.known) return null;
    if (cursor.rewound > 0 && (offset === undefined || position < cursor.rewound)) return null;
    const from = resumeAfter(position, cursor, lostAt);
    const { joined } = cursor;
    const own = new Map([...rooms].map((room) => [room, joined?.get(room) ?? 0]));
    const broadcasts = this.#log.since(from, own);
    const directLog = this.#directLogs.get(sid);
    const directs = directLog === undefined ? [] : directLog.since(from, own);
    if (broadcasts === null || directs === null) return null;
    const missed = merged(broadcasts, directs);
    const next = new RecoveryCursor(pid, position, from);
    next.joined = joined;
    next.sent = missed.at(-1)?.position ?? position;
    const messages = missed.map(({ message }) => message);
    return {
      sid,
      pid,
      rooms,
      data,
      userId,
      expiresAt,
      cursor: next,
      missed: messages,
    };
  }

  /** Whether a socket or a kept session has this id. */
  #isKnown(id: string): boolean {
    return this.host.members.get(id) !== undefined || this.#sessions.of(id) !== undefined;
  }

  #dropped({ sid }: KeptSession): void {
    this.#over(sid);
    if (!this.keepsAny) this.host.checkEmpty();
  }

  /** Called when no client can resume the session of the socket with this id any more. */
  #over(id: string): void {
    this.#forget(id);
    this.host.sessionOver(id);
  }

  /** Drops the events of the socket with this id. */
  #forget(id: string): void {
    this.#directLogs.get(id)?.clear();
    this.#directLogs.delete(id);
  }
}

/** Returns the position after which a client resumes that has received its events up to `position`. */
function resumeAfter(position: number, { sent, known, from }: RecoveryCursor, lostAt: number): number {
  if (position === sent) return lostAt; // it has received all its events: the later ones were for others
  return position === known ? from : position;
}

/** Merges two lists of events by their positions. */
function merged(broadcasts: KeptEvent[], directs: KeptEvent[]): KeptEvent[] {
  if (directs.length === 0) return broadcasts;
  return [...broadcasts, ...directs].toSorted((one, other) => one.position - other.position);
}
