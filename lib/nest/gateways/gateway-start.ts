/**
 * `afterInit`, as Nest calls it: with the server, before the first lifecycle hook. What it throws, or rejects
 * with, is an error of the start and no uncaught exception.
 */
import { contain, type Log } from '../../engine/index.js';
import { standIn } from '../application-hooks.js';

export class GatewayStart {
  readonly #log: Log;
  readonly #running: Promise<void>[] = [];
  #failure: { readonly error: unknown } | null = null;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Takes the place of the next call of a gateway's `afterInit`. */
  watch(gateway: object, name: string): void {
    if (typeof (gateway as { afterInit?: unknown }).afterInit !== 'function') return;
    standIn(gateway, 'afterInit', (original, args) => {
      const running = contain(
        () => original(...args),
        (error) => this.#fail(name, error),
      );
      if (running !== null) this.#running.push(running);
    });
  }

  /** Resolves when all are through. @throws what the first of them failed with */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
    if (this.#failure !== null) throw this.#failure.error;
  }

  #fail(name: string, error: unknown): void {
    this.#log.error(`${name}.afterInit failed: the application does not start`, error);
    this.#failure ??= { error };
  }
}
