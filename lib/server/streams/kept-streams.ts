/**
 * The streams whose client is gone or whose handler has ended, for `streams.resumeWithin`: the client may resume them.
 * Their bytes are bounded by `limits.keptStreamBytes`: the oldest ones are given up.
 */
import { type Clock, DeadlineQueue } from '../../engine/internal.js';
import type { Stream } from './stream.js';

/** Bytes that a stream costs in addition to its values: its objects, and the generator of its handler. */
const STREAM_COST = 2_000;

export class KeptStreams {
  readonly #deadlines: DeadlineQueue<Stream>;
  /** The cost of each, the one that has been kept for longest first. */
  readonly #costs = new Map<Stream, number>();
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
    return this.#costs.size;
  }

  /** Adds a stream, or restarts its time. */
  add(stream: Stream): void {
    this.delete(stream);
    this.#deadlines.add(stream);
    this.#charge(stream);
  }

  /** Counts the bytes of a stream again. */
  recount(stream: Stream): void {
    if (this.#costs.has(stream)) this.#charge(stream);
  }

  delete(stream: Stream): void {
    this.#deadlines.delete(stream);
    this.#bytes -= this.#costs.get(stream) ?? 0;
    this.#costs.delete(stream);
  }

  clear(): void {
    this.#deadlines.clear();
    this.#costs.clear();
    this.#bytes = 0;
  }

  #charge(stream: Stream): void {
    const cost = STREAM_COST + stream.bytes;
    this.#bytes += cost - (this.#costs.get(stream) ?? 0);
    this.#costs.set(stream, cost);
    if (this.#bytes <= this.#maxBytes) return;
    this.#exceeded();
    for (const oldest of this.#costs.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      oldest.cancel(); // which deletes it
    }
  }
}
