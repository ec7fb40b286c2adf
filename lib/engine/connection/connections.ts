/** The open connections of a server by id, and how all of them end: in batches, each with its grace period. */
import type { Clock } from '../clock.js';
import type { Connection } from './connection.js';
import { drain, type DrainOptions } from '../drain.js';
import { WS_LIMITS } from '../engine-options.js';

export class Connections {
  readonly #clock: Clock;
  readonly #byId = new Map<string, Connection>();
  /** That all have been closed, once {@link close} was called. */
  #drained: Promise<void> | null = null;
  /** That all are gone, once {@link close} waits for it. */
  #settled: Promise<void> | null = null;
  #emptied: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#byId.size;
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  add(connection: Connection): void {
    this.#byId.set(connection.id, connection);
  }

  /** It is gone. */
  delete(connection: Connection): void {
    this.#byId.delete(connection.id);
    if (this.#byId.size === 0) this.#emptied?.();
  }

  /** Ends all, and resolves when they are gone. May be called again; resolves together with the first call. */
  async close(batches: Required<DrainOptions>): Promise<void> {
    await (this.#drained ?? this.#drain(batches));
    await (this.#settled ??= this.#settle());
  }

  /** The first batch is ended before this returns; handlers that are told of it may call {@link close} again. */
  #drain(batches: Required<DrainOptions>): Promise<void> {
    let done!: () => void;
    this.#drained = new Promise((resolve) => {
      done = resolve;
    });
    void drain(this.#byId.values(), shutDown, batches, this.#clock).then(done);
    return this.#drained;
  }

  async #settle(): Promise<void> {
    if (this.#byId.size === 0) return;
    const emptied = new Promise<void>((resolve) => {
      this.#emptied = resolve;
    });
    const grace = this.#clock.after(WS_LIMITS.closeTimeout, () => {
      for (const connection of this.#byId.values()) connection.terminate();
    });
    await emptied;
    grace.cancel();
  }
}

function shutDown(connection: Connection): void {
  connection.end('server shutting down');
}
