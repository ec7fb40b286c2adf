/** The arguments and results of the calls that applications make. */

/**
 * An event in the history of a room.
 * @publicApi
 */
export interface PastEvent {
  /** The same on all servers. */
  readonly id: string;
  readonly event: string;
  readonly args: readonly unknown[];
  /** When it was sent, by the clock of the server that sent it. */
  readonly at: Date;
}

/** @publicApi */
export interface ReadOptions {
  /** The number of events, the newest ones. @default all that are kept */
  readonly limit?: number;
  /** The id of an event: only those before it. If it is not kept any more, there are none. */
  readonly before?: string;
}

/**
 * Selects the part of a room's past that a client is sent when it joins.
 * @publicApi
 */
export interface RewindOptions {
  /** The number of events, the newest ones. @default all that are kept */
  readonly rewind?: number;
  /**
   * A time, as a `Date` or in ms since 1970: only events from then on, by the clock of the server that sent each of them.
   * Or the id of an event: only those after it, or all if it is not kept any more.
   */
  readonly since?: Date | number | string;
}
