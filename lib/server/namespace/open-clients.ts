/**
 * How many clients a namespace has, those whose CONNECT is being decided and those whose disconnect handlers
 * run included, and which handlers whoever closes the server still has to wait for.
 */
export class Occupancy {
  #clients = 0;
  /** Connect handlers, by their socket, and disconnect handlers that have not settled. */
  readonly #running = new Map<object, Promise<void>>();
  readonly #left: () => void;

  /** @param left told of each client that has gone, with all its handlers */
  constructor(left: () => void) {
    this.#left = left;
  }

  /** Nobody is here, or will be soon. */
  get isEmpty(): boolean {
    return this.#clients === 0;
  }

  enter(): void {
    this.#clients++;
  }

  /** Refused, or gone with all its handlers. */
  leave(): void {
    this.#clients--;
    this.#left();
  }

  /** Has {@link settled} wait for it. */
  track(key: object, running: Promise<void>): Promise<void> {
    const tracked = running.finally(() => this.#running.delete(key));
    this.#running.set(key, tracked);
    return tracked;
  }

  /** It is not waited for any more. */
  forget(key: object): void {
    this.#running.delete(key);
  }

  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values()); // a connect handler's end may start others
  }
}
