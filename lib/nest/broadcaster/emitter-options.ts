import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { PublishedEmitter } from '../../cluster/index.js';
import type { Log } from '../../engine/index.js';
import type { SocketIoModuleExtras } from '../module-options.js';

/** What `SocketIoEmitterModule.forRoot` takes. */
export interface SocketIoEmitterModuleOptions {
  /**
   * What sends: `new Emitter(redisClient)` of `@socket.io/redis-emitter` or another published emitter, or
   * `new FlaskQueueEmitter(redisClient)`. Its connection stays yours to close.
   */
  emitter: PublishedEmitter;
  /** Where failures are logged. @default Nest's */
  logger?: Log;
}

export const EMITTER_OPTION_NAMES: readonly string[] = ['emitter', 'logger'];

/** What a class given as `useClass` or `useExisting` provides. */
export interface SocketIoEmitterOptionsFactory {
  createSocketIoEmitterOptions(): SocketIoEmitterModuleOptions | Promise<SocketIoEmitterModuleOptions>;
}

export const {
  ConfigurableModuleClass: ConfigurableEmitterModule,
  MODULE_OPTIONS_TOKEN: EMITTER_OPTIONS,
  OPTIONS_TYPE: EMITTER_OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE: EMITTER_ASYNC_OPTIONS_TYPE,
} = new ConfigurableModuleBuilder<SocketIoEmitterModuleOptions>({ moduleName: 'SocketIoEmitter' })
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createSocketIoEmitterOptions')
  .setExtras<SocketIoModuleExtras>({ isGlobal: true }, (definition, { isGlobal = true }) => ({
    ...definition,
    global: isGlobal,
  }))
  .build();
