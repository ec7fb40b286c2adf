/**
 * Connection state recovery: a client that lost its connection comes back as the socket that it was, with
 * its id, rooms and data, and is sent what it missed. This file has the words; `RecoveringAdapter` does it in
 * memory, and a published adapter that keeps sessions does it for a cluster.
 * Source: Socket.IO, `connectionStateRecovery`.
 */
import { createId, type Message } from '../../engine/index.js';
import type { EventPacket } from '../../protocol/index.js';
import type { Socket } from '../socket/socket.js';
import type { DisconnectReason } from '../socket/socket-state.js';

/** What outlives a connection. */
export interface Session {
  readonly sid: string;
  /** Known to the client alone: whoever names it is the client. */
  readonly pid: string;
  /** The one of its own id included. */
  readonly rooms: readonly string[];
  readonly data: unknown;
}

export interface Restored extends Session {
  readonly cursor: RecoveryCursor;
  /** What the client missed, as it goes out before the answer to its CONNECT. */
  readonly missed: readonly Message[];
}

/** How far a socket has come in its namespace's events: made with it where recovery is on. */
export class RecoveryCursor {
  /** Position of the last event that was sent to it. */
  sent: number;

  /**
   * @param offset position that the client names when it has received nothing since it joined
   * @param from where it then has to be taken up: not before it joined
   */
  constructor(
    readonly pid: string = createId(),
    readonly offset: number = 0,
    readonly from: number = offset,
  ) {
    this.sent = offset;
  }
}

export interface Recovery {
  /** The connection of a socket is lost. */
  keep(socket: Socket): void;
  /**
   * Hands a session out, once. A socket that still holds it is closed first: its client has come back
   * before its end was noticed.
   * @param offset with which the last event ended that the client received, if it received any
   * @returns `null` when there is none, or when what was missed is not known any more
   */
  take(pid: string, offset: string | undefined): Restored | null | Promise<Restored | null>;
  /** Sends what is not kept, behind what is kept and still under way. */
  inOrder(send: () => void): void;
  /** Whether a namespace has to stay for sessions alone. */
  readonly keepsAny: boolean;
}

/** Sockets that are there, by the pid of their sessions. */
export class SessionOwners {
  readonly #sockets = new Map<string, Socket>();

  add(socket: Socket): void {
    if (socket.cursor !== null) this.#sockets.set(socket.cursor.pid, socket);
  }

  remove(socket: Socket): void {
    const pid = socket.cursor?.pid;
    if (pid !== undefined && this.#sockets.get(pid) === socket) this.#sockets.delete(pid);
  }

  /** Ends the connection of whoever still holds a session, which is kept then. */
  release(pid: string): void {
    this.#sockets.get(pid)?.conn.end('transport close');
  }
}

/** The ends after which a client may come back: those that nobody wanted. */
export const RECOVERABLE: ReadonlySet<DisconnectReason> = new Set<DisconnectReason>([
  'transport close',
  'transport error',
  'ping timeout',
  'forced close',
  'server shutting down',
]);

/** What a client's CONNECT says of the session that it had. */
export function claimOf(auth: Readonly<Record<string, unknown>>): { pid: string; offset: string | undefined } | null {
  const { pid, offset } = auth;
  return typeof pid === 'string' ? { pid, offset: typeof offset === 'string' ? offset : undefined } : null;
}

/**
 * An event that is not kept, as it goes to a client that can recover: such a client takes a string at the end
 * of an event for an offset, so that none may end with one.
 */
export function unkept(data: EventPacket['data']): EventPacket['data'] {
  return typeof data.at(-1) === 'string' ? [...data, null] : data;
}
