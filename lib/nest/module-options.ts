import { ConfigurableModuleBuilder, Logger } from '@nestjs/common';
import { inspect } from 'node:util';
import type { Log } from '../engine/index.js';
import type { ServerOptions } from '../server/index.js';
import type { GlobalsOptions } from './globals.js';

/** What `SocketIoModule.forRoot` takes: the options of the server, and what concerns Nest. */
export interface SocketIoModuleOptions extends ServerOptions {
  /**
   * Whether guards, pipes, interceptors and filters of the application (`useGlobalGuards`, `APP_GUARD` and
   * so on) apply to gateways: all of them, or each kind. `{ filters: false }` leaves out the filters.
   * @default true
   */
  globals?: boolean | GlobalsOptions;
}

/** Those that the server knows. */
export function serverOptions(options: SocketIoModuleOptions): ServerOptions {
  const server = { ...options };
  delete server.globals;
  return server;
}

/** Beside the options, for the module itself. */
export interface SocketIoModuleExtras {
  /** Whether its providers are there in all modules. @default true */
  isGlobal?: boolean;
}

/** What a class given as `useClass` or `useExisting` provides. */
export interface SocketIoOptionsFactory {
  createSocketIoOptions(): SocketIoModuleOptions | Promise<SocketIoModuleOptions>;
}

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN: SOCKETIO_OPTIONS,
  OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE,
} = new ConfigurableModuleBuilder<SocketIoModuleOptions>({ moduleName: 'SocketIo' })
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createSocketIoOptions')
  .setExtras<SocketIoModuleExtras>({ isGlobal: true }, (definition, { isGlobal = true }) => ({
    ...definition,
    global: isGlobal,
  }))
  .build();

/** Nest's logger as the server takes one. */
export function nestLog(): Log {
  const logger = new Logger('SocketIo');
  return {
    debug: (message) => logger.debug(message),
    warn: (message) => logger.warn(message),
    error: (message, error) => {
      if (error === undefined) logger.error(message);
      else logger.error(message, error instanceof Error ? error.stack : inspect(error));
    },
  };
}
