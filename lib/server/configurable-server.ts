/** The setters and getters that Socket.IO's `Server` has for some of its options. */
import { SocketIoError } from '../errors.js';
import { ServerSideEmitter } from './broadcast/between-servers.js';
import type { DefaultEventsMap, EventsMap } from './broadcast/event-map.js';
import type { AdapterOption, ServerOptions } from './server-options.js';
import { Settings } from './settings.js';

export abstract class ConfigurableServer<
  ServerSide extends EventsMap,
  Own,
  Emit extends EventsMap = DefaultEventsMap,
  Data = unknown,
> extends ServerSideEmitter<ServerSide, Own, Emit, Data> {
  /** @internal */
  protected readonly settings: Settings;

  constructor(options: ServerOptions) {
    super();
    this.settings = new Settings(options);
  }

  /** The option `path`. */
  path(): string;
  /** Sets it, until the server serves. @throws SocketIoError `ALREADY_SERVING`, `INVALID_OPTION` */
  path(path: string): this;
  path(path?: string): string | this {
    return path === undefined ? this.settings.resolved.engine.path : this.#set({ path });
  }

  /** The option `connectTimeout`, ms. */
  connectTimeout(): number;
  /** Sets it, until the server serves. @throws SocketIoError `ALREADY_SERVING`, `INVALID_OPTION` */
  connectTimeout(connectTimeout: number): this;
  connectTimeout(connectTimeout?: number): number | this {
    return connectTimeout === undefined ? this.settings.resolved.connectTimeout : this.#set({ connectTimeout });
  }

  /** Whether the files of the stock client are served: the option `serveClient`. */
  serveClient(): boolean;
  /** Sets it, until the server serves. @throws SocketIoError `ALREADY_SERVING` */
  serveClient(serveClient: boolean): this;
  serveClient(serveClient?: boolean): boolean | this {
    return serveClient === undefined ? this.settings.resolved.serveClient : this.#set({ serveClient });
  }

  /** The option `adapter`; `undefined` is this process alone. */
  adapter(): AdapterOption | undefined;
  /** Sets it for all namespaces, as long as nobody is connected. @throws SocketIoError `ALREADY_SERVING` */
  adapter(adapter: AdapterOption): this;
  adapter(adapter?: AdapterOption): AdapterOption | undefined | this {
    if (adapter === undefined) return this.settings.resolved.adapter ?? undefined;
    if (this.hasClients) {
      throw new SocketIoError(
        'ALREADY_SERVING',
        'too late for an adapter, clients are connected already: call adapter() before listen(), or give it to new Server(...)',
      );
    }
    this.settings.setAdapter(adapter);
    this.renewAdapters();
    return this;
  }

  /** @internal */
  attachApp(): never {
    throw notHere('attachApp', 'uWebSockets.js');
  }

  /** @internal */
  bind(): never {
    throw notHere('bind', 'another engine');
  }

  /** Whether anybody is connected, or about to be. */
  protected abstract readonly hasClients: boolean;

  /** Gives each namespace an adapter as the options say now. */
  protected abstract renewAdapters(): void;

  #set(option: ServerOptions): this {
    this.settings.set(option);
    return this;
  }
}

function notHere(method: string, what: string): SocketIoError {
  return new SocketIoError(
    'INVALID_ARGUMENT',
    `${method}(): this server has an engine of its own and cannot serve ${what}: attach(...) an HTTP server, or listen(port)`,
  );
}
