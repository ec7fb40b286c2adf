/** Who shall receive, and how: an immutable value that each link of a chain makes anew. */

export interface Flags {
  /** Lost rather than queued behind what a receiver has not taken yet. */
  readonly volatile?: boolean;
  /** Only clients of this process. */
  readonly local?: boolean;
  /** Whether permessage-deflate applies, where it is on. */
  readonly compress?: boolean;
  /** ms to wait for acknowledgements. */
  readonly timeout?: number;
}

export class BroadcastTarget {
  private constructor(
    /** Rooms and socket ids, joined by "or"; `null` is everybody, none is nobody. */
    readonly rooms: readonly string[] | null,
    /** Rooms and socket ids that are left out. */
    readonly excepted: readonly string[],
    readonly flags: Flags,
  ) {}

  static readonly everybody = new BroadcastTarget(null, [], {});

  to(rooms: string | readonly string[]): BroadcastTarget {
    return new BroadcastTarget((this.rooms ?? []).concat(rooms), this.excepted, this.flags);
  }

  except(rooms: string | readonly string[]): BroadcastTarget {
    return new BroadcastTarget(this.rooms, this.excepted.concat(rooms), this.flags);
  }

  with(flags: Flags): BroadcastTarget {
    return new BroadcastTarget(this.rooms, this.excepted, { ...this.flags, ...flags });
  }
}
