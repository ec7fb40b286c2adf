/**
 * The whole set-up: importing the module installs the adapter, provides server and broadcasters, and
 * binds the gateways. Clients are served only after every bootstrap hook of the application has run:
 * that is when Nest lets its HTTP server listen.
 */
import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type Provider,
} from '@nestjs/common';
import { ApplicationConfig, DiscoveryModule, HttpAdapterHost } from '@nestjs/core';
import type { Server as HttpServer } from 'node:http';
import { Journal, type Log, systemClock } from '../engine/index.js';
import { Server, SERVER_DEFAULTS } from '../server/index.js';
import { Broadcaster, getBroadcasterToken } from './broadcaster.js';
import { GatewayExplorer } from './gateway.explorer.js';
import { Globals } from './globals.js';
import { limitClosing } from './http-deadline.js';
import { messages } from './messages.js';
import {
  ASYNC_OPTIONS_TYPE,
  ConfigurableModuleClass,
  nestLog,
  OPTIONS_TYPE,
  serverOptions,
  SOCKETIO_OPTIONS,
  type SocketIoModuleOptions,
} from './module-options.js';
import { SocketIoAdapter } from './socket-io.adapter.js';
import { notedBroadcasters, SOCKETIO_LOG } from './tokens.js';

@Module({
  imports: [DiscoveryModule],
  providers: [
    {
      provide: SOCKETIO_LOG,
      useFactory: ({ logger }: SocketIoModuleOptions) => Journal.over(logger ?? nestLog()),
      inject: [SOCKETIO_OPTIONS],
    },
    {
      provide: Server,
      useFactory: (options: SocketIoModuleOptions, logger: Log) => new Server({ ...serverOptions(options), logger }),
      inject: [SOCKETIO_OPTIONS, SOCKETIO_LOG],
    },
    {
      provide: Globals,
      useFactory: (config: ApplicationConfig, { globals }: SocketIoModuleOptions) => new Globals(config, globals),
      inject: [ApplicationConfig, SOCKETIO_OPTIONS],
    },
    GatewayExplorer,
  ],
  exports: [Server],
})
export class SocketIoModule
  extends ConfigurableModuleClass
  implements OnApplicationBootstrap, BeforeApplicationShutdown
{
  readonly #adapter: SocketIoAdapter;

  constructor(
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(Server) private readonly server: Server,
    @Inject(GatewayExplorer) private readonly explorer: GatewayExplorer,
    @Inject(SOCKETIO_LOG) private readonly log: Log,
    @Inject(SOCKETIO_OPTIONS) private readonly options: SocketIoModuleOptions,
  ) {
    super();
    this.#adapter = new SocketIoAdapter(server, () => explorer.guardInits());
    // Here and not later: Nest wires its gateways before the first lifecycle hook.
    config.setIoAdapter(this.#adapter);
    explorer.declare();
  }

  /**
   * @param options of the server; all have defaults
   * @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION` when the application starts
   */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return withBroadcasters(super.forRoot(options));
  }

  /** @param options `imports`, `inject` and one of `useFactory`, `useClass`, `useExisting` */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return withBroadcasters(super.forRootAsync(options));
  }

  /** Broadcasters of namespaces for a module that is loaded after `forRoot` was called. */
  static forFeature(...namespaces: string[]): DynamicModule {
    const providers = namespaces.map(provideBroadcaster);
    return { module: SocketIoBroadcastersModule, providers, exports: providers };
  }

  onApplicationBootstrap(): void {
    const installed: unknown = this.config.getIoAdapter();
    if (installed !== this.#adapter) this.log.warn(messages.otherAdapter((installed as object).constructor.name));
    this.explorer.explore();
    const { httpServer } = this;
    if (httpServer === undefined) this.#desert();
    else this.server.attach(httpServer);
  }

  /** Open WebSockets would keep the HTTP server from closing. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.server.close();
    const { clock = systemClock, shutdownTimeout = SERVER_DEFAULTS.shutdownTimeout } = this.options;
    if (this.httpServer !== undefined) limitClosing(this.httpServer, shutdownTimeout, clock, this.log);
  }

  private get httpServer(): HttpServer | undefined {
    return this.host.httpAdapter?.getHttpServer() as HttpServer | undefined;
  }

  /** Of a microservice, somebody expects that its gateways work; in a worker they are there by the way. */
  #desert(): void {
    this.server.deserted = messages.nobodyHere();
    if (this.#adapter.isUsed) this.log.warn(messages.noHttpServer());
    else this.log.debug(messages.noHttpServer());
  }
}

@Module({})
class SocketIoBroadcastersModule {}

/** Adds a broadcaster for `/` and for each namespace that a decorator has named by now. */
function withBroadcasters(definition: DynamicModule): DynamicModule {
  const broadcasters = [...new Set(['/', ...notedBroadcasters()])].map(provideBroadcaster);
  return {
    ...definition,
    providers: [...(definition.providers ?? []), ...broadcasters],
    exports: [...(definition.exports ?? []), ...broadcasters],
  };
}

function provideBroadcaster(namespace: string): Provider {
  return {
    provide: getBroadcasterToken(namespace),
    useFactory: (server: Server) => new Broadcaster(server, namespace),
    inject: [Server],
  };
}
