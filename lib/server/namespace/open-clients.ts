/**
 * Counts the clients of a namespace, including those whose CONNECT is being decided and those whose disconnect handlers
 * are running, and tracks the handlers that a closing server has to wait for.
 */
export class OpenClients {
  #count = 0;
  /** Connect handlers by their socket, and disconnect handlers, that have not finished. */
  readonly #running = new Map<object, Promise<void>>();
  readonly #onLeave: () => void;

  /** @param onLeave called for each client that has left and whose handlers have finished */
  constructor(onLeave: () => void) {
    this.#onLeave = onLeave;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  enter(): void {
    this.#count++;
  }

  /** The client was refused, or has left and its handlers have finished. */
  leave(): void {
    this.#count--;
    this.#onLeave();
  }

  /** Makes {@link settled} wait for a handler. */
  track(key: object, running: Promise<void>): Promise<void> {
    const tracked = running.finally(() => this.#running.delete(key));
    this.#running.set(key, tracked);
    return tracked;
  }

  /** Stops waiting for a handler. */
  forget(key: object): void {
    this.#running.delete(key);
  }

  /** Resolves when no handler is running. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values()); // one handler's end may start others
  }
}
