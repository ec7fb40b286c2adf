/** The receivers of a broadcast and its flags: an immutable value. Each link of a chain creates a new one. */

/**
 * One room or socket id, or several.
 * @publicApi
 */
export type Rooms = string | readonly string[];

/** @publicApi */
export interface Flags {
  /** Whether to drop the event for a receiver that has not read earlier ones yet, instead of queueing it. */
  readonly volatile?: boolean;
  /** The key of a latest value: for a receiver that lags, and in the history of a room, a later one replaces it. */
  readonly latest?: string;
  /** Whether to send to clients of this process only. */
  readonly local?: boolean;
  /** Whether to compress, if permessage-deflate is on. */
  readonly compress?: boolean;
  /** Milliseconds to wait for acknowledgements. */
  readonly timeout?: number;
}

export class BroadcastTarget {
  private constructor(
    /**
     * Rooms and socket ids, of which a receiver matches at least one. `null` selects everyone, an empty list no one.
     */
    readonly rooms: readonly string[] | null,
    /** Rooms and socket ids to leave out. */
    readonly excepted: readonly string[],
    readonly flags: Flags,
  ) {}

  static readonly everybody = new BroadcastTarget(null, [], {});

  /** Returns a target with these parts, which must not change afterwards. */
  static of(rooms: readonly string[] | null, excepted: readonly string[], flags: Flags): BroadcastTarget {
    return new BroadcastTarget(rooms, excepted, flags);
  }

  /** Whether the target selects no one, as `to([])` does. To a published adapter, no rooms would mean everyone. */
  get isEmpty(): boolean {
    return this.rooms !== null && this.rooms.length === 0;
  }

  to(rooms: Rooms): BroadcastTarget {
    return new BroadcastTarget((this.rooms ?? []).concat(rooms), this.excepted, this.flags);
  }

  except(rooms: Rooms): BroadcastTarget {
    return new BroadcastTarget(this.rooms, this.excepted.concat(rooms), this.flags);
  }

  with(flags: Flags): BroadcastTarget {
    return new BroadcastTarget(this.rooms, this.excepted, { ...this.flags, ...flags });
  }
}
