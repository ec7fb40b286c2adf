/**
 * The module that applications import. It installs the adapter, provides the server and the broadcasters, and binds
 * the gateways. Clients are served after all bootstrap hooks of the application have run, because only then does Nest
 * open the port of its HTTP server.
 */
import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
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
import { ObservedLog, type Log, systemClock } from '../engine/internal.js';
import { SocketIoError } from '../errors.js';
import { Server } from '../server/internal.js';
import { AdminConsole } from './admin/admin-console.js';
import type { ResolvedAdminOptions } from './admin/admin-options.js';
import { AdminPage } from './admin/admin-page.js';
import { ADMIN_OPTIONS, createConsole, createPage } from './admin/admin-providers.js';
import { RecentFailures } from './admin/recent-failures.js';
import { afterBootstrap, limitClosing, onModuleLoaded } from './application-hooks.js';
import { moduleOfBroadcasters, withBroadcasters } from './broadcaster/broadcaster-providers.js';
import { ConnectionScopes } from './connection-scope.js';
import { EnhancerReport } from './enhancers/enhancer-report.js';
import { Globals } from './enhancers/globals.js';
import { HandlerPatches } from './enhancers/handler-patches.js';
import { Pipeline } from './enhancers/pipeline.js';
import { AfterInitCalls } from './gateways/after-init.js';
import { EventOwners } from './gateways/event-owners.js';
import { GatewayBinder } from './gateways/gateway-binder.js';
import { GatewayServers } from './gateways/gateway-servers.js';
import { GatewayExplorer } from './gateways/gateway.explorer.js';
import { declaredGateways, gatewayInstances, Gateways } from './gateways/gateways.js';
import { RateLimits } from './events/rate-limits.js';
import { HandlerFactory } from './gateways/handler-factory.js';
import { messages } from './messages.js';
import { refuseDoubledModule, refusePlainModule } from './module-imports.js';
import {
  ASYNC_OPTIONS_TYPE,
  ConfigurableModuleClass,
  OPTIONS_TYPE,
  SOCKETIO_LOG,
  SOCKETIO_OPTIONS,
  type SocketIoModuleOptions,
  splitOptions,
} from './module-options.js';
import { nestLog } from './nest-log.js';
import { withPresences } from './presence/presence-providers.js';
import { moduleIsMade } from './required-module.js';
import { LiveSessions } from './sessions/live-sessions.js';
import { SocketIoAdapter } from './socket-io.adapter.js';
import { ConnectionHooks } from './subscribe-message/connection-hooks.js';
import { SubscribedPipeline } from './subscribe-message/subscribed-pipeline.js';
import { Subscriptions } from './subscribe-message/subscriptions.js';

/** @publicApi */
@Module({
  imports: [DiscoveryModule],
  providers: [
    {
      provide: SOCKETIO_OPTIONS, // forRoot() and forRootAsync() provide their own
      useFactory: (modules: ModulesContainer) => refusePlainModule(modules, SocketIoModule),
      inject: [ModulesContainer],
    },
    {
      provide: SOCKETIO_LOG,
      useFactory: ({ logger = nestLog() }: SocketIoModuleOptions, admin: unknown, failures: RecentFailures) =>
        ObservedLog.over(admin === null ? logger : failures.over(logger)),
      inject: [SOCKETIO_OPTIONS, ADMIN_OPTIONS, RecentFailures],
    },
    { provide: ADMIN_OPTIONS, useValue: null }, // the option `admin` provides its own
    { provide: RecentFailures, useFactory: () => new RecentFailures() },
    {
      provide: AdminConsole, // null unless the option `admin` is on; created before any gateway is bound
      useFactory: (
        admin: ResolvedAdminOptions | null,
        { main }: GatewayServers,
        { clock = systemClock }: SocketIoModuleOptions,
        log: Log,
        failures: RecentFailures,
        discovery: DiscoveryService,
      ) => createConsole(admin, { server: main, log, clock, failures, gateways: declaredGateways(discovery) }),
      inject: [ADMIN_OPTIONS, GatewayServers, SOCKETIO_OPTIONS, SOCKETIO_LOG, RecentFailures, DiscoveryService],
    },
    { provide: AdminPage, useFactory: createPage, inject: [ADMIN_OPTIONS, AdminConsole, Server, HttpAdapterHost] },
    {
      provide: GatewayServers,
      useFactory: (options: SocketIoModuleOptions, discovery: DiscoveryService, log: Log) => {
        const { server, broker } = splitOptions(options);
        return new GatewayServers(server, declaredGateways(discovery), log, broker);
      },
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
    {
      provide: LiveSessions, // null unless the option `session` is 'live'
      useFactory: (options: SocketIoModuleOptions, log: Log) =>
        splitOptions(options).session === 'live' ? new LiveSessions(options.clock ?? systemClock, log) : null,
      inject: [SOCKETIO_OPTIONS, SOCKETIO_LOG],
    },
    { provide: HandlerPatches, useFactory: (log: Log) => HandlerPatches.load(log), inject: [SOCKETIO_LOG] },
    AfterInitCalls,
    ConnectionHooks,
    ConnectionScopes,
    EnhancerReport,
    EventOwners,
    GatewayBinder,
    GatewayExplorer,
    Gateways,
    HandlerFactory,
    RateLimits,
    Pipeline,
    SubscribedPipeline,
    Subscriptions,
  ],
  exports: [Server, RateLimits, SOCKETIO_OPTIONS],
})
export class SocketIoModule
  extends ConfigurableModuleClass
  implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown
{
  readonly #adapter: SocketIoAdapter;

  constructor(
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(DiscoveryService) discovery: DiscoveryService,
    @Inject(LazyModuleLoader) loader: LazyModuleLoader,
    @Inject(GatewayServers) private readonly servers: GatewayServers,
    @Inject(Gateways) gateways: Gateways,
    @Inject(AfterInitCalls) private readonly afterInitCalls: AfterInitCalls,
    @Inject(GatewayExplorer) private readonly explorer: GatewayExplorer,
    @Inject(SOCKETIO_OPTIONS) private readonly options: SocketIoModuleOptions,
    @Inject(SOCKETIO_LOG) private readonly log: Log,
  ) {
    super();
    refuseDoubledModule(modules, SocketIoModule);
    moduleIsMade(config);
    this.#adapter = new SocketIoAdapter(servers, () => {
      gateways.interceptAfterInit();
      for (const { instance, name } of gatewayInstances(discovery)) afterInitCalls.watch(instance, name);
    });
    // In the constructor, because Nest wires its gateways before the first lifecycle hook.
    config.setIoAdapter(this.#adapter);
    explorer.declare();
    onModuleLoaded(loader, () => explorer.exploreLazy());
  }

  /**
   * @param options of the server and the gateways. All have defaults
   * @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION` when the application starts
   */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return withPresences(withBroadcasters(super.forRoot(options), Server), Server);
  }

  /** @param options `imports`, `inject` and one of `useFactory`, `useClass`, `useExisting` */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return withPresences(withBroadcasters(super.forRootAsync(options), Server), Server);
  }

  /** The broadcasters and presences of these namespaces, for a module that is loaded after `forRoot` was called. */
  static forFeature(...namespaces: string[]): DynamicModule {
    return withPresences(moduleOfBroadcasters(namespaces, Server), Server, namespaces);
  }

  async onApplicationBootstrap(): Promise<void> {
    const installed: unknown = this.config.getIoAdapter();
    if (installed !== this.#adapter) {
      throw new SocketIoError('INVALID_ARGUMENT', messages.otherAdapter((installed as object).constructor.name));
    }
    await this.afterInitCalls.settled();
    this.explorer.explore();
    await this.explorer.exploreLazy();
    const { httpServer } = this;
    if (httpServer === undefined) this.#warnUnreachable();
    else this.servers.attach(httpServer);
    await this.servers.joinCluster();
    if (this.servers.hasPorts) await afterBootstrap(this.modules, this, () => this.servers.listen());
  }

  /** The first hook of a shutdown: readiness checks fail before other modules take their time to close. */
  onModuleDestroy(): void {
    void this.servers.announceClose();
  }

  /** Closes the servers now: open WebSockets would keep the HTTP server from closing. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.servers.close();
    const { clock = systemClock, httpShutdownTimeout = false } = this.options;
    if (this.httpServer === undefined || httpShutdownTimeout === false) return;
    limitClosing(this.httpServer, httpShutdownTimeout, clock, this.log);
  }

  private get httpServer(): HttpServer | undefined {
    return this.host.httpAdapter?.getHttpServer() as HttpServer | undefined;
  }

  /** Warns if Nest has wired the gateways, as in a microservice. A worker may have gateways that it does not use. */
  #warnUnreachable(): void {
    this.servers.main.unreachableBecause = messages.noClients();
    if (this.#adapter.isUsed) this.log.warn(messages.noHttpServer());
    else this.log.debug(messages.noHttpServer());
  }
}
