/**
 * The options of a server from its making until it serves. Whoever holds the resolved ones holds one
 * object for life: what is set in time is seen by all, and what comes too late is refused.
 */
import { SocketIoError } from '../errors.js';
import { withoutUndefined } from '../options.js';
import { type ResolvedServerOptions, resolveServerOptions, type ServerOptions } from './server-options.js';

export class Settings {
  readonly resolved: ResolvedServerOptions;
  #given: ServerOptions;
  #sealed = false;

  /** @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION` */
  constructor(given: ServerOptions) {
    this.#given = withoutUndefined(given);
    this.resolved = resolveServerOptions(given);
  }

  /** The server begins to serve. */
  seal(): void {
    this.#sealed = true;
  }

  /**
   * Options that come later than the first ones, which stay as they were given.
   * @throws SocketIoError `ALREADY_SERVING`, `UNKNOWN_OPTION`, `INVALID_OPTION`
   */
  add(options: ServerOptions): void {
    if (Object.keys(options).length > 0) this.#change({ ...options, ...this.#given }, Object.keys(options));
  }

  /**
   * Sets an option, whatever it was.
   * @throws SocketIoError `ALREADY_SERVING`, `UNKNOWN_OPTION`, `INVALID_OPTION`
   */
  set(option: ServerOptions): void {
    this.#change({ ...this.#given, ...option }, Object.keys(option));
  }

  /** The adapter alone may change while the server serves: whether anybody is connected matters, not whether somebody could. */
  setAdapter(adapter: NonNullable<ServerOptions['adapter']>): void {
    this.#assign({ ...this.#given, adapter });
  }

  #change(options: ServerOptions, names: readonly string[]): void {
    if (this.#sealed) {
      throw new SocketIoError(
        'ALREADY_SERVING',
        `too late for ${names.map((name) => `"${name}"`).join(', ')}: set options in new Server(...), or before attach(), listen() and the first use of "engine"`,
      );
    }
    this.#assign(options);
  }

  #assign(given: ServerOptions): void {
    const { engine, ...rest } = resolveServerOptions(given);
    this.#given = given;
    Object.assign(this.resolved, rest);
    Object.assign(this.resolved.engine, engine);
  }
}
