/**
 * The options of one WebSocket server, each default beside its reason. Names are Engine.IO's where it
 * has the option.
 */
import type { IncomingMessage } from 'node:http';
import { SocketIoError } from '../errors.js';
import { checkMilliseconds, checkPositive, invalidOption, withoutUndefined } from '../options.js';
import { type Clock, systemClock } from './clock.js';
import type { CookieOptions } from './handshake/cookie.js';
import { consoleLog, type Log } from './log.js';
import type { HttpMiddleware } from './handshake/middlewares.js';
import type { OriginRule } from './handshake/origin-policy.js';

export interface EngineOptions extends ObsoleteOptions {
  /** The HTTP path that clients connect to, with or without a slash at its end. @default '/socket.io' */
  path?: string;
  /** ms between a pong and the next ping. @default 25000 */
  pingInterval?: number;
  /** ms that a client has to answer a ping. @default 20000 */
  pingTimeout?: number;
  /** Bytes of one message, and of all attachments of a packet together. @default 1000000 */
  maxHttpBufferSize?: number;
  /** Bytes that may wait for a client that does not take them, before it is cut off. @default 1000000 */
  maxBufferedBytes?: number;
  /** `origin`: which pages may connect beside those of this very host, as in Express' cors. @default none */
  cors?: CorsOptions;
  /** Believe `X-Forwarded-Host` of the proxy in front when comparing origins. @default false */
  trustProxy?: boolean;
  /**
   * Middlewares in the manner of Express, such as `session(...)` of express-session, `cookieParser()` or
   * `passport.initialize()`: each request at the engine's path, upgrade or not, passes all of them, in order, before
   * it is checked. `next(error)` refuses the client; what they put on the request is found on `socket.request`.
   * They get Node's request and response, on Express as on Fastify. The same as `engine.use`. @default []
   */
  use?: readonly HttpMiddleware[];
  /** A last word before the WebSocket is accepted. `callback(null, false)`, or an error, refuses with 403. */
  allowRequest?: AllowRequest;
  /**
   * Compression of messages, with clients that want it. Each is compressed once, whatever the number of its
   * receivers, for which messages do not refer to earlier ones. @default false
   */
  perMessageDeflate?: boolean | PerMessageDeflateOptions;
  /**
   * A cookie with the session id, set on the answer to the handshake; `true` for one named `io`. For load
   * balancers: this server never looks at it. @default false
   */
  cookie?: boolean | CookieOptions;
  /** An Engine.IO message that each client gets right after the open packet. @default none */
  initialPacket?: string | Uint8Array;
  /** Only `['websocket']` is served. @default ['websocket'] */
  transports?: readonly string[];
  /** Whether to end upgrade requests for paths that nobody serves. @default true */
  destroyUpgrade?: boolean;
  /** ms that another listener has to take such a request. @default 1000 */
  destroyUpgradeTimeout?: number;
  /** Where to log. @default the console, from warnings upwards */
  logger?: Log;
  /** Time. @default the system's */
  clock?: Clock;
}

/**
 * As Express' cors takes them, so that existing options fit. A WebSocket has no response that a page could
 * be kept from reading: `origin` alone decides.
 */
export interface CorsOptions {
  readonly origin?: OriginRule;
  readonly methods?: string | readonly string[];
  readonly allowedHeaders?: string | readonly string[];
  readonly exposedHeaders?: string | readonly string[];
  readonly credentials?: boolean;
  readonly maxAge?: number;
  readonly preflightContinue?: boolean;
  readonly optionsSuccessStatus?: number;
}

/** Options that mean nothing where only WebSocket is served; they are there so that old options compile. */
export interface ObsoleteOptions {
  /** @deprecated Both forms of the path are served. */
  addTrailingSlash?: boolean;
  /** @deprecated Clients of Socket.IO 2 are not served: `true` is refused. */
  allowEIO3?: boolean;
  /** @deprecated There is no long polling to upgrade from. */
  allowUpgrades?: boolean;
  /** @deprecated It compresses long polling, which is not served; see `perMessageDeflate`. */
  httpCompression?: boolean | object;
  /** @deprecated There is no long polling to upgrade from. */
  upgradeTimeout?: number;
  /** @deprecated This server is built on `ws`: anything else is refused. */
  wsEngine?: unknown;
}

/** As `ws` takes them, see its documentation. */
export interface PerMessageDeflateOptions {
  /** Bytes below which a message is not compressed. @default 1024 */
  readonly threshold?: number;
  /** How many messages of clients are decompressed at a time. @default 10 */
  readonly concurrencyLimit?: number;
  /** Always in force: the answer to a client says `server_no_context_takeover`. */
  readonly serverNoContextTakeover?: boolean;
  readonly clientNoContextTakeover?: boolean;
  readonly serverMaxWindowBits?: number;
  readonly clientMaxWindowBits?: number;
  readonly zlibDeflateOptions?: ZlibTuning;
  readonly zlibInflateOptions?: Pick<ZlibTuning, 'chunkSize' | 'windowBits'>;
}

/** Of zlib, see `node:zlib`. */
export interface ZlibTuning {
  readonly level?: number;
  readonly memLevel?: number;
  readonly strategy?: number;
  readonly windowBits?: number;
  /** bytes */
  readonly chunkSize?: number;
}

export type AllowRequest = (
  request: IncomingMessage,
  callback: (error: string | Error | null | undefined, allow: boolean) => void,
) => void;

export type ResolvedEngineOptions = Required<
  Omit<EngineOptions, keyof ObsoleteOptions | 'allowRequest' | 'cors' | 'initialPacket'>
> & {
  readonly origin: OriginRule;
  readonly allowRequest: AllowRequest | null;
  readonly initialPacket: string | Uint8Array | null;
};

export const ENGINE_DEFAULTS = {
  path: '/socket.io', // where every stock client looks
  pingInterval: 25_000, // under the minute after which proxies drop a silent connection
  pingTimeout: 20_000, // as Socket.IO: long enough for a phone between two cells
  maxHttpBufferSize: 1_000_000, // as Socket.IO; larger things belong in an upload
  maxBufferedBytes: 1_000_000, // one full message behind is slow, more is gone
  trustProxy: false, // a header that anybody can send is believed only on request
  perMessageDeflate: false, // costs more CPU and memory than it saves on small messages
  cookie: false, // nothing here needs it
  use: [] as readonly HttpMiddleware[], // costs nothing until somebody needs it
  transports: ['websocket'] as readonly string[], // long polling is off on purpose
  destroyUpgrade: true, // a socket that nobody takes would stay open for ever
  destroyUpgradeTimeout: 1_000, // as Engine.IO
} as const;

/** Limits of `ws` that are no options: nothing sound comes near them. */
export const WS_LIMITS = {
  maxFragments: 1_024, // of one message
  maxBufferedChunks: 16_384, // TCP segments of one unfinished message
  maxPendingAutoPongs: 60, // pongs that a client asked for and does not read
  closeTimeout: 5_000, // ms for the closing handshake
} as const;

const MIDDLEWARES_EXPECTED =
  'write functions that are called with request, response and next, as use: [session({ ... }), cookieParser()]';

/** Those without which a WebSocket client fares just the same. */
const WITHOUT_EFFECT = ['addTrailingSlash', 'allowEIO3', 'allowUpgrades', 'httpCompression', 'upgradeTimeout'] as const;

export const ENGINE_OPTION_NAMES: readonly string[] = [
  ...Object.keys(ENGINE_DEFAULTS),
  ...WITHOUT_EFFECT,
  'allowRequest',
  'clock',
  'cors',
  'initialPacket',
  'logger',
];

/** Fills in the defaults. @throws SocketIoError `INVALID_OPTION` */
export function resolveEngineOptions(options: EngineOptions): ResolvedEngineOptions {
  const { cors, allowRequest, initialPacket, ...given } = withoutEffectless(withoutUndefined(options));
  const resolved = { logger: consoleLog, clock: systemClock, ...ENGINE_DEFAULTS, ...given };
  checkMilliseconds(resolved, 'pingInterval', 'pingTimeout', 'destroyUpgradeTimeout');
  checkPositive(resolved, 'maxHttpBufferSize', 'maxBufferedBytes');
  if (resolved.maxHttpBufferSize >= 2 ** 31) {
    // ws keeps it in 32 bits, and takes what becomes zero or less for no limit
    invalidOption('maxHttpBufferSize', resolved.maxHttpBufferSize, 'be at most 2147483647');
  }
  if (!resolved.path.startsWith('/'))
    invalidOption('path', resolved.path, 'start with a slash', `write '/${resolved.path}'`);
  if (resolved.transports.length !== 1 || resolved.transports[0] !== 'websocket') {
    invalidOption('transports', resolved.transports, "be ['websocket']", 'only WebSocket is served');
  }
  checkMiddlewares(resolved.use);
  return {
    ...resolved,
    path: resolved.path.replace(/\/$/, ''),
    origin: cors?.origin ?? false,
    allowRequest: allowRequest ?? null,
    initialPacket: initialPacket ?? null,
  };
}

/** @throws SocketIoError `INVALID_OPTION` naming the first that is no function */
function checkMiddlewares(given: unknown): void {
  if (!Array.isArray(given)) return refuseMiddleware('use', 'no list');
  const index = given.findIndex((middleware) => typeof middleware !== 'function');
  if (index !== -1) refuseMiddleware(`use[${index}]`, `of type ${typeof given[index]}, not a function`);
}

function refuseMiddleware(name: string, what: string): never {
  throw new SocketIoError('INVALID_OPTION', `option "${name}" is ${what}: ${MIDDLEWARES_EXPECTED}`);
}

/** Says in one line which options to remove. */
function withoutEffectless<O extends EngineOptions>(options: O): Omit<O, keyof ObsoleteOptions> {
  if (options.allowEIO3 === true) {
    invalidOption('allowEIO3', true, 'be false', 'clients of Socket.IO 2 are not served, update them to 3 or later');
  }
  const found = WITHOUT_EFFECT.filter((name) => name in options);
  if (found.length > 0) {
    (options.logger ?? consoleLog).warn(`without effect where only WebSocket is served, remove: ${found.join(', ')}`);
  }
  const kept = { ...options };
  for (const name of found) delete kept[name];
  return kept;
}
