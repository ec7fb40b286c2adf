/**
 * A client of another server that receives a stream of this server. The other server reports its progress: only so
 * many values are on their way to it, so that a slow client slows the stream down here.
 */
import type { Message } from '../../engine/internal.js';
import type { ClusterChannel } from '../cluster/channels.js';
import type { KeptValue } from './kept-values.js';
import type { StreamReceiver } from './stream-receiver.js';

/** Values and bytes that may be on their way: a round trip of the broker takes a few ms. */
const MAX_VALUES = 64;
const MAX_BYTES = 262_144;

export class DistantReceiver implements StreamReceiver {
  acknowledges: boolean | null = null;
  /** The id of the server of the client. */
  readonly node: string;
  readonly #id: string;
  readonly #channel: ClusterChannel;
  /** The number of the newest value that the client has been sent. */
  #progress: number;
  /** The sizes of the values after it. */
  readonly #sizes: number[] = [];
  #bytes = 0;
  #isClosed = false;
  /** Resolves the promise of the stream that waits. */
  #wake: (() => void) | null = null;

  /** @param n the number of the last value that the client has */
  constructor(node: string, id: string, n: number, channel: ClusterChannel) {
    this.node = node;
    this.#id = id;
    this.#progress = n;
    this.#channel = channel;
  }

  value(n: number, { message: { wire, compress } }: KeptValue): Promise<void> | null {
    this.#channel.send(this.node, 'value', this.#id, n, wire, compress);
    this.#sizes.push(wire.length);
    this.#bytes += wire.length;
    if (!this.#isFull) return null;
    return new Promise((resolve) => (this.#wake = resolve));
  }

  end(n: number, { wire }: Message): void {
    this.#channel.send(this.node, 'end', this.#id, n, wire);
  }

  /** The client has been sent the values up to a number. */
  progressed(n: number): void {
    while (this.#progress < n && this.#sizes.length > 0) {
      this.#progress++;
      this.#bytes -= this.#sizes.shift() ?? 0;
    }
    if (!this.#isFull) this.#awake();
  }

  /** The values after a number have not arrived, and will be sent again. */
  rewind(n: number): void {
    this.#progress = n;
    this.#sizes.splice(0);
    this.#bytes = 0;
    this.#awake();
  }

  /** The client cannot have the rest. @param code see `StreamRefusal` */
  refuse(code: string): void {
    this.#channel.send(this.node, 'refused', this.#id, code);
    this.retire();
  }

  /** Closes it without a message: its server has another receiver for the stream, or knows that it is gone. */
  retire(): void {
    this.#isClosed = true;
    this.#awake();
  }

  isElsewhere(): boolean {
    return false; // its server notifies the client
  }

  close(): void {
    if (!this.#isClosed) this.#channel.send(this.node, 'moved', this.#id);
    this.retire();
  }

  get #isFull(): boolean {
    return this.#sizes.length >= MAX_VALUES || this.#bytes >= MAX_BYTES;
  }

  #awake(): void {
    this.#wake?.();
    this.#wake = null;
  }
}
