/**
 * The streams whose client is gone or whose handler has ended, for `streams.resumeWithin`: the client may resume them.
 * Their bytes are bounded by `limits.keptStreamBytes`. Above it, the one that keeps most gives up its oldest stream: of
 * the users, and of the addresses of anonymous clients, and then of its connections. So neither a client nor a crowd of
 * connections can make the server give up the few streams of others.
 */
import { type Clock, DeadlineQueue } from '../../engine/internal.js';
import type { Stream, StreamAccount } from './stream.js';
import { WeightClasses } from './weight-classes.js';

/** Bytes that a stream costs in addition to its values: its objects, and the generator of its handler. */
const STREAM_COST = 3_000;

/** The kept streams of a user, or of an address. */
class OwnerShare {
  bytes = 0;
  readonly connections = new Map<StreamAccount, ConnectionShare>();
  readonly byWeight = new WeightClasses<ConnectionShare>();

  constructor(readonly name: string) {}

  of(account: StreamAccount): ConnectionShare {
    let share = this.connections.get(account);
    if (share === undefined) this.connections.set(account, (share = new ConnectionShare(this, account)));
    return share;
  }
}

/** The kept streams that one connection received. */
class ConnectionShare {
  bytes = 0;
  /** The one that has been kept for longest first. */
  readonly streams = new Set<Stream>();

  constructor(
    readonly owner: OwnerShare,
    readonly account: StreamAccount,
  ) {}
}

/** A stream in the share that it counts towards. */
interface KeptStream {
  readonly share: ConnectionShare;
  cost: number;
}

export class KeptStreams {
  readonly #deadlines: DeadlineQueue<Stream>;
  readonly #streams = new Map<Stream, KeptStream>();
  readonly #owners = new Map<string, OwnerShare>();
  readonly #byWeight = new WeightClasses<OwnerShare>();
  readonly #exceeded: () => void;
  readonly #maxBytes: number;
  #bytes = 0;

  /**
   * @param delay ms
   * @param exceeded called when streams are given up for want of memory
   */
  constructor(delay: number, maxBytes: number, clock: Clock, exceeded: () => void) {
    this.#deadlines = new DeadlineQueue(delay, (stream) => stream.cancel(), clock);
    this.#maxBytes = maxBytes;
    this.#exceeded = exceeded;
  }

  get size(): number {
    return this.#streams.size;
  }

  /** Adds a stream, or restarts its time. */
  add(stream: Stream): void {
    this.delete(stream);
    this.#deadlines.add(stream);
    const share = this.#ownerOf(stream).of(stream.account);
    share.streams.add(stream);
    const kept = { share, cost: 0 };
    this.#streams.set(stream, kept);
    this.#charge(kept, STREAM_COST + stream.bytes);
  }

  /** Counts the bytes of a stream again. */
  recount(stream: Stream): void {
    const kept = this.#streams.get(stream);
    if (kept !== undefined) this.#charge(kept, STREAM_COST + stream.bytes);
  }

  delete(stream: Stream): void {
    const kept = this.#streams.get(stream);
    if (kept === undefined) return;
    this.#deadlines.delete(stream);
    this.#streams.delete(stream);
    this.#charge(kept, 0);
    const { owner, account, streams } = kept.share;
    streams.delete(stream);
    if (streams.size === 0) owner.connections.delete(account);
    if (owner.connections.size === 0) this.#owners.delete(owner.name);
  }

  clear(): void {
    this.#deadlines.clear();
    for (const stream of this.#streams.keys()) this.delete(stream);
  }

  #ownerOf({ userId, account }: Stream): OwnerShare {
    const name = userId === undefined ? `address ${account.address}` : `user ${userId}`;
    let owner = this.#owners.get(name);
    if (owner === undefined) this.#owners.set(name, (owner = new OwnerShare(name)));
    return owner;
  }

  #charge(kept: KeptStream, cost: number): void {
    const { share } = kept;
    const { owner } = share;
    const growth = cost - kept.cost;
    kept.cost = cost;
    share.bytes += growth;
    owner.byWeight.move(share, share.bytes - growth);
    owner.bytes += growth;
    this.#byWeight.move(owner, owner.bytes - growth);
    this.#bytes += growth;
    if (growth > 0 && this.#bytes > this.#maxBytes) this.#shrink();
  }

  #shrink(): void {
    this.#exceeded();
    while (this.#bytes > this.#maxBytes) {
      const [oldest] = this.#byWeight.heavy?.byWeight.heavy?.streams ?? [];
      if (oldest === undefined) return;
      this.delete(oldest);
      oldest.cancel();
    }
  }
}
