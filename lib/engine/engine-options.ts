/**
 * The options of the engine. Each option is written in two places: in the interface with its documentation, and in
 * the object of defaults with the reason for its default. Names are those of Engine.IO wherever it has the option.
 */
import type { IncomingMessage } from 'node:http';
import { checkMilliseconds, checkPositive, invalidOption, withoutUndefined } from '../options.js';
import { type Clock, systemClock } from './clock.js';
import type { SlowClients } from './connection/lag.js';
import { type Rate, type RateLimitOptions, resolveRate } from './connection/rate.js';
import type { CookieOptions } from './handshake/cookie.js';
import { hostRule } from './handshake/host-policy.js';
import type { HttpMiddleware } from './handshake/middlewares.js';
import type { OriginRule } from './handshake/origin-policy.js';
import { proxyTrust, type ProxyTrust, type TrustProxy } from './handshake/proxy-trust.js';
import { LimitReport } from './limit-report.js';
import { type Limits, type ResolvedLimits, resolveLimits } from './limits.js';
import { consoleLog, type Log, ObservedLog } from './log.js';

/**
 * The options of an engine without Socket.IO.
 * @publicApi
 */
export interface EngineOptions extends ObsoleteOptions {
  /** The HTTP path that clients connect to, with or without a trailing slash. @default '/socket.io' */
  path?: string;
  /** ms between a pong and the next ping. @default 25000 */
  pingInterval?: number;
  /** ms that a client has to answer a ping. @default 20000 */
  pingTimeout?: number;
  /** Maximum size in bytes of one message, and of all attachments of a packet together. @default 1000000 */
  maxHttpBufferSize?: number;
  /**
   * Bounds on what clients can make the server spend, each with a default. `false` lifts one. See `docs/limits.md`.
   * @default {}
   */
  limits?: Limits;
  /**
   * Messages and bytes that one connection may send in each period: `{ events: 100, per: 1_000 }`. Pings and
   * acknowledgements count. A client that sends more is slowed down. @default off
   */
  rateLimit?: RateLimitOptions;
  /**
   * The treatment of a client that does not read: `disconnect`, `drop-volatile`, or a function that returns
   * `disconnect` or `wait`. See `docs/limits.md`. @default 'disconnect'
   */
  slowClients?: SlowClients;
  /** `origin`: the pages that may connect, in addition to those of this host, as in Express' cors. @default none */
  cors?: CorsOptions;
  /**
   * The proxies in front of the server, as their number or by their addresses. Their headers are believed:
   * `X-Forwarded-Host` for the host that a client asked for, and `X-Forwarded-For` for the address of a client.
   * `true` is one proxy. @default false
   */
  trustProxy?: TrustProxy;
  /**
   * The names under which clients reach this server, each with an optional port: `example.com`, `example.com:8443`, or
   * `*.example.com` for all subdomains. A request whose `Host` is not in the list is refused with 403. This protects a
   * server that is reached without a login, such as one in a private network, from pages whose own host name resolves
   * to its address (DNS rebinding). @default all
   */
  allowedHosts?: readonly string[];
  /**
   * Middlewares in the style of Express, such as `session(...)` of express-session, `cookieParser()` or
   * `passport.initialize()`. Each request at the engine's path, upgrade or not, passes through all of them, in order,
   * before it is checked. `next(error)` refuses the client. Properties they set on the request are available on
   * `socket.request`. They get Node's request and response on both Express and Fastify. The same as `engine.use`.
   * @default []
   */
  use?: readonly HttpMiddleware[];
  /**
   * The last check before the WebSocket is accepted. `callback(null, false)`, an error, or no answer within 10 s refuses
   * with 403.
   */
  allowRequest?: AllowRequest;
  /**
   * Compression of messages, for clients that support it. A message is compressed once for all its receivers, which is
   * why messages do not refer to earlier ones. @default false
   */
  perMessageDeflate?: boolean | PerMessageDeflateOptions;
  /**
   * A cookie with the session id, set on the response to the handshake; `true` names it `io`. It is meant for load
   * balancers: this server never reads it. @default false
   */
  cookie?: boolean | CookieOptions;
  /** An Engine.IO message that each client gets right after the open packet. @default none */
  initialPacket?: string | Uint8Array;
  /**
   * The only transport served is `websocket`, which must be in the list. Others are dropped with a warning.
   * @default ['websocket']
   */
  transports?: readonly string[];
  /** Whether to destroy the sockets of upgrade requests at paths that are not served. @default true */
  destroyUpgrade?: boolean;
  /** ms that another listener has to claim such a request. @default 1000 */
  destroyUpgradeTimeout?: number;
  /** Where to log. @default the console, from warnings upwards */
  logger?: Log;
  /** The source of time. @default the system's */
  clock?: Clock;
}

/**
 * The options of Express' cors, so that existing ones can be passed. Only `origin` has an effect: a WebSocket has no
 * response that a page could be kept from reading.
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

/** Options that have no meaning on a WebSocket-only server. They are declared so that existing options compile. */
export interface ObsoleteOptions {
  /** @deprecated Both forms of the path are served. */
  addTrailingSlash?: boolean;
  /** @deprecated Clients of Socket.IO 2 are not served: `true` is rejected. */
  allowEIO3?: boolean;
  /** @deprecated There is no long polling to upgrade from. */
  allowUpgrades?: boolean;
  /** @deprecated It compresses long polling, which is not served; see `perMessageDeflate`. */
  httpCompression?: boolean | object;
  /** @deprecated There is no long polling to upgrade from. */
  upgradeTimeout?: number;
  /** @deprecated This server is built on `ws`: anything else is rejected. */
  wsEngine?: unknown;
}

/**
 * The options of `ws`; see its documentation.
 * @publicApi
 */
export interface PerMessageDeflateOptions {
  /** Size in bytes below which a message is not compressed. @default 1024 */
  readonly threshold?: number;
  /** The number of incoming messages that are decompressed at a time. @default 10 */
  readonly concurrencyLimit?: number;
  /** Always on: the response to a client contains `server_no_context_takeover`. */
  readonly serverNoContextTakeover?: boolean;
  readonly clientNoContextTakeover?: boolean;
  /** Logarithm of the window size for messages to clients; at most what a client allows. @default 12 */
  readonly serverMaxWindowBits?: number;
  /**
   * The same for messages from clients. The default is for clients that offer a choice; the others use 15. If the
   * option is set, they are refused. @default 12
   */
  readonly clientMaxWindowBits?: number;
  readonly zlibDeflateOptions?: ZlibTuning;
  readonly zlibInflateOptions?: Pick<ZlibTuning, 'chunkSize' | 'windowBits'>;
}

/** The options of zlib; see `node:zlib`. */
export interface ZlibTuning {
  readonly level?: number;
  readonly memLevel?: number;
  readonly strategy?: number;
  readonly windowBits?: number;
  /** bytes */
  readonly chunkSize?: number;
}

/** @publicApi */
export type AllowRequest = (
  request: IncomingMessage,
  callback: (error: string | Error | null | undefined, allow: boolean) => void,
) => void;

export const ENGINE_DEFAULTS = {
  path: '/socket.io', // where every stock client connects
  pingInterval: 25_000, // below the minute after which proxies drop a silent connection
  pingTimeout: 20_000, // as Socket.IO: long enough for a phone between two cells
  maxHttpBufferSize: 1_000_000, // as Socket.IO; anything larger belongs in an upload
  slowClients: 'disconnect', // one that does not read for 10 s has nothing from it, and costs memory
  trustProxy: false, // any client can send the header
  perMessageDeflate: false, // costs more CPU and memory than it saves on small messages
  cookie: false, // this server does not need it
  use: [], // costs nothing until it is used
  transports: ['websocket'], // long polling is off on purpose
  destroyUpgrade: true, // an unclaimed socket would never be closed
  destroyUpgradeTimeout: 1_000, // as Engine.IO
} as const satisfies EngineOptions;

/** The defaults of all options; `null` means that the option is off. */
const DEFAULTS = {
  ...ENGINE_DEFAULTS,
  cors: null, // only pages of this host may connect
  limits: null, // each limit has its own default
  rateLimit: null,
  allowedHosts: null, // the names of a server are known to its operator only
  allowRequest: null,
  initialPacket: null,
  logger: consoleLog,
  clock: systemClock,
} satisfies { [N in Exclude<keyof EngineOptions, keyof ObsoleteOptions>]-?: EngineOptions[N] | null };

/** Options that can be left out without any effect on a WebSocket client. */
const WITHOUT_EFFECT = [
  'addTrailingSlash',
  'allowEIO3',
  'allowUpgrades',
  'httpCompression',
  'upgradeTimeout',
] as const satisfies (keyof ObsoleteOptions)[];

export const ENGINE_OPTION_NAMES: readonly string[] = [...Object.keys(DEFAULTS), ...WITHOUT_EFFECT];

type Defaults = Omit<typeof DEFAULTS, 'cors' | 'limits' | 'rateLimit'>;

/**
 * All options with their defaults filled in. `cors` is reduced to `origin`, `proxyTrust` is made of `trustProxy`, and
 * `limitReport` counts for `limits`.
 */
export type ResolvedEngineOptions = {
  readonly [N in keyof Defaults]: Required<EngineOptions>[N] | Extract<Defaults[N], null>;
} & {
  readonly origin: OriginRule;
  readonly limits: ResolvedLimits;
  readonly limitReport: LimitReport;
  /** `null` if no proxy is trusted. */
  readonly proxyTrust: ProxyTrust | null;
  readonly rateLimit: Rate | null;
};

/** Limits of `ws` that are not options: no reasonable client comes near them. */
export const WS_LIMITS = {
  maxFragments: 1_024, // of one message
  maxBufferedChunks: 16_384, // TCP segments of one unfinished message
  maxPendingAutoPongs: 60, // pongs that a client requested and does not read
  closeTimeout: 5_000, // ms for the closing handshake
} as const;

/** Fills in the defaults. @throws SocketIoError `INVALID_OPTION` */
export function resolveEngineOptions(options: EngineOptions): ResolvedEngineOptions {
  const {
    cors,
    limits: givenLimits,
    rateLimit,
    ...resolved
  } = { ...DEFAULTS, ...withoutObsolete(withoutUndefined(options)) };
  const { path, maxHttpBufferSize, slowClients } = resolved;
  checkMilliseconds(resolved, 'pingInterval', 'pingTimeout', 'destroyUpgradeTimeout');
  checkPositive(resolved, 'maxHttpBufferSize');
  if (maxHttpBufferSize >= 2 ** 31) {
    // ws stores it in 32 bits and treats zero or less as no limit
    invalidOption('maxHttpBufferSize', maxHttpBufferSize, 'be at most 2147483647');
  }
  if (!path.startsWith('/')) invalidOption('path', path, 'start with a slash', `write '/${path}'`);
  if (typeof slowClients !== 'function' && !['disconnect', 'drop-volatile'].includes(slowClients)) {
    invalidOption('slowClients', slowClients, "be 'disconnect', 'drop-volatile' or a function");
  }
  checkMiddlewares(resolved.use);
  if (resolved.allowedHosts !== null) hostRule(resolved.allowedHosts);
  const { logger, clock } = resolved;
  const limits = resolveLimits(givenLimits ?? {});
  const contained = ObservedLog.over(logger, () => clock.now()); // an exception of the logger must not end the process
  const unserved = unservedTransports(resolved.transports);
  if (unserved.length > 0) {
    contained.warn(
      `option "transports" lists ${unserved.join(' and ')}, but only WebSocket is served: ` +
        "set transports: ['websocket'] here and in the options of the clients",
    );
  }
  const limitReport = new LimitReport({ limits, logger: contained, clock });
  return {
    ...resolved,
    path: path.replace(/\/$/, ''),
    transports: ENGINE_DEFAULTS.transports,
    origin: cors?.origin ?? false,
    proxyTrust: proxyTrust(resolved.trustProxy, contained),
    limits,
    limitReport,
    rateLimit: resolveRate(rateLimit),
  };
}

/** The transports of Socket.IO. */
const TRANSPORTS: ReadonlySet<unknown> = new Set(['polling', 'websocket', 'webtransport']);

/**
 * Checks the option `transports`.
 * @returns those that are not served
 * @throws SocketIoError `INVALID_OPTION` unless WebSocket is one of them
 */
export function unservedTransports(given: unknown): string[] {
  const isList = Array.isArray(given) && given.every((name) => TRANSPORTS.has(name));
  if (!isList || !given.includes('websocket')) {
    invalidOption('transports', given, "be ['websocket']", 'only WebSocket is served');
  }
  return [...new Set(given as string[])].filter((name) => name !== 'websocket');
}

const MIDDLEWARES_HINT =
  'write functions that are called with request, response and next, as use: [session({ ... }), cookieParser()]';

/** @throws SocketIoError `INVALID_OPTION` naming the first one that is not a function */
function checkMiddlewares(given: unknown): void {
  if (!Array.isArray(given)) invalidOption('use', given, 'be a list', MIDDLEWARES_HINT);
  const index = given.findIndex((middleware) => typeof middleware !== 'function');
  if (index !== -1) invalidOption(`use[${index}]`, given[index], 'be a function', MIDDLEWARES_HINT);
}

/** Drops the options without effect, and logs one line that names them. */
function withoutObsolete<O extends EngineOptions>(options: O): Omit<O, keyof ObsoleteOptions> {
  if (options.allowEIO3 === true) {
    invalidOption('allowEIO3', true, 'be false', 'clients of Socket.IO 2 are not served, update them to 3 or later');
  }
  const found = WITHOUT_EFFECT.filter((name) => name in options);
  if (found.length > 0) {
    (options.logger ?? consoleLog).warn(
      `options without effect on a server that accepts WebSocket only, remove them: ${found.join(', ')}`,
    );
  }
  const kept = { ...options };
  for (const name of found) delete kept[name];
  return kept;
}
