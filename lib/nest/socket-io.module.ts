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
} from '@nestjs/common';
import {
  ApplicationConfig,
  DiscoveryModule,
  DiscoveryService,
  HttpAdapterHost,
  LazyModuleLoader,
  ModulesContainer,
} from '@nestjs/core';
import type { Server as HttpServer } from 'node:http';
import { ObservedLog, type Log, systemClock } from '../engine/index.js';
import { SocketIoError } from '../errors.js';
import { Server, SERVER_DEFAULTS } from '../server/index.js';
import { afterBootstrap } from './application-hooks.js';
import { moduleOfBroadcasters, withBroadcasters } from './broadcaster/broadcaster-providers.js';
import { declaredGateways, gatewayInstances } from './gateways/gateways.js';
import { GatewayServers } from './gateways/gateway-servers.js';
import { AfterInitCalls } from './gateways/after-init.js';
import { GatewayExplorer } from './gateways/gateway.explorer.js';
import { Globals } from './enhancers/globals.js';
import { limitClosing } from './application-hooks.js';
import { onModuleLoaded } from './application-hooks.js';
import { messages } from './messages.js';
import {
  ASYNC_OPTIONS_TYPE,
  ConfigurableModuleClass,
  nestLog,
  OPTIONS_TYPE,
  SOCKETIO_LOG,
  SOCKETIO_OPTIONS,
  type SocketIoModuleOptions,
  splitOptions,
} from './module-options.js';
import { SocketIoAdapter } from './socket-io.adapter.js';

@Module({
  imports: [DiscoveryModule],
  providers: [
    {
      provide: SOCKETIO_LOG,
      useFactory: ({ logger }: SocketIoModuleOptions) => ObservedLog.over(logger ?? nestLog()),
      inject: [SOCKETIO_OPTIONS],
    },
    {
      provide: GatewayServers,
      useFactory: (options: SocketIoModuleOptions, discovery: DiscoveryService, log: Log) =>
        new GatewayServers(splitOptions(options).server, declaredGateways(discovery), log),
      inject: [SOCKETIO_OPTIONS, DiscoveryService, SOCKETIO_LOG],
    },
    {
      provide: Server,
      useFactory: (servers: GatewayServers) => servers.main,
      inject: [GatewayServers],
    },
    {
      provide: Globals,
      useFactory: (config: ApplicationConfig, options: SocketIoModuleOptions) =>
        new Globals(config, splitOptions(options).globals),
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
  readonly #start: AfterInitCalls;

  constructor(
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(DiscoveryService) discovery: DiscoveryService,
    @Inject(GatewayServers) private readonly servers: GatewayServers,
    @Inject(GatewayExplorer) private readonly explorer: GatewayExplorer,
    @Inject(SOCKETIO_LOG) private readonly log: Log,
    @Inject(SOCKETIO_OPTIONS) private readonly options: SocketIoModuleOptions,
    @Inject(LazyModuleLoader) loader: LazyModuleLoader,
  ) {
    super();
    this.#start = new AfterInitCalls(log);
    this.#adapter = new SocketIoAdapter(servers, () => {
      explorer.interceptAfterInit();
      for (const { instance, name } of gatewayInstances(discovery)) this.#start.watch(instance, name);
    });
    // Here and not later: Nest wires its gateways before the first lifecycle hook.
    config.setIoAdapter(this.#adapter);
    explorer.declare();
    onModuleLoaded(loader, () => explorer.exploreLate());
  }

  /**
   * @param options of the server; all have defaults
   * @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION` when the application starts
   */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return withBroadcasters(super.forRoot(options), Server);
  }

  /** @param options `imports`, `inject` and one of `useFactory`, `useClass`, `useExisting` */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return withBroadcasters(super.forRootAsync(options), Server);
  }

  /** Broadcasters of namespaces for a module that is loaded after `forRoot` was called. */
  static forFeature(...namespaces: string[]): DynamicModule {
    return moduleOfBroadcasters(namespaces, Server);
  }

  async onApplicationBootstrap(): Promise<void> {
    const installed: unknown = this.config.getIoAdapter();
    if (installed !== this.#adapter) {
      throw new SocketIoError('INVALID_ARGUMENT', messages.otherAdapter((installed as object).constructor.name));
    }
    await this.#start.settled();
    this.explorer.explore();
    await this.explorer.exploreLate();
    const { httpServer } = this;
    if (httpServer === undefined) this.#desert();
    else this.servers.attach(httpServer);
    if (this.servers.hasPorts) await afterBootstrap(this.modules, this, () => this.servers.listen());
  }

  /** Open WebSockets would keep the HTTP server from closing. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.servers.close();
    const { clock = systemClock, shutdownTimeout = SERVER_DEFAULTS.shutdownTimeout } = this.options;
    if (this.httpServer !== undefined) limitClosing(this.httpServer, shutdownTimeout, clock, this.log);
  }

  private get httpServer(): HttpServer | undefined {
    return this.host.httpAdapter?.getHttpServer() as HttpServer | undefined;
  }

  /** Of a microservice, somebody expects that its gateways work; in a worker they are there by the way. */
  #desert(): void {
    this.servers.main.unreachableBecause = messages.nobodyHere();
    if (this.#adapter.isUsed) this.log.warn(messages.noHttpServer());
    else this.log.debug(messages.noHttpServer());
  }
}
