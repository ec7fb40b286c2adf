/**
 * The bound on what waits for all clients together, `limits.totalBufferedBytes`. Adding up what waits for each client
 * would count a broadcast once for each of its receivers, although they share one Buffer. So the memory of all Buffers
 * of the process decides: while some client is behind, it is read once a second. Above the limit, the clients for which
 * most waits are disconnected until the rest is below it.
 */
import type { Clock, Timer } from '../clock.js';

/** ms. One reading takes about 10 µs, and a network of 10 Gbit/s brings at most 1.2 GB in that time. */
const INTERVAL = 1_000;

/** A client for which bytes wait. */
export interface BufferedClient {
  readonly bufferedAmount: number;
  /** Ends its connection because of the limit. */
  endOverloaded(): void;
}

export class Overload {
  readonly #limit: number;
  readonly #clients: () => Iterable<BufferedClient>;
  readonly #clock: Clock;
  readonly #bufferBytes: () => number;
  #timer: Timer | null = null;

  /**
   * @param limit bytes; `Infinity` for none
   * @param clients of the server
   * @param bufferBytes measures the memory of all Buffers of the process
   */
  constructor(
    limit: number,
    clients: () => Iterable<BufferedClient>,
    clock: Clock,
    bufferBytes: () => number = () => process.memoryUsage().arrayBuffers,
  ) {
    this.#limit = limit;
    this.#clients = clients;
    this.#clock = clock;
    this.#bufferBytes = bufferBytes;
  }

  /** Called whenever bytes wait for a client. */
  watch(): void {
    if (this.#timer !== null || this.#limit === Infinity) return;
    this.#timer = this.#clock.after(INTERVAL, () => this.#check());
  }

  /** Stops watching. */
  clear(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #check(): void {
    this.#timer = null;
    const behind = [...this.#clients()].filter(({ bufferedAmount }) => bufferedAmount > 0);
    if (behind.length === 0) return;
    this.watch();
    const waiting = behind.reduce((sum, { bufferedAmount }) => sum + bufferedAmount, 0);
    let excess = Math.min(waiting, this.#bufferBytes()) - this.#limit;
    if (excess <= 0) return;
    for (const client of behind.toSorted((a, b) => b.bufferedAmount - a.bufferedAmount)) {
      excess -= client.bufferedAmount;
      client.endOverloaded();
      if (excess <= 0) return;
    }
  }
}
