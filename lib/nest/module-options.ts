import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { BrokerOption } from '../cluster/internal.js';
import { checkMilliseconds, invalidOption } from '../options.js';
import type { ClusterFactory, ServerOptions } from '../server/internal.js';
import type { AdminOptions } from './admin/admin-options.js';
import { withAdmin } from './admin/admin-providers.js';
import type { RateLimiterFactory } from './decorators/rate-limit.decorator.js';
import type { GlobalsOptions } from './enhancers/globals.js';

/**
 * How a client is notified of an error in a method with Nest's `@SubscribeMessage`:
 *
 * - `event`: with the event `exception`, as in Nest
 * - `ack`: with the acknowledgement if the client requested one, otherwise with the event
 * - `both`: with the event, and with the acknowledgement if the client requested one
 *
 * Methods with `@Event` always acknowledge.
 * @publicApi
 */
export type ErrorsOption = (typeof ERRORS)[number];

const ERRORS = ['event', 'ack', 'both'] as const;

/**
 * The value of `client.request.session` of express-session in handlers:
 *
 * - `handshake`: the session as it was at the handshake. It lives as long as the connection, is shared by the
 *   namespaces of the connection, and is saved only by its own `save()`
 * - `live`: loaded before each handler, and saved when a handler that succeeded has changed it
 * @publicApi
 */
export type SessionOption = (typeof SESSIONS)[number];

const SESSIONS = ['handshake', 'live'] as const;

/**
 * Options of `SocketIoModule.forRoot`: those of the server, and those of the gateways.
 * @publicApi
 */
export interface SocketIoModuleOptions extends Omit<ServerOptions, 'broker'> {
  /**
   * The broker that connects the servers of a cluster: a URL, `redis://`, `rediss://`, `nats://`, `postgres://` or
   * `cluster:`, or the result of `redisBroker(...)` and the like. Clients of all servers are then reached from each of
   * them, and from workers with `SocketIoEmitterModule`. Not together with `adapter`. @default this process alone
   */
  broker?: BrokerOption | ClusterFactory;
  /** How clients are notified of errors in methods with `@SubscribeMessage`. @default 'event' */
  errors?: ErrorsOption;
  /**
   * Whether the events of a client wait until `handleConnection` of their gateway has settled, at most
   * `connectTimeout`. If it rejects, the events are dropped. Without it, as in Nest, they are handled meanwhile.
   * Without a value: `true` for `@Gateway`, `false` for `@WebSocketGateway`.
   */
  awaitHandleConnection?: boolean;
  /**
   * ms after which HTTP responses that are still open when the application closes are cut off, counted from the end of
   * all Socket.IO clients. Nest waits for them, however long a stream of server-sent events lasts.
   * @default false
   */
  httpShutdownTimeout?: number | false;
  /**
   * Makes the store of each `@RateLimit` that has none of its own, for buckets that several servers share: for example
   * a limiter of `rate-limiter-flexible`. A client is known by its user id or, without one, its address.
   * Without this option, each connection has a bucket in memory.
   */
  rateLimiter?: RateLimiterFactory;
  /**
   * Whether global guards, pipes, interceptors and filters (`useGlobalGuards`, `APP_GUARD` and so on) apply to
   * gateways: `true` or `false` for all of them, or an object with a value per kind. `{ filters: false }` leaves out
   * only the filters. As in Nest, global filters never apply to methods with `@SubscribeMessage`.
   * @default true
   */
  globals?: boolean | GlobalsOptions;
  /**
   * Whether handlers get the session as it was at the handshake, or as it is now. `'live'` needs `session({ ... })` of
   * express-session in the option `use`, and reads from its store once per event.
   * @default 'handshake'
   */
  session?: SessionOption;
}

/** The options of the gateways and, as `server`, those of the server. */
interface SplitOptions {
  readonly errors: ErrorsOption;
  readonly globals: boolean | GlobalsOptions | undefined;
  readonly session: SessionOption;
  readonly awaitHandleConnection: boolean | undefined;
  readonly httpShutdownTimeout: number | false;
  readonly rateLimiter: RateLimiterFactory | undefined;
  readonly broker: BrokerOption | ClusterFactory | undefined;
  readonly server: ServerOptions;
}

/** Separates the options of the gateways from those of the server. @throws SocketIoError `INVALID_OPTION` */
export function splitOptions(options: SocketIoModuleOptions): SplitOptions {
  const {
    errors = 'event', // as in Nest: clients of existing gateways listen for `exception`
    globals,
    session = 'handshake', // costs nothing per event
    awaitHandleConnection,
    httpShutdownTimeout = false, // as Nest: the responses of other controllers are not this module's to cut off
    rateLimiter,
    broker,
    ...server
  } = options;
  if ('admin' in options) {
    invalidOption(
      'admin',
      options.admin,
      'not come from a factory',
      'write it next to useFactory, as routes are made before',
    );
  }
  if (!ERRORS.includes(errors)) invalidOption('errors', errors, `be one of ${ERRORS.join(', ')}`);
  if (!SESSIONS.includes(session)) invalidOption('session', session, `be one of ${SESSIONS.join(', ')}`);
  if (awaitHandleConnection !== undefined && typeof awaitHandleConnection !== 'boolean') {
    invalidOption('awaitHandleConnection', awaitHandleConnection, 'be true or false');
  }
  if (rateLimiter !== undefined && typeof rateLimiter !== 'function') {
    invalidOption('rateLimiter', rateLimiter, 'be a function');
  }
  if (httpShutdownTimeout !== false) checkMilliseconds({ httpShutdownTimeout }, 'httpShutdownTimeout');
  return { errors, globals, session, awaitHandleConnection, httpShutdownTimeout, rateLimiter, broker, server };
}

/**
 * Options that register the module, given together with the others.
 * @publicApi
 */
export interface SocketIoModuleExtras {
  /** Whether all modules can inject its providers without importing it. @default true */
  isGlobal?: boolean;
  /**
   * Serves the admin page: live figures of all servers, their clients, rooms and events, and actions on them. `true` is
   * the same as `{}`, which is for development: in production, the page exists only with a guard. @default false
   */
  admin?: boolean | AdminOptions;
}

/**
 * A class given as `useClass` or `useExisting`.
 * @publicApi
 */
export interface SocketIoOptionsFactory {
  createSocketIoOptions(): SocketIoModuleOptions | Promise<SocketIoModuleOptions>;
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<SocketIoModuleOptions>({ moduleName: 'SocketIo' })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createSocketIoOptions')
    .setExtras<SocketIoModuleExtras>(
      { isGlobal: true, admin: false },
      (definition, { isGlobal = true, admin = false }) => withAdmin({ ...definition, global: isGlobal }, admin),
    )
    .build();

/**
 * The injection token of the module's options, as they were given to `forRoot` or `forRootAsync`.
 * @publicApi
 */
export const SOCKETIO_OPTIONS = MODULE_OPTIONS_TOKEN;

/** The injection token of the log of the module, its server and its gateways. */
export const SOCKETIO_LOG = Symbol('nest-socketio:log');
