/**
 * Counts the clients of a namespace, from their CONNECT until their disconnect handlers have finished, and keeps the
 * running handlers, which a closing server waits for.
 */
export class OpenClients {
  #count = 0;
  /** Handlers that have not finished: those of a connect by their socket, those of a disconnect by any object. */
  readonly #running = new Set<object>();
  /** Resolve the promises of {@link settled}. */
  readonly #waiting: (() => void)[] = [];
  readonly #onLeave: () => void;

  /** @param onLeave called for each client that has left and whose handlers have finished */
  constructor(onLeave: () => void) {
    this.#onLeave = onLeave;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Counts a client whose CONNECT has arrived. */
  enter(): void {
    this.#count++;
  }

  /** Called when a client was refused, or when it has left and its disconnect handlers have finished. */
  leave(): void {
    this.#count--;
    this.#onLeave();
  }

  /** Makes {@link settled} wait for a handler. */
  track(key: object, running: Promise<void>): Promise<void> {
    this.#running.add(key);
    return running.finally(() => this.forget(key));
  }

  /** Stops waiting for a handler. */
  forget(key: object): void {
    this.#running.delete(key);
    if (this.#running.size > 0) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Resolves when no handler is running. */
  async settled(): Promise<void> {
    // In a loop, since a handler that finishes may start others.
    while (this.#running.size > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
