/**
 * Broadcasters for a process without a Socket.IO server: a worker, a cron job, a command, a microservice. Their
 * injection tokens are those of a process with a server, so a provider that injects one runs unchanged in both.
 */
import {
  ConfigurableModuleBuilder,
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import {
  type BrokerOption,
  checkEmitter,
  createCluster,
  type EmitterTarget,
  type PublishedEmitter,
  PublishedEmitterTarget,
} from '../../cluster/internal.js';
import { SocketIoError } from '../../errors.js';
import { refuseUnknownOptions } from '../../options.js';
import { type ClusterFactory, resolveSerializer, Server } from '../../server/internal.js';
import { messages } from '../messages.js';
import type { SocketIoModuleExtras, SocketIoModuleOptions } from '../module-options.js';
import { nestLog } from '../nest-log.js';
import { withPresences } from '../presence/presence-providers.js';
import { SocketIoModule } from '../socket-io.module.js';
import { moduleOfBroadcasters, withBroadcasters } from './broadcaster-providers.js';

/**
 * Options that a worker has in common with the servers: give the same values. `connectionStateRecovery`, `parser`,
 * `json`, `history`, `limits`, `presence` and `ackTimeout` have an effect with `broker` only.
 */
type WorkerOptions = Pick<
  SocketIoModuleOptions,
  | 'ackTimeout'
  | 'clock'
  | 'connectionStateRecovery'
  | 'history'
  | 'json'
  | 'limits'
  | 'logger'
  | 'parser'
  | 'presence'
  | 'serialize'
>;

/**
 * Options of `SocketIoEmitterModule.forRoot`.
 * @publicApi
 */
export interface SocketIoEmitterModuleOptions extends WorkerOptions {
  /**
   * Sends the packets: `new Emitter(redisClient)` of `@socket.io/redis-emitter`, another published emitter, or
   * `new FlaskQueueEmitter(redisClient)`. You close its connection yourself. Either this or {@link broker} is needed.
   */
  emitter?: PublishedEmitter;
  /**
   * The broker of the servers, the same value as in their `SocketIoModule`. Unlike with {@link emitter}, answers arrive:
   * `call`, `emitWithAck` and `fetchSockets` work.
   */
  broker?: BrokerOption | ClusterFactory;
}

/**
 * A class given as `useClass` or `useExisting`.
 * @publicApi
 */
export interface SocketIoEmitterOptionsFactory {
  createSocketIoEmitterOptions(): SocketIoEmitterModuleOptions | Promise<SocketIoEmitterModuleOptions>;
}

const WORKER_OPTIONS: readonly (keyof WorkerOptions)[] = [
  'ackTimeout',
  'clock',
  'connectionStateRecovery',
  'history',
  'json',
  'limits',
  'logger',
  'parser',
  'presence',
  'serialize',
];

const OPTION_NAMES: readonly string[] = [...WORKER_OPTIONS, 'broker', 'emitter'];

/** The target of the broadcasters of this module. */
const EMITTER_TARGET = Symbol('nest-socketio:emitter-target');

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<SocketIoEmitterModuleOptions>({ moduleName: 'SocketIoEmitter' })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createSocketIoEmitterOptions')
    .setExtras<SocketIoModuleExtras>({ isGlobal: true }, (definition, { isGlobal = true }) => ({
      ...definition,
      global: isGlobal,
    }))
    .build();

/** @publicApi */
@Module({
  providers: [
    {
      provide: EMITTER_TARGET,
      useFactory: createTarget,
      inject: [MODULE_OPTIONS_TOKEN],
    },
  ],
  exports: [EMITTER_TARGET],
})
export class SocketIoEmitterModule
  extends ConfigurableModuleClass
  implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown
{
  constructor(
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(EMITTER_TARGET) private readonly target: EmitterTarget,
  ) {
    super();
  }

  /**
   * Provides `Broadcaster` and the broadcasters that `@InjectBroadcaster(...)` injects.
   * @param options `broker`, such as `'redis://localhost:6379'`, or `emitter`, such as `new Emitter(redisClient)` of
   *   `@socket.io/redis-emitter`
   * @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION` when the application starts
   */
  static override forRoot(options: typeof OPTIONS_TYPE): DynamicModule {
    return withPresences(withBroadcasters(super.forRoot(options), EMITTER_TARGET), EMITTER_TARGET);
  }

  /** @param options `imports`, `inject` and one of `useFactory`, `useClass`, `useExisting` */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return withPresences(withBroadcasters(super.forRootAsync(options), EMITTER_TARGET), EMITTER_TARGET);
  }

  /** The broadcasters and presences of these namespaces, for a module that is loaded after `forRoot` was called. */
  static forFeature(...namespaces: string[]): DynamicModule {
    return withPresences(moduleOfBroadcasters(namespaces, EMITTER_TARGET), EMITTER_TARGET, namespaces);
  }

  /** @throws SocketIoError `INVALID_ARGUMENT` if `SocketIoModule`, which has the same tokens, is imported too */
  onModuleInit(): void {
    for (const { metatype } of this.modules.values()) {
      if (metatype === SocketIoModule) throw new SocketIoError('INVALID_ARGUMENT', messages.twoBroadcasterModules());
    }
  }

  /** @throws SocketIoError `INVALID_OPTION` if the broker cannot be used at all */
  async onApplicationBootstrap(): Promise<void> {
    if (this.target instanceof Server) await this.target.joinCluster();
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.target instanceof Server) await this.target.close();
  }
}

/** @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION` */
function createTarget(options: SocketIoEmitterModuleOptions): EmitterTarget {
  refuseUnknownOptions(options, OPTION_NAMES, 'SocketIoEmitterModule');
  const { emitter, broker, ...rest } = options;
  const { logger = nestLog(), serialize } = rest;
  if (broker === undefined) {
    checkEmitter(emitter);
    return new PublishedEmitterTarget(emitter, logger, resolveSerializer(serialize));
  }
  if (emitter !== undefined) throw new SocketIoError('INVALID_OPTION', messages.brokerAndEmitter());
  const worker = new Server({ ...rest, broker: createCluster(broker), logger });
  worker.unreachableBecause = messages.noClients();
  return worker;
}
