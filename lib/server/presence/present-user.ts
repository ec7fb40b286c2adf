/** The shapes in which presence is read. */

/**
 * A user in a room.
 * @publicApi
 */
export interface PresentUser<Meta = unknown> {
  readonly user: string;
  /** The `meta` of its most recent `track` or `update`, or the result of `presence.merge`; `null` if there was none. */
  readonly meta: Meta | null;
  /** The number of its clients in the room that are connected: 0 while it may return. */
  readonly devices: number;
}

/**
 * A connected client of a user.
 * @publicApi
 */
export interface PresentDevice<Meta = unknown> {
  /** The id of its socket. */
  readonly id: string;
  /** The id of its server, as in `server.cluster.nodes`; empty without the option `broker`. */
  readonly node: string;
  readonly meta: Meta | null;
  /** When it was tracked first. */
  readonly since: Date;
}

/**
 * A user with its devices, and the rooms that it is in.
 * @publicApi
 */
export interface PresentUserDetails<Meta = unknown> {
  readonly user: string;
  readonly meta: Meta | null;
  readonly devices: readonly PresentDevice<Meta>[];
  readonly rooms: readonly string[];
}

/**
 * The changes of a room, as clients get them with `presence_diff`.
 * @publicApi
 */
export interface PresenceDiff<Meta = unknown> {
  /** Users that have joined, and users whose `meta` has changed: entries for a `Map`. */
  readonly joins: readonly (readonly [user: string, meta: Meta | null])[];
  /** Users that have left. */
  readonly leaves: readonly string[];
}
