/** A client that is tracked, on this server or on another one. */
import type { ObservedSocket } from '../adapter/socket-observer.js';

/** The server of a client. */
export interface ClientOwner {
  /** The id of the node. */
  readonly node: string;
  /** Whether the node has left the cluster: its clients count as lost. */
  readonly isLost: boolean;
}

/**
 * - `here`: it is connected
 * - `lost`: its connection was lost less than `presence.grace` ago
 * - `away`: its connection was lost earlier, and its session is kept. It counts in no room
 */
export type TrackedState = (typeof TRACKED_STATES)[number];

export const TRACKED_STATES = ['here', 'lost', 'away'] as const;

export class TrackedClient {
  readonly rooms = new Set<string>();
  readonly owner: ClientOwner;
  readonly id: string;
  readonly user: string;
  meta: unknown;
  /** Orders the calls of `track` and `update` of all servers: see `PresenceTable.nextStamp`. */
  stamp: number;
  /** ms since 1970 */
  readonly since: number;
  state: TrackedState;

  constructor(
    owner: ClientOwner,
    { id, user, meta, stamp, since, state }: Pick<TrackedClient, 'id' | 'user' | 'meta' | 'stamp' | 'since' | 'state'>,
  ) {
    this.owner = owner;
    this.id = id;
    this.user = user;
    this.meta = meta;
    this.stamp = stamp;
    this.since = since;
    this.state = state;
  }

  get isConnected(): boolean {
    return this.state === 'here' && !this.owner.isLost;
  }

  /** Whether its `track` or `update` is more recent than that of another client. */
  isNewerThan(other: TrackedClient): boolean {
    return this.stamp === other.stamp ? this.id > other.id : this.stamp > other.stamp;
  }
}

/** A client of this server. */
export class LocalClient extends TrackedClient {
  /** `null` while it has no connection. */
  socket: ObservedSocket | null = null;
  /** Whether it has ended, and counts only until its grace is over. */
  isOver = false;
}
