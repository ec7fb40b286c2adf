/**
 * The local adapter with connection state recovery, in the memory of this process. Every event that is neither volatile
 * nor acknowledged is appended to the event log of its namespace. It carries its offset as last argument, which the
 * client presents when it reconnects.
 */
import { Message } from '../../engine/internal.js';
import type { EventPacket } from '../../protocol/internal.js';
import type { AdapterHost, Member } from '../adapter/adapter.js';
import type { BroadcastTarget } from '../adapter/broadcast-target.js';
import { LocalAdapter } from '../adapter/local-adapter.js';
import {
  mayResume,
  ownershipOf,
  type RecoverableSocket,
  type Recovery,
  RecoveryCursor,
  type RestoredSession,
  type Session,
  withoutOffset,
} from '../adapter/recovery.js';
import { EventLog } from './event-log.js';
import type { ResolvedRecoveryOptions } from './recovery-options.js';
import { SessionOwners } from './session-owners.js';
import { SessionStore } from './session-store.js';

interface KeptSession extends Session {
  readonly cursor: RecoveryCursor;
  /** Position of the newest event when the connection was lost. */
  readonly lostAt: number;
}

export class RecoveringAdapter extends LocalAdapter implements Recovery {
  override readonly recovery: Recovery = this;
  readonly #log: EventLog;
  readonly #sessions: SessionStore<KeptSession>;
  readonly #owners = new SessionOwners();

  constructor(host: AdapterHost, options: ResolvedRecoveryOptions) {
    super(host);
    const { clock, onIdle } = host;
    this.#log = new EventLog(clock, options);
    this.#sessions = new SessionStore(clock, options.maxDisconnectionDuration, options.maxSessions, onIdle);
  }

  get keepsAny(): boolean {
    return this.#sessions.size > 0;
  }

  override add(member: Member): void {
    super.add(member);
    member.cursor ??= new RecoveryCursor(undefined, this.#log.last);
    this.#owners.add(member);
  }

  override remove(member: Member): void {
    super.remove(member);
    this.#owners.remove(member);
  }

  override broadcast(packet: EventPacket, target: BroadcastTarget): void {
    const { compress, volatile = false } = target.flags;
    if (volatile) return super.broadcast({ ...packet, data: withoutOffset(packet.data) }, target);
    const data: EventPacket['data'] = [...packet.data, this.#log.nextOffset];
    const message = Message.of(this.host.encode({ ...packet, data }), compress);
    const position = this.#log.append(target, message);
    this.each(target, (member) => {
      member.deliver(packet, message, false);
      if (member.cursor !== null) member.cursor.sent = position;
    });
  }

  keep(socket: RecoverableSocket): void {
    const { id, rooms, data, cursor } = socket;
    if (cursor === null) return;
    this.#owners.remove(socket);
    this.#sessions.keep(cursor.pid, {
      sid: id,
      pid: cursor.pid,
      rooms: [...rooms],
      data,
      cursor,
      lostAt: this.#log.last,
      ...ownershipOf(socket),
    });
  }

  take(pid: string, offset: string | undefined, userId?: string): RestoredSession | null {
    this.#owners.release(pid, userId);
    if (!mayResume(this.#sessions.get(pid) ?? {}, userId)) return null;
    const kept = this.#sessions.take(pid);
    if (kept === undefined) return null;
    const { cursor, lostAt, rooms } = kept;
    const position = offset === undefined ? cursor.known : this.#log.positionOf(offset);
    if (position === null || position < cursor.known) return null;
    const from = resumeAfter(position, cursor, lostAt);
    const missed = this.#log.since(from, new Set(rooms));
    if (missed === null) return null;
    const next = new RecoveryCursor(pid, position, from);
    if (missed.messages.length > 0) next.sent = missed.last;
    return { ...kept, cursor: next, missed: missed.messages };
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
  }
}

/** Returns the position after which a client resumes that has received its events up to `position`. */
function resumeAfter(position: number, { sent, known, from }: RecoveryCursor, lostAt: number): number {
  if (position === sent) return lostAt; // it has received all its events: the later ones were for others
  return position === known ? from : position;
}
