import { ConfigurableModuleBuilder, Logger } from '@nestjs/common';
import { inspect } from 'node:util';
import type { Log } from '../engine/index.js';
import { invalidOption } from '../options.js';
import type { ServerOptions } from '../server/index.js';
import type { GlobalsOptions } from './enhancers/globals.js';

/**
 * How a client hears of an error in a method with Nest's `@SubscribeMessage`: by the event `exception`, as Nest
 * does it, or by the acknowledgement if it asked for one, or both. Handlers with `@Event` always acknowledge.
 */
export type ErrorsOption = (typeof ERRORS)[number];

const ERRORS = ['event', 'ack', 'both'] as const;

/**
 * What `client.request.session` of express-session is to handlers: the session as it was at the `handshake`, which
 * lives with the connection, is shared by its namespaces and saved only by its own `save()`; or `live`: loaded
 * before each handler, and saved when one that succeeded has changed it.
 */
export type SessionOption = (typeof SESSIONS)[number];

const SESSIONS = ['handshake', 'live'] as const;

/** What `SocketIoModule.forRoot` takes: the options of the server, and those of the gateways. */
export interface SocketIoModuleOptions extends ServerOptions {
  /** How methods with `@SubscribeMessage` tell of errors. @default 'event' */
  errors?: ErrorsOption;
  /**
   * Whether guards, pipes, interceptors and filters of the application (`useGlobalGuards`, `APP_GUARD` and
   * so on) apply to gateways: all of them, or each kind. `{ filters: false }` leaves out the filters.
   * Filters of the application never apply to methods with `@SubscribeMessage`, as in Nest.
   * @default true
   */
  globals?: boolean | GlobalsOptions;
  /**
   * Whether handlers have the session as it was at the handshake, or as it is now. `'live'` needs
   * `session({ ... })` of express-session in `use`, and costs a question to its store per event.
   * @default 'handshake'
   */
  session?: SessionOption;
}

/** The options, by whom they concern. */
interface SplitOptions {
  readonly errors: ErrorsOption;
  readonly globals: boolean | GlobalsOptions | undefined;
  readonly session: SessionOption;
  readonly server: ServerOptions;
}

/** What concerns gateways, apart from what concerns the server. @throws SocketIoError `INVALID_OPTION` */
export function splitOptions(options: SocketIoModuleOptions): SplitOptions {
  const {
    errors = 'event', // as Nest: clients of existing gateways listen for `exception`
    globals,
    session = 'handshake', // nothing per event
    ...server
  } = options;
  if (!ERRORS.includes(errors)) invalidOption('errors', errors, `be one of ${ERRORS.join(', ')}`);
  if (!SESSIONS.includes(session)) invalidOption('session', session, `be one of ${SESSIONS.join(', ')}`);
  return { errors, globals, session, server };
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

/** The injection token of the log of the module, its server and its gateways. */
export const SOCKETIO_LOG = Symbol('nest-socketio:log');

/** Nest's logger in the shape that the server expects. */
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
