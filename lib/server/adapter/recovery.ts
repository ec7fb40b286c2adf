/**
 * The contract of connection state recovery: a client that lost its connection resumes its socket, with the same id,
 * rooms and data, and receives the events it missed. `RecoveringAdapter` implements it in memory,
 * `BrokerRecoveryAdapter` with a published adapter that keeps sessions for a cluster.
 * Source: Socket.IO, `connectionStateRecovery`.
 */
import { type CloseReason, createId, type Message } from '../../engine/internal.js';
import type { EventPacket } from '../../protocol/internal.js';
import type { DisconnectReason } from '../socket/socket-state.js';
import type { Flags } from './broadcast-target.js';

/** The state of a socket that outlives its connection. */
export interface Session {
  readonly sid: string;
  /** A secret of the client: presenting it proves that the session is the client's. */
  readonly pid: string;
  /** Includes the room of its own id. */
  readonly rooms: readonly string[];
  readonly data: unknown;
  /** Its user, who alone may resume it. Without one, presenting the `pid` is enough. */
  readonly userId?: string | undefined;
  /** ms since 1970, after which it cannot be resumed. */
  readonly expiresAt?: number | undefined;
}

/** Returns the owner and the expiry of a socket's session, if it has them. */
export function ownershipOf({ userId, expiresAt }: Pick<RecoverableSocket, 'userId' | 'expiresAt'>): {
  userId?: string;
  expiresAt?: number;
} {
  return {
    ...(userId !== undefined && { userId }),
    ...(expiresAt != null && { expiresAt: expiresAt.getTime() }),
  };
}

/**
 * Whether a client may resume a session.
 * @param userId the user of the client, if it is known by now
 */
export function mayResume({ userId, expiresAt }: Partial<Session>, claimant: string | undefined): boolean {
  if (userId != null && claimant !== undefined && claimant !== userId) return false;
  return expiresAt == null || expiresAt > Date.now(); // `null` comes from brokers
}

/** A session that a client resumes. */
export interface RestoredSession extends Session {
  readonly cursor: RecoveryCursor;
  /** The events that the client missed. They are sent before the answer to its CONNECT. */
  readonly missed: readonly Message[];
}

/** The position of a socket among the events of its namespace. Every socket has one if recovery is on. */
export class RecoveryCursor {
  /** Position of the last event sent to the socket. */
  sent: number;
  /**
   * Position of the event that ended the past of a room, see `Rewind`: a client that has not received it lacks a part of
   * that past, and resumes nothing. 0 if there was none, `Infinity` while it is being sent.
   */
  rewound = 0;
  /** Position of the newest event when it joined each of its rooms: it resumes with none of the room's earlier events. */
  joined: Map<string, number> | null = null;

  /**
   * @param known position of the last event that the client had when it joined or resumed. The client presents it again
   *   if it has received nothing since
   * @param from position after which such a client resumes: not before it joined
   */
  constructor(
    readonly pid: string = createId(),
    readonly known: number = 0,
    readonly from: number = known,
  ) {
    this.sent = known;
  }

  /**
   * Called when the last event that was sent to the socket ended the past of a room.
   * @param _past the ids of events of that past that have yet to arrive from other servers
   */
  hasRewound(_past: readonly string[]): void {
    this.rewound = this.sent;
  }
}

/** A socket whose session can be kept. */
export interface RecoverableSocket {
  readonly id: string;
  readonly rooms: ReadonlySet<string>;
  readonly data: unknown;
  readonly userId?: string | undefined;
  readonly expiresAt?: Date | null;
  /** Its position among the events of its namespace. Set if recovery is on, and until its session is kept. */
  cursor: RecoveryCursor | null;
  /** Its connection, which it shares with the client's sockets in other namespaces. */
  readonly conn: { end(reason: CloseReason): void };
  /** Called when its connection has ended: keeps the session now, even if its CONNECT is still being decided. */
  releaseSession(): void;
}

export interface Recovery {
  /**
   * Keeps the session of a socket whose connection is lost. The socket no longer has it, nor a cursor.
   * @returns whether its client may resume, here or on another server
   */
  keep(socket: RecoverableSocket): boolean;
  /**
   * Returns a session and forgets it. If a socket still uses the session, its connection is closed first: the client
   * has reconnected before the server noticed that the old connection was lost.
   * @param offset the last argument of the last event that the client received, if it received any
   * @param userId the user of the client, if it is known by now. A session of another user stays for its owner
   * @returns `null` if there is no such session, if it belongs to another user or has expired, or if the events that the client missed have been evicted
   */
  take(
    pid: string,
    offset: string | undefined,
    userId?: string,
  ): RestoredSession | null | Promise<RestoredSession | null>;
  /** Forgets the sessions of a user. */
  forgetUser(userId: string): void;
  /**
   * Calls `send` for a message that is not kept, after the kept events that are still on their way.
   * @param bytes of the message
   */
  inOrder(send: () => void, bytes: number): void;
  /** Whether an event to one socket is kept and sent at once, without a broker. */
  readonly keepsAtOnce?: boolean;
  /** Whether an empty namespace must stay because it keeps sessions. */
  readonly keepsAny: boolean;
  /**
   * Whether other servers can resume the sessions, which outlive this server. Otherwise the end of each session is
   * reported to `AdapterHost.sessionOver`.
   */
  readonly isShared: boolean;
}

/** Reasons for a disconnect after which a client may resume: neither side requested it. */
export const RECOVERABLE: ReadonlySet<DisconnectReason> = new Set<DisconnectReason>([
  'transport close',
  'transport error',
  'ping timeout',
  'forced close',
  'server shutting down',
]);

/** The session that a client wants to resume. */
export interface SessionClaim {
  readonly pid: string;
  readonly offset: string | undefined;
}

/** Reads the claim from the data of a CONNECT. */
export function sessionClaim(auth: Readonly<Record<string, unknown>>): SessionClaim | null {
  const { pid, offset } = auth;
  return typeof pid === 'string' ? { pid, offset: typeof offset === 'string' ? offset : undefined } : null;
}

/** Whether recovery keeps an event, unless it asks for an acknowledgement. */
export function isKept({ volatile, latest }: Flags): boolean {
  return volatile !== true && latest === undefined;
}

/**
 * Returns the data of an event that is not kept, for a client that can recover. Such a client takes a string at the end
 * of an event for an offset, so `null` is appended to it.
 */
export function withoutOffset(data: EventPacket['data']): EventPacket['data'] {
  return typeof data.at(-1) === 'string' ? [...data, null] : data;
}
