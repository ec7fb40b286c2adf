/** One emit of the application, and what this server has sent because of it by the time the emit returns. */
import type { BroadcastTarget } from '../adapter/broadcast-target.js';

export class Emission {
  /** The receivers of this server. With recovery in a cluster, events to a single client may be counted later. */
  receivers = 0;
  /**
   * Receivers that had not taken earlier events, so that one was dropped: this one if it is volatile, and an older value
   * if it is a latest value.
   */
  dropped = 0;
  /** Bytes of the encoded event for all receivers. */
  bytes = 0;

  /** @param direct whether it is for one socket of this server: its id is the only room of the target */
  constructor(
    readonly namespace: string,
    /** The name of the namespace in metrics, see {@link WatchedNamespace.label}. */
    readonly label: string,
    readonly event: string,
    readonly target: BroadcastTarget,
    readonly direct: boolean,
    readonly wantsAck: boolean,
  ) {}
}
