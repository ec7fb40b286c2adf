/**
 * The open connections of a server by id, and how they are closed at shutdown: in batches, because clients that all
 * lose their connection at the same instant all reconnect at the same instant, to the servers that remain.
 */
import { checkMilliseconds, checkPositive, refuseUnknownOptions, withDefaults } from '../../options.js';
import type { Clock } from '../clock.js';
import { WS_LIMITS } from '../engine-options.js';
import type { Connection } from './connection.js';

/** @publicApi */
export interface DrainOptions {
  /** Number of clients closed at a time. @default 500 */
  batch?: number;
  /** ms between two batches; 0 closes all clients at once. @default 100 */
  interval?: number;
  /**
   * ms between the moment at which the server counts as draining, see `server.draining`, and the first closed client.
   * Until then it accepts clients, so that load balancers have the time to notice. @default 0
   */
  delay?: number;
}

/** The size and the interval of the batches in which connections are closed. */
export type Batches = Required<Pick<DrainOptions, 'batch' | 'interval'>>;

export const DRAIN_DEFAULTS = {
  batch: 500, // 5000 per second: as many as two or three processes of the same kind can accept
  interval: 100, // short enough that a small server is empty at once
  delay: 0, // without a load balancer that probes the server, waiting is of no use
} as const;

/** ms that all batches may take together. With very many clients, batches get larger instead. */
const MAX_DRAIN_TIME = 5_000;

export const ALL_AT_ONCE: Batches = { batch: 1, interval: 0 };

/** @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION` */
export function resolveDrainOptions(options: DrainOptions): Required<DrainOptions> {
  refuseUnknownOptions(options, Object.keys(DRAIN_DEFAULTS), 'drain');
  const resolved = withDefaults<DrainOptions>(options, DRAIN_DEFAULTS);
  checkPositive(resolved, 'batch');
  checkMilliseconds(resolved, 'interval', 'delay');
  return resolved;
}

export class Connections {
  readonly #clock: Clock;
  readonly #byId = new Map<string, Connection>();
  /** Resolves when every connection has been ended. Set by {@link close}. */
  #drained: Promise<void> | null = null;
  /** Resolves when every connection is gone. Set by {@link close} after draining. */
  #settled: Promise<void> | null = null;
  #onEmpty: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#byId.size;
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  [Symbol.iterator](): Iterator<Connection> {
    return this.#byId.values();
  }

  add(connection: Connection): void {
    this.#byId.set(connection.id, connection);
  }

  delete({ id }: { readonly id: string }): void {
    this.#byId.delete(id);
    if (this.#byId.size === 0) this.#onEmpty?.();
  }

  /** Ends all connections. Resolves when each has been ended; a repeated call resolves together with the first. */
  end(batches: Batches): Promise<void> {
    return this.#drained ?? this.#drain(batches);
  }

  /** Ends all connections. Resolves when they are gone; a repeated call resolves together with the first. */
  async close(batches: Batches): Promise<void> {
    await this.end(batches);
    await (this.#settled ??= this.#settle());
  }

  /** Accepts connections again, after {@link close} has resolved. */
  reopen(): void {
    this.#drained = null;
    this.#settled = null;
    this.#onEmpty = null;
  }

  /** `#drained` is set before the first batch is ended: the handlers it notifies may call {@link close} again. */
  #drain(batches: Batches): Promise<void> {
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
      this.#onEmpty = resolve;
    });
    const grace = this.#clock.after(WS_LIMITS.closeTimeout, () => {
      for (const connection of this.#byId.values()) connection.terminate();
    });
    await emptied;
    grace.cancel();
  }
}

/** Ends all present members, the first batch before this returns. Resolves when the last one has been ended. */
export function drain<T>(
  members: Iterable<T>,
  end: (member: T) => void,
  { batch, interval }: Batches,
  clock: Clock,
): Promise<void> {
  const all = [...members];
  const batches = interval === 0 ? 1 : Math.floor(MAX_DRAIN_TIME / interval) + 1;
  const size = Math.max(interval === 0 ? all.length : batch, Math.ceil(all.length / batches));
  return new Promise((resolve) => {
    const run = (from: number): void => {
      for (const member of all.slice(from, from + size)) end(member);
      if (from + size >= all.length) resolve();
      else clock.after(interval, () => run(from + size));
    };
    run(0);
  });
}

function shutDown(connection: Connection): void {
  connection.end('server shutting down');
}
