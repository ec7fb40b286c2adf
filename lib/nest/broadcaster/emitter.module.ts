/**
 * Broadcasters for a process without a Socket.IO server: a worker, a cron job, a command, a microservice. They
 * have the tokens that they have beside a server, so that a provider runs in either process as it is.
 */
import { type DynamicModule, Inject, Module, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { checkEmitter, EmitterOutlet } from '../../cluster/index.js';
import { refuseUnknownOptions } from '../../options.js';
import { SocketIoError } from '../../errors.js';
import { moduleOfBroadcasters, withBroadcasters } from './broadcaster-providers.js';
import {
  ConfigurableEmitterModule,
  EMITTER_ASYNC_OPTIONS_TYPE,
  EMITTER_OPTION_NAMES,
  EMITTER_OPTIONS,
  EMITTER_OPTIONS_TYPE,
  type SocketIoEmitterModuleOptions,
} from './emitter-options.js';
import { messages } from '../messages.js';
import { nestLog } from '../module-options.js';
import { SocketIoModule } from '../socket-io.module.js';

@Module({
  providers: [
    {
      provide: EmitterOutlet,
      useFactory: (options: SocketIoEmitterModuleOptions) => {
        refuseUnknownOptions(options, EMITTER_OPTION_NAMES, 'SocketIoEmitterModule');
        const { emitter, logger } = options;
        checkEmitter(emitter);
        return new EmitterOutlet(emitter, logger ?? nestLog());
      },
      inject: [EMITTER_OPTIONS],
    },
  ],
  exports: [EmitterOutlet],
})
export class SocketIoEmitterModule extends ConfigurableEmitterModule implements OnModuleInit {
  constructor(@Inject(ModulesContainer) private readonly modules: ModulesContainer) {
    super();
  }

  /**
   * Provides `Broadcaster`, and what `@InjectBroadcaster(...)` injects.
   * @param options `emitter`, such as `new Emitter(redisClient)` of `@socket.io/redis-emitter`
   * @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION` when the application starts
   */
  static override forRoot(options: typeof EMITTER_OPTIONS_TYPE): DynamicModule {
    return withBroadcasters(super.forRoot(options), EmitterOutlet);
  }

  /** @param options `imports`, `inject` and one of `useFactory`, `useClass`, `useExisting` */
  static override forRootAsync(options: typeof EMITTER_ASYNC_OPTIONS_TYPE): DynamicModule {
    return withBroadcasters(super.forRootAsync(options), EmitterOutlet);
  }

  /** Broadcasters of namespaces for a module that is loaded after `forRoot` was called. */
  static forFeature(...namespaces: string[]): DynamicModule {
    return moduleOfBroadcasters(namespaces, EmitterOutlet);
  }

  /** @throws SocketIoError `INVALID_ARGUMENT` beside `SocketIoModule`, whose broadcasters have the same tokens */
  onModuleInit(): void {
    for (const { metatype } of this.modules.values()) {
      if (metatype === SocketIoModule) throw new SocketIoError('INVALID_ARGUMENT', messages.twoOutlets());
    }
  }
}
