/** The options of a server, which may change until it serves, and Socket.IO's methods to read and set some of them. */
import { SocketIoError } from '../errors.js';
import { withoutUndefined } from '../options.js';
import type { DefaultEventsMap, EventsMap } from './broadcast/event-map.js';
import { NamespaceEmitter } from './broadcast/namespace-emitter.js';
import {
  type AdapterOption,
  type ResolvedServerOptions,
  resolveServerOptions,
  type ServerOptions,
} from './server-options.js';

/**
 * The options of a server. The parts of the server that use the resolved options share one object, so a change before
 * the server serves is seen everywhere. A later change is refused.
 */
export class Settings {
  readonly resolved: ResolvedServerOptions;
  #given: ServerOptions;
  #sealed = false;

  /** @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION` */
  constructor(given: ServerOptions) {
    this.#given = withoutUndefined(given);
    this.resolved = resolveServerOptions(given);
  }

  /** Called when the server starts to serve: from now on, changes are refused. */
  seal(): void {
    this.#sealed = true;
  }

  /**
   * Adds options. Options that were given before keep their values.
   * @throws SocketIoError `ALREADY_SERVING`, `UNKNOWN_OPTION`, `INVALID_OPTION`
   */
  add(options: ServerOptions): void {
    if (Object.keys(options).length > 0) this.#change({ ...options, ...this.#given }, Object.keys(options));
  }

  /**
   * Sets an option, replacing its value.
   * @throws SocketIoError `ALREADY_SERVING`, `UNKNOWN_OPTION`, `INVALID_OPTION`
   */
  set(option: ServerOptions): void {
    this.#change({ ...this.#given, ...option }, Object.keys(option));
  }

  /** Sets the adapter. It may change while the server serves, as long as no client is connected. */
  setAdapter(adapter: NonNullable<ServerOptions['adapter']>): void {
    this.#assign({ ...this.#given, adapter });
  }

  #change(options: ServerOptions, names: readonly string[]): void {
    if (this.#sealed) {
      throw new SocketIoError(
        'ALREADY_SERVING',
        `too late to set ${names.map((name) => `"${name}"`).join(', ')}, the server is serving: set options in new Server(...), or before attach(), listen() and the first use of "engine"`,
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

export abstract class ConfigurableServer<
  ServerSide extends EventsMap,
  Own,
  Emit extends EventsMap = DefaultEventsMap,
  Data = unknown,
> extends NamespaceEmitter<ServerSide, Own, Emit, Data> {
  /** @internal */
  protected readonly settings: Settings;

  constructor(options: ServerOptions) {
    super();
    this.settings = new Settings(options);
  }

  /** Returns the option `path`, or sets it before the server serves. */
  path(): string;
  /** @throws SocketIoError `ALREADY_SERVING`, `INVALID_OPTION` */
  path(path: string): this;
  path(path?: string): string | this {
    return path === undefined ? this.settings.resolved.engine.path : this.#set({ path });
  }

  /** Returns the option `connectTimeout` in ms, or sets it before the server serves. */
  connectTimeout(): number;
  /** @throws SocketIoError `ALREADY_SERVING`, `INVALID_OPTION` */
  connectTimeout(connectTimeout: number): this;
  connectTimeout(connectTimeout?: number): number | this {
    return connectTimeout === undefined ? this.settings.resolved.connectTimeout : this.#set({ connectTimeout });
  }

  /** Returns the option `serveClient`, or sets it before the server serves. */
  serveClient(): boolean;
  /** @throws SocketIoError `ALREADY_SERVING` */
  serveClient(serveClient: boolean): this;
  serveClient(serveClient?: boolean): boolean | this {
    return serveClient === undefined ? this.settings.resolved.serveClient : this.#set({ serveClient });
  }

  /** Returns the option `adapter`, or sets it for all namespaces while no client is connected. */
  adapter(): AdapterOption | undefined;
  /** @throws SocketIoError `ALREADY_SERVING` */
  adapter(adapter: AdapterOption): this;
  adapter(adapter?: AdapterOption): AdapterOption | undefined | this {
    if (adapter === undefined) return this.settings.resolved.adapter ?? undefined;
    if (this.hasClients) {
      throw new SocketIoError(
        'ALREADY_SERVING',
        'too late to set "adapter", clients are connected: call adapter() before listen(), or pass the option to new Server(...)',
      );
    }
    this.settings.setAdapter(adapter);
    this.renewAdapters();
    return this;
  }

  /**
   * Always throws: Socket.IO's method for uWebSockets.js.
   * @internal
   * @throws SocketIoError `INVALID_ARGUMENT`
   */
  attachApp(): never {
    throw unsupported('attachApp', 'uWebSockets.js');
  }

  /**
   * Always throws: Socket.IO's method to use an engine created elsewhere.
   * @internal
   * @throws SocketIoError `INVALID_ARGUMENT`
   */
  bind(): never {
    throw unsupported('bind', 'another engine');
  }

  /** Whether a client is connected or connecting. */
  protected abstract readonly hasClients: boolean;

  /** Replaces the adapter of each namespace with the one that the options now require. */
  protected abstract renewAdapters(): void;

  #set(option: ServerOptions): this {
    this.settings.set(option);
    return this;
  }
}

function unsupported(method: string, what: string): SocketIoError {
  return new SocketIoError(
    'INVALID_ARGUMENT',
    `${method}() is not supported: this server has its own engine and cannot use ${what}: call attach(httpServer) or listen(port)`,
  );
}
