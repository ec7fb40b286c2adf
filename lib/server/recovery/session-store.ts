/**
 * The sessions of a namespace whose clients lost their connection. Each can be taken once. Their number is bounded, and
 * the {@link RecoveryBudget} bounds those of all namespaces, in weight and age; the oldest session is dropped first.
 */
import { ownershipOf, type RecoverableSocket, type RecoveryCursor, type Session } from '../adapter/recovery.js';
import { weightOf } from './data-weight.js';
import { Kept } from './kept-queue.js';
import type { RecoveryBudget } from './recovery-budget.js';

/** Bytes of the objects that make up a session. Measured on Node 20. */
const SESSION_WEIGHT = 400;

/** Bytes of a room, in the session and in the index of rooms, in addition to its name. */
const ROOM_WEIGHT = 96;

/** Bytes of a namespace that has no clients and stays because it keeps sessions. Measured on Node 20. */
const NAMESPACE_WEIGHT = 7_000;

/** The parts of a socket that a session is made of. */
type SessionSocket = Omit<RecoverableSocket, 'cursor' | 'conn' | 'releaseSession'>;

export class KeptSession extends Kept implements Session {
  readonly sid: string;
  readonly pid: string;
  readonly rooms: readonly string[];
  readonly data: unknown;
  readonly userId: string | undefined;
  readonly expiresAt: number | undefined;
  readonly #store: SessionStore;

  /**
   * @param lostAt position of the newest event when the connection was lost
   * @param extra bytes that are kept with the session
   */
  constructor(
    at: number,
    store: SessionStore,
    socket: SessionSocket,
    readonly cursor: RecoveryCursor,
    readonly lostAt: number,
    extra: number,
  ) {
    const { id, rooms, data } = socket;
    const { userId, expiresAt } = ownershipOf(socket);
    const names = [...rooms];
    let weight = SESSION_WEIGHT + weightOf(data) + extra;
    for (const room of names) weight += ROOM_WEIGHT + room.length;
    super(at, weight);
    this.#store = store;
    this.sid = id;
    this.pid = cursor.pid;
    this.rooms = names;
    this.data = data;
    this.userId = userId;
    this.expiresAt = expiresAt;
  }

  drop(): void {
    this.#store.drop(this);
  }
}

export class SessionStore {
  readonly #budget: RecoveryBudget;
  readonly #limit: number;
  readonly #onDrop: (session: KeptSession) => void;
  readonly #byPid = new Map<string, KeptSession>();
  readonly #bySid = new Map<string, KeptSession>();
  /** The number of sessions in each room. The room of a session's own id is left out. */
  readonly #rooms = new Map<string, number>();

  /** @param onDrop called when a session has been dropped, because its time has passed or to make room */
  constructor(budget: RecoveryBudget, limit: number, onDrop: (session: KeptSession) => void) {
    this.#budget = budget;
    this.#limit = limit;
    this.#onDrop = onDrop;
  }

  get size(): number {
    return this.#byPid.size;
  }

  /**
   * @param lostAt position of the newest event
   * @param extra bytes that are kept with the session
   */
  keep(socket: SessionSocket, cursor: RecoveryCursor, lostAt: number, extra = 0): void {
    const { sessions, clock } = this.#budget;
    const session = new KeptSession(clock.now(), this, socket, cursor, lostAt, extra);
    if (this.size === 0) sessions.charge(NAMESPACE_WEIGHT);
    this.#byPid.set(session.pid, session);
    this.#bySid.set(session.sid, session);
    for (const room of session.rooms) if (room !== session.sid) this.#rooms.set(room, (this.#rooms.get(room) ?? 0) + 1);
    this.#budget.keep(sessions, session);
    if (this.size > this.#limit) (this.#byPid.values().next().value as KeptSession).drop();
  }

  /** Returns a session and keeps it. */
  get(pid: string): KeptSession | undefined {
    return this.#byPid.get(pid);
  }

  /** Drops the sessions that match. Takes a step for each session. */
  forget(matches: (session: KeptSession) => boolean): void {
    for (const session of this.#byPid.values()) if (matches(session)) session.drop();
  }

  /** Returns a session and forgets it. */
  take(pid: string): KeptSession | undefined {
    const session = this.#byPid.get(pid);
    if (session !== undefined) this.#remove(session);
    return session;
  }

  /** Whether a session is in a room, other than the room of its own id. */
  hasRoom(room: string): boolean {
    return this.#rooms.has(room);
  }

  /** Returns the session of the socket with this id. */
  of(sid: string): KeptSession | undefined {
    return this.#bySid.get(sid);
  }

  drop(session: KeptSession): void {
    this.#remove(session);
    this.#onDrop(session);
  }

  clear(): void {
    for (const session of this.#byPid.values()) this.#remove(session);
  }

  #remove(session: KeptSession): void {
    this.#byPid.delete(session.pid);
    this.#bySid.delete(session.sid);
    for (const room of session.rooms) {
      if (room === session.sid) continue;
      const count = this.#rooms.get(room) ?? 0;
      if (count > 1) this.#rooms.set(room, count - 1);
      else this.#rooms.delete(room);
    }
    this.#budget.sessions.delete(session);
    if (this.size === 0) this.#budget.sessions.charge(-NAMESPACE_WEIGHT);
  }
}
