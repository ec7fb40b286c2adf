/**
 * The clients of a namespace that have lost their connection and may resume their session. An absence begins when the
 * session is kept. It is over when the client has returned, here or on another server, or can no longer return.
 *
 * The server that lost a client has its absence. If another server takes the session from the broker, that server
 * notifies the others of the outcome: the client has returned, or was refused. Until then, and if the other server is
 * killed meanwhile, the deadline of the absence applies.
 *
 * Between its drop and the end, the rooms of the old socket are kept here, because it has left them by then.
 */
import { type Clock, DeadlineQueue } from '../../engine/internal.js';
import type { ObservedSocket, SocketObservers } from '../adapter/socket-observer.js';
import type { DisconnectReason } from '../socket/socket-state.js';

/** Bytes of the socket of an absent client, which is kept with its connection. Measured on Node 20. */
export const ABSENCE_WEIGHT = 4_500;

/** The end of a socket. */
export interface Departure {
  readonly reason: DisconnectReason;
  readonly description: unknown;
}

interface Absence<S> extends Departure {
  readonly socket: S;
  /** A socket that resumes the session, and whose CONNECT is being decided. */
  claimant: S | null;
}

/** The outcome of a session that was taken from another server: the client was accepted, or can no longer return. */
type Outcome = 'returned' | 'ended';

/** The namespace, as its absences see it. */
export interface AbsenceHost<S> {
  readonly clock: Clock;
  readonly observers: SocketObservers | null;
  /** Whether other servers can resume the sessions. Then their number and time are bounded here. */
  readonly isShared: boolean;
  readonly bounds: { readonly maxSessions: number; readonly maxDisconnectionDuration: number };
  /** Runs the handlers of an absence that has ended, then `done`. */
  ended(socket: S, departure: Departure, done: () => void): void;
  /** Sends a notice to the same namespace of the other servers, which call {@link Absences.heard}. */
  notifyOthers(...notice: readonly unknown[]): void;
  /** Called when an absence is over without a handler: the namespace may be empty now. */
  checkEmpty(): void;
}

/** @typeParam S the type of a socket */
export class Absences<S extends ObservedSocket> {
  readonly #host: AbsenceHost<S>;
  /** By the id of the socket, the oldest first. */
  readonly #byId = new Map<string, Absence<S>>();
  readonly #rooms = new WeakMap<object, ReadonlySet<string>>();
  /** The sockets that resume the session of a client which another server has lost. */
  readonly #distant = new WeakSet<S>();
  /** Only for sessions whose end is not reported. */
  #deadlines: DeadlineQueue<string> | null = null;

  constructor(host: AbsenceHost<S>) {
    this.#host = host;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** The rooms of an absent client, and of one whose absence has ended, until its handlers have settled. */
  roomsOf(socket: object): Iterable<string> {
    return this.#rooms.get(socket) ?? [];
  }

  // --- Called by the namespace ---

  /** Begins an absence: the connection is lost, and the session is kept. */
  add(socket: S, { reason, description }: Departure): void {
    this.#rooms.set(socket, socket.rooms);
    this.#away({ socket, reason, description, claimant: null });
    this.#host.observers?.dropped(socket, reason);
  }

  /** Called when a socket resumes a session, before its CONNECT is decided. */
  claimed(claimant: S): void {
    const absence = this.#byId.get(claimant.id);
    if (absence === undefined) this.#distant.add(claimant);
    else absence.claimant = claimant;
  }

  /** Called when the connection of such a socket is lost before the decision, and its session is kept once more. */
  kept(claimant: S): void {
    this.#distant.delete(claimant);
    const absence = this.#claimOf(claimant);
    if (absence === undefined) return;
    this.#byId.delete(claimant.id);
    this.#away({ ...absence, claimant: null });
  }

  /** Called when a socket that resumes a session has been accepted. */
  returned(socket: S): void {
    const absence = this.#claimOf(socket);
    if (absence !== undefined) this.#forget(absence);
    this.#settle(socket, 'returned');
    this.#host.observers?.returned(socket);
  }

  /** Called when a socket has been refused. It may have resumed a session, which is then lost. */
  refused(socket: S): void {
    const absence = this.#claimOf(socket);
    if (absence !== undefined) this.#end(absence);
    this.#settle(socket, 'ended');
  }

  /** Called when a session can no longer be resumed. */
  lapsed(id: string): void {
    const absence = this.#byId.get(id);
    if (absence !== undefined) this.#endUnlessClaimed(absence);
    else if (this.#host.isShared) this.#host.notifyOthers(id, 'ended');
  }

  /** Called with the notice of another server. @see AbsenceHost.notifyOthers */
  heard([id, outcome]: readonly unknown[]): void {
    const absence = this.#byId.get(String(id));
    if (absence === undefined) return;
    if (outcome === 'returned') {
      this.#host.observers?.moved(absence.socket);
      this.#forget(absence);
      this.#host.checkEmpty();
    } else this.#endUnlessClaimed(absence);
  }

  /** Ends the absences of a user, whose sessions are forgotten. */
  forgetUser(userId: string): void {
    for (const absence of this.#byId.values()) if (absence.socket.userId === userId) this.#endUnlessClaimed(absence);
  }

  /** Called when the server closes. Absent clients can still return to other servers, if there are any. */
  close(): void {
    this.#deadlines?.clear();
    if (!this.#host.isShared) for (const absence of this.#byId.values()) this.#end(absence);
    this.#byId.clear();
  }

  // --- Inside ---

  #away(absence: Absence<S>): void {
    const { id } = absence.socket;
    this.#byId.set(id, absence);
    const { isShared, bounds, clock } = this.#host;
    if (!isShared) return; // the adapter bounds the sessions and calls `lapsed`
    this.#deadlines ??= new DeadlineQueue(bounds.maxDisconnectionDuration, (late) => this.#expired(late), clock);
    this.#deadlines.add(id);
    for (const oldest of this.#byId.values()) {
      if (this.#byId.size <= bounds.maxSessions) return;
      this.#endUnlessClaimed(oldest);
    }
  }

  #claimOf(claimant: S): Absence<S> | undefined {
    const absence = this.#byId.get(claimant.id);
    return absence?.claimant === claimant ? absence : undefined;
  }

  #settle(socket: S, outcome: Outcome): void {
    if (this.#distant.delete(socket) && this.#host.isShared) this.#host.notifyOthers(socket.id, outcome);
  }

  #expired(id: string): void {
    const absence = this.#byId.get(id);
    if (absence !== undefined) this.#endUnlessClaimed(absence);
  }

  /** The decision on the claimant also decides on the absence. */
  #endUnlessClaimed(absence: Absence<S>): void {
    if (absence.claimant === null) this.#end(absence);
  }

  #end(absence: Absence<S>): void {
    const { socket } = absence;
    this.#remove(absence);
    this.#host.ended(socket, absence, () => this.#rooms.delete(socket));
  }

  #forget(absence: Absence<S>): void {
    this.#remove(absence);
    this.#rooms.delete(absence.socket);
  }

  #remove({ socket: { id } }: Absence<S>): void {
    this.#byId.delete(id);
    this.#deadlines?.delete(id);
  }
}
