/**
 * Broadcasters for a process without a Socket.IO server: a worker, a cron job, a command, a microservice. Their
 * injection tokens are those of a process with a server, so a provider that injects one runs unchanged in both.
 */
import { ConfigurableModuleBuilder, type DynamicModule, Inject, Module, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { checkEmitter, PublishedEmitterTarget, type PublishedEmitter } from '../../cluster/internal.js';
import type { Log } from '../../engine/internal.js';
import { SocketIoError } from '../../errors.js';
import { refuseUnknownOptions } from '../../options.js';
import { resolveSerializer, type Serialize } from '../../server/internal.js';
import { messages } from '../messages.js';
import { nestLog, type SocketIoModuleExtras } from '../module-options.js';
import { SocketIoModule } from '../socket-io.module.js';
import { moduleOfBroadcasters, withBroadcasters } from './broadcaster-providers.js';

/**
 * Options of `SocketIoEmitterModule.forRoot`.
 * @publicApi
 */
export interface SocketIoEmitterModuleOptions {
  /**
   * Sends the packets: `new Emitter(redisClient)` of `@socket.io/redis-emitter`, another published emitter, or
   * `new FlaskQueueEmitter(redisClient)`. You close its connection yourself.
   */
  emitter: PublishedEmitter;
  /** Logs failures. @default Nest's logger */
  logger?: Log;
  /** Returns the value to send for an instance of a class, as the option of `SocketIoModule`. @default none */
  serialize?: Serialize | false;
}

/**
 * A class given as `useClass` or `useExisting`.
 * @publicApi
 */
export interface SocketIoEmitterOptionsFactory {
  createSocketIoEmitterOptions(): SocketIoEmitterModuleOptions | Promise<SocketIoEmitterModuleOptions>;
}

const OPTION_NAMES: readonly string[] = ['emitter', 'logger', 'serialize'];

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
      provide: PublishedEmitterTarget,
      useFactory: (options: SocketIoEmitterModuleOptions) => {
        refuseUnknownOptions(options, OPTION_NAMES, 'SocketIoEmitterModule');
        const { emitter, logger, serialize } = options;
        checkEmitter(emitter);
        return new PublishedEmitterTarget(emitter, logger ?? nestLog(), resolveSerializer(serialize));
      },
      inject: [MODULE_OPTIONS_TOKEN],
    },
  ],
  exports: [PublishedEmitterTarget],
})
export class SocketIoEmitterModule extends ConfigurableModuleClass implements OnModuleInit {
  constructor(@Inject(ModulesContainer) private readonly modules: ModulesContainer) {
    super();
  }

  /**
   * Provides `Broadcaster` and the broadcasters that `@InjectBroadcaster(...)` injects.
   * @param options `emitter`, such as `new Emitter(redisClient)` of `@socket.io/redis-emitter`
   * @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION` when the application starts
   */
  static override forRoot(options: typeof OPTIONS_TYPE): DynamicModule {
    return withBroadcasters(super.forRoot(options), PublishedEmitterTarget);
  }

  /** @param options `imports`, `inject` and one of `useFactory`, `useClass`, `useExisting` */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return withBroadcasters(super.forRootAsync(options), PublishedEmitterTarget);
  }

  /** The broadcasters of these namespaces, for a module that is loaded after `forRoot` was called. */
  static forFeature(...namespaces: string[]): DynamicModule {
    return moduleOfBroadcasters(namespaces, PublishedEmitterTarget);
  }

  /** @throws SocketIoError `INVALID_ARGUMENT` if `SocketIoModule`, which has the same tokens, is imported too */
  onModuleInit(): void {
    for (const { metatype } of this.modules.values()) {
      if (metatype === SocketIoModule) throw new SocketIoError('INVALID_ARGUMENT', messages.twoBroadcasterModules());
    }
  }
}
