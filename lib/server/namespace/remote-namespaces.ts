/**
 * The namespaces that a server does not serve but emits to: their clients are on other servers of the cluster. An
 * adapter subscribes to the broker for each namespace, and some compare every message with every subscription. So the
 * adapters that have not been used for long are closed, and their number is limited.
 */
import type { Clock, Timer } from '../../engine/internal.js';

/** The largest number of such adapters. */
const MAX_REMOTE = 100;

/** ms after which such an adapter is closed if it was not used: longer than the pauses of an active namespace. */
const REMOTE_IDLE = 60_000;

interface RemoteNamespace {
  readonly name: string;
  readonly delivery: { readonly isBusy?: boolean };
  /** Closes the adapter until it is needed. */
  sleep(): void;
}

/** @typeParam N the type of a namespace */
export class RemoteNamespaces<N extends RemoteNamespace> {
  /** The namespaces that have an adapter, and when each was last used. The least recently used comes first. */
  readonly #byName = new Map<string, { readonly namespace: N; used: number }>();
  readonly #options: { readonly clock: Clock };
  #timer: Timer | null = null;

  /** @param options may change until the server serves */
  constructor(options: { readonly clock: Clock }) {
    this.#options = options;
  }

  get all(): N[] {
    return Array.from(this.#byName.values(), ({ namespace }) => namespace);
  }

  /** Returns a namespace that has an adapter, as the most recently used. */
  use(name: string): N | undefined {
    const entry = this.#byName.get(name);
    if (entry === undefined) return undefined;
    this.#byName.delete(name);
    this.#byName.set(name, entry);
    entry.used = this.#options.clock.now();
    return entry.namespace;
  }

  /** Called when a namespace is about to get its adapter. */
  add(namespace: N): void {
    this.#byName.set(namespace.name, { namespace, used: this.#options.clock.now() });
    this.#sleepIdle(Number.NEGATIVE_INFINITY);
    this.#watch();
  }

  /** Removes a namespace, which clients can enter from now on. */
  take(name: string): N | undefined {
    const entry = this.#byName.get(name);
    this.#byName.delete(name);
    return entry?.namespace;
  }

  /** Stops the timer. The adapters stay as they are. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #watch(): void {
    const { clock } = this.#options;
    this.#timer ??= clock.after(REMOTE_IDLE, () => {
      this.#timer = null;
      this.#sleepIdle(clock.now() - REMOTE_IDLE);
      if (this.#byName.size > 0) this.#watch();
    });
  }

  /** Closes the adapters that were last used before a time, and of the oldest above the maximum. */
  #sleepIdle(before: number): void {
    let spare = this.#byName.size - MAX_REMOTE;
    for (const [name, { namespace, used }] of this.#byName) {
      if (used > before && spare <= 0) return;
      if (namespace.delivery.isBusy === true) continue;
      this.#byName.delete(name);
      namespace.sleep();
      spare--;
    }
  }
}
