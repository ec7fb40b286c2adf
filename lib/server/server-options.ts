/** The options of a Socket.IO server: those of its engine and, each default beside its reason, its own. */
import {
  type DrainOptions,
  ENGINE_OPTION_NAMES,
  type EngineOptions,
  ObservedLog,
  resolveDrainOptions,
  type ResolvedEngineOptions,
  resolveEngineOptions,
} from '../engine/index.js';
import { SocketIoError } from '../errors.js';
import { checkMilliseconds, checkPositive, invalidOption, refuseUnknownOptions, withoutUndefined } from '../options.js';
import type { OwnAdapter } from './adapter/adapter.js';
import { namespacePath } from './namespace/namespace-path.js';
import type { PublishedAdapterFactory } from './hosted/published-adapter.js';
import {
  type RecoveryOptions,
  type ResolvedRecoveryOptions,
  resolveRecoveryOptions,
} from './recovery/recovery-options.js';
import { type Codec, codecOf, DEFAULT_PACKET_LIMITS, type Json, type Parser } from '../protocol/index.js';

/** What the option `adapter` takes. */
export type AdapterOption = PublishedAdapterFactory | OwnAdapter;

export interface ServerOptions extends EngineOptions {
  /**
   * ms until a client must have joined a namespace, and until middlewares, connect handlers and functions given
   * to `of` must have decided on one: the client is refused otherwise. @default 45000
   */
  connectTimeout?: number;
  /**
   * Whether the client is told that it is in before the connect handlers run, after the middlewares: what they
   * emit goes out at once, and they may wait for its answers. Its events still wait for them. When they refuse, the
   * client is disconnected and not told why. Source: Flask-SocketIO, `always_connect`. @default false
   */
  acceptFirst?: boolean;
  /** ms for all attachments of a packet to arrive. @default 10000 */
  attachmentTimeout?: number;
  /** ms that a broadcast or `call` waits for acknowledgements unless `timeout()` says otherwise. @default 60000 */
  ackTimeout?: number;
  /** ms that `close` waits for asynchronous disconnect handlers. @default 10000 */
  shutdownTimeout?: number;
  /** Clients are ended in batches when the server closes, so that not all come back at one instant. @default { batch: 500, interval: 100 } */
  drain?: DrainOptions;
  /** Binary parts of one packet, inwards. @default 10 */
  maxAttachments?: number;
  /** Namespaces that one connection may join. @default 100 */
  maxNamespaces?: number;
  /**
   * Namespaces that clients may join though nothing of their own handles them: names, RegExps, or `'*'` for all.
   * They are made when a client asks for them. Source: Flask-SocketIO. @default none
   */
  namespaces?: '*' | readonly (string | RegExp)[];
  /** Acknowledgements of one client that may be outstanding. @default 10000 */
  maxPendingAcks?: number;
  /** Whether a namespace that was made for a pattern goes with its last client. @default true */
  cleanupEmptyChildNamespaces?: boolean;
  /**
   * A published Socket.IO adapter, as the result of `createAdapter(...)` of `@socket.io/redis-adapter`: the
   * servers of a cluster then broadcast to each other's clients. Or one of this package, as
   * `createFlaskQueueAdapter(...)` makes it. @default this process alone
   */
  adapter?: AdapterOption;
  /**
   * Lets clients that lost their connection come back as the sockets that they were, with id, rooms, data and
   * what they missed. `{}` switches it on. @default off
   */
  connectionStateRecovery?: RecoveryOptions;
  /**
   * Whether the browser files of the stock client are handed out, such as `/socket.io/socket.io.min.js`, where the
   * package `socket.io-client` is installed. @default true
   */
  serveClient?: boolean;
  /** Another codec, as `socket.io-msgpack-parser`; clients need the same one. @default JSON */
  parser?: Parser;
  /**
   * Another serialiser within the standard codec, `{ stringify, parse }`: for values that JSON does not know, such
   * as dates and bigints. Clients need the same one. Source: Flask-SocketIO. @default JSON
   */
  json?: Json;
}

export interface ResolvedServerOptions extends Required<
  Pick<
    ServerOptions,
    | 'acceptFirst'
    | 'ackTimeout'
    | 'cleanupEmptyChildNamespaces'
    | 'attachmentTimeout'
    | 'connectTimeout'
    | 'maxNamespaces'
    | 'maxPendingAcks'
    | 'serveClient'
    | 'shutdownTimeout'
  >
> {
  readonly engine: ResolvedEngineOptions & { readonly logger: ObservedLog };
  readonly codec: Codec;
  /** Whether the option `namespaces` names it. */
  readonly serves: (namespace: string) => boolean;
  readonly adapter: AdapterOption | null;
  readonly drain: Required<DrainOptions>;
  readonly recovery: ResolvedRecoveryOptions | null;
}

export const SERVER_DEFAULTS = {
  acceptFirst: false, // a refusal that says why is worth a moment of waiting
  connectTimeout: 45_000, // as Socket.IO; the stock client asks at once
  attachmentTimeout: 10_000, // they follow their packet directly
  ackTimeout: 60_000, // as `call` of Flask-SocketIO
  shutdownTimeout: 10_000, // under the 30 s after which orchestrators kill
  maxAttachments: DEFAULT_PACKET_LIMITS.maxAttachments,
  maxNamespaces: 100, // nobody multiplexes more by hand
  maxPendingAcks: 10_000, // above any sound backlog, below what hurts
  serveClient: true, // as Socket.IO; a page needs no bundler then
  cleanupEmptyChildNamespaces: true, // clients choose their names: they must not add up
} as const;

export const SERVER_OPTION_NAMES: readonly string[] = [
  ...ENGINE_OPTION_NAMES,
  ...Object.keys(SERVER_DEFAULTS),
  'adapter',
  'connectionStateRecovery',
  'drain',
  'json',
  'namespaces',
  'parser',
].toSorted();

/** @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION` */
export function resolveServerOptions(options: ServerOptions): ResolvedServerOptions {
  refuseUnknownOptions(options, SERVER_OPTION_NAMES, 'the Socket.IO server');
  const given = withoutUndefined(options);
  const own = { ...SERVER_DEFAULTS, ...given };
  checkMilliseconds(own, 'connectTimeout', 'attachmentTimeout', 'ackTimeout', 'shutdownTimeout');
  checkPositive(own, 'maxAttachments', 'maxNamespaces', 'maxPendingAcks');
  checkJson(given);
  const engine = resolveEngineOptions(pickEngineOptions(given));
  const { acceptFirst, connectTimeout, attachmentTimeout, ackTimeout, shutdownTimeout, maxNamespaces, maxPendingAcks } =
    own;
  const limits = {
    ...DEFAULT_PACKET_LIMITS,
    maxAttachments: own.maxAttachments,
    maxAttachmentBytes: engine.maxHttpBufferSize,
  };
  return {
    engine: { ...engine, logger: ObservedLog.over(engine.logger) },
    codec: codecOf(limits, given.parser, given.json),
    serves: namespaceRule(given.namespaces ?? []),
    adapter: given.adapter ?? null,
    drain: resolveDrainOptions(given.drain ?? {}),
    recovery: resolveRecoveryOptions(given.connectionStateRecovery, engine.pingInterval + engine.pingTimeout),
    acceptFirst,
    connectTimeout,
    attachmentTimeout,
    ackTimeout,
    shutdownTimeout,
    maxNamespaces,
    maxPendingAcks,
    serveClient: own.serveClient,
    cleanupEmptyChildNamespaces: own.cleanupEmptyChildNamespaces,
  };
}

/** @throws SocketIoError `INVALID_OPTION` */
function namespaceRule(given: '*' | readonly (string | RegExp)[]): (name: string) => boolean {
  if (given === '*') return () => true;
  const isList = Array.isArray(given) && given.every((one) => typeof one === 'string' || one instanceof RegExp);
  if (!isList) invalidOption('namespaces', given, "be '*' or a list of names and RegExps");
  return (name) =>
    given.some((one) => (one instanceof RegExp ? name.search(one) !== -1 : one === '*' || name === namespacePath(one)));
}

/** @throws SocketIoError `INVALID_OPTION` */
function checkJson({ json, parser }: ServerOptions): void {
  if (json === undefined) return;
  const { stringify, parse } = json as Partial<Json>;
  if (typeof stringify !== 'function' || typeof parse !== 'function') {
    invalidOption('json', json, 'have the functions stringify and parse');
  }
  if (parser !== undefined) {
    throw new SocketIoError(
      'INVALID_OPTION',
      'options "json" and "parser": a parser serialises by itself, leave one out',
    );
  }
}

function pickEngineOptions(options: ServerOptions): EngineOptions {
  return Object.fromEntries(Object.entries(options).filter(([name]) => ENGINE_OPTION_NAMES.includes(name)));
}
