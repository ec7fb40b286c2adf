import { RecoveryCursor } from '../../server/internal.js';
import type { Offset } from './offset.js';

/** The position of a socket among the events of the cluster. */
export class ClusterCursor extends RecoveryCursor {
  /** The offset that the client presents if it has received nothing since it joined or resumed. */
  readonly presented: Offset;
  /** The offset after which such a client resumes. */
  readonly resumesAfter: Offset;
  /** The offset of the last event that was sent to it. */
  given: Offset;
  /** The offset of this node when it joined each of its rooms. */
  readonly joinedAt: Map<string, Offset>;
  /** The events that it had on other nodes: the number of the newest one of each. `null` if it comes from nowhere. */
  readonly had: ReadonlyMap<string, number> | null;

  /** The offset of the event that ended the past of a room. Set if {@link rewound} is. */
  proof: Offset | null = null;

  /** The ids of the events that it has had in the past of a room, before they arrived. */
  past: ReadonlySet<string> | null = null;

  /** @param offset of this node by now */
  constructor(
    offset: Offset,
    pid?: string,
    {
      resumesAfter = offset,
      given = offset,
      joinedAt = new Map<string, Offset>(),
      had = null as ReadonlyMap<string, number> | null,
    } = {},
  ) {
    super(pid);
    this.presented = offset;
    this.resumesAfter = resumesAfter;
    this.given = given;
    this.joinedAt = joinedAt;
    this.had = had;
  }

  override hasRewound(past: readonly string[]): void {
    this.rewound = 1;
    this.proof = this.given;
    if (past.length > 0) this.past = new Set([...(this.past ?? []), ...past]);
  }
}
