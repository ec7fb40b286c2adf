/** The options of a Socket.IO server: the options of its engine, and its own with the reason for each default. */
import {
  type DrainOptions,
  ENGINE_OPTION_NAMES,
  type EngineOptions,
  ObservedLog,
  resolveDrainOptions,
  type ResolvedEngineOptions,
  resolveEngineOptions,
} from '../engine/internal.js';
import { SocketIoError } from '../errors.js';
import { checkMilliseconds, invalidOption, refuseUnknownOptions, withDefaults, withoutUndefined } from '../options.js';
import type { Codec, Json, Parser } from '../protocol/internal.js';
import type { OwnAdapter } from './adapter/adapter.js';
import { createSerializer, type Serialize, type Serializer } from './broadcast/serializer.js';
import { type CodecName, codecNameOf, resolveCodec } from './codec-option.js';
import { ClusterFactory } from './cluster/cluster.js';
import type { PublishedAdapterFactory } from './hosted/published-adapter.js';
import { type HistoryByNamespace, type HistoryOptions, resolveHistoryOptions } from './history/history-options.js';
import { namespacePath } from './namespace/namespace-path.js';
import {
  type PresenceOptions,
  type ResolvedPresenceOptions,
  resolvePresenceOptions,
} from './presence/presence-options.js';
import {
  type RecoveryOptions,
  type ResolvedRecoveryOptions,
  resolveRecoveryOptions,
} from './recovery/recovery-options.js';
import { idOf, userIdOf } from './socket/identity.js';
import { type ResolvedStreamsOptions, resolveStreamsOptions, type StreamsOptions } from './streams/stream-options.js';
import {
  type ResolvedTelemetryOptions,
  resolveTelemetryOptions,
  type TelemetryOptions,
} from './telemetry/telemetry-options.js';

/**
 * The value of the option `adapter`.
 * @publicApi
 */
export type AdapterOption = PublishedAdapterFactory | OwnAdapter;

/** @publicApi */
export interface ServerOptions extends EngineOptions {
  /**
   * Milliseconds within which a client must join a namespace, and within which middlewares, connect handlers and
   * functions given to `of` must decide on a client. After that the client is refused. @default 45000
   */
  connectTimeout?: number;
  /**
   * Whether CONNECT is answered before the connect handlers run, after the middlewares. The handlers' emits are then
   * sent at once, and handlers may wait for acknowledgements. The client's own events still wait for the handlers. If a
   * handler refuses, the client is disconnected with a reason, as by `socket.disconnect`. Source: Flask-SocketIO, `always_connect`.
   * @default false
   */
  acceptFirst?: boolean;
  /** Milliseconds for all attachments of a packet to arrive. @default 10000 */
  attachmentTimeout?: number;
  /** Milliseconds to wait for acknowledgements, unless `timeout()` says otherwise. @default 60000 */
  ackTimeout?: number;
  /**
   * Milliseconds before `socket.expiresAt` at which the client gets the event `session_expiring`; at most half of the
   * time that it has. 0: no event. @default 30000
   */
  expiryWarning?: number;
  /**
   * Returns the id of a user, given the value of `socket.user`; `undefined` for an anonymous client. Without this
   * option, it is the `id`, `sub`, `userId` or `_id` of the user, or the user itself if it is a string.
   */
  // oxlint-disable-next-line typescript/no-explicit-any -- as `socket.user`: the application defines what it holds
  userId?: (user: any) => string | number | undefined;
  /**
   * Returns the value to send for an instance of a class, such as `instanceToPlain` of class-transformer, which leaves
   * out properties with `@Exclude()`. Called for each instance among the arguments of an event or acknowledgement, at
   * any depth of arrays and plain objects: once for each `emit`, however many clients receive it. Dates, Maps, Sets and
   * binary values are sent as they are.
   * Without it, the properties of an instance are sent, or what its `toJSON` returns. `false` is the same, and keeps
   * `SocketIoModule` from warning if `ClassSerializerInterceptor` is in use.
   * @default none
   */
  serialize?: Serialize | false;
  /**
   * The level of one line for each client that leaves a namespace, with the reason and the time it was there:
   * `'debug'`, `'log'`, or `false` for none. @default false
   */
  logDisconnects?: (typeof DISCONNECT_LEVELS)[number];
  /** Milliseconds that `close` waits for asynchronous disconnect handlers. @default 10000 */
  shutdownTimeout?: number;
  /**
   * Closes connections in batches when the server closes, so that clients do not all reconnect at once.
   * @default { batch: 500, interval: 100, delay: 0 }
   */
  drain?: DrainOptions;
  /**
   * Namespaces that clients may join although they have no handlers of their own: names, RegExps, or `'*'` for all.
   * Each is created when a client asks for it. Source: Flask-SocketIO. @default none
   */
  namespaces?: '*' | readonly (string | RegExp)[];
  /** Whether a namespace that was created for a pattern is removed when its last client leaves. @default true */
  cleanupEmptyChildNamespaces?: boolean;
  /**
   * A published Socket.IO adapter, such as the result of `createAdapter(...)` of `@socket.io/redis-adapter`: servers of
   * a cluster then broadcast to each other's clients. Or an adapter of this package, such as the result of
   * `createFlaskQueueAdapter(...)`. @default this process alone
   */
  adapter?: AdapterOption;
  /**
   * Joins this server to the others that use the same broker, so that they reach each other's clients:
   * `createCluster('redis://localhost:6379')`. `SocketIoModule` accepts the URL itself. Not together with `adapter`.
   * @default this process alone
   */
  broker?: ClusterFactory;
  /**
   * Lets clients that lost their connection resume their sockets, with the same id, rooms and data, and sends them the
   * events they missed. `{}` switches it on. @default off
   */
  connectionStateRecovery?: RecoveryOptions;
  /**
   * How `namespace.presence` follows clients. Presence is on in the namespaces that use it. @default { grace: 10000, interval: 100, metaBytes: 1000, auto: false }
   */
  presence?: PresenceOptions;
  /**
   * Streams of values to one client, the results of handlers that are generators.
   * @default { buffer: 256, resumeWithin: 30_000 }
   */
  streams?: StreamsOptions;
  /**
   * Keeps what is sent to the rooms of a namespace, for clients that join later: `{ '/chat': { size: 100 } }`. `*` is
   * for all other namespaces. @default off
   */
  history?: Readonly<Record<string, HistoryOptions>>;
  /** Metrics, traces and a journal of deliveries. @default recorded only if something reads it */
  telemetry?: TelemetryOptions;
  /**
   * Whether to serve the browser files of the stock client, such as `/socket.io/socket.io.min.js`, if the package
   * `socket.io-client` is installed. @default true
   */
  serveClient?: boolean;
  /**
   * Another codec than JSON: `'msgpack'` for MessagePack, which needs the package `@msgpack/msgpack`, or an object with
   * `Encoder` and `Decoder`, as Socket.IO defines it. Clients need the same one; for `'msgpack'`, it is
   * `socket.io-msgpack-parser`. @default JSON
   */
  parser?: Parser | 'msgpack';
  /**
   * Another serialiser for the standard codec, `{ stringify, parse }`, for values that JSON does not support, such as
   * dates and bigints. Clients need the same one. Source: Flask-SocketIO. @default JSON
   */
  json?: Json;
}

const DISCONNECT_LEVELS = [false, 'debug', 'log'] as const;

export const SERVER_DEFAULTS = {
  acceptFirst: false, // a refused client learns the reason, which is worth a short wait
  connectTimeout: 45_000, // as Socket.IO; the stock client joins at once
  attachmentTimeout: 10_000, // attachments directly follow their packet
  ackTimeout: 60_000, // as `call` of Flask-SocketIO
  expiryWarning: 30_000, // a page can fetch a fresh token in that time, even on a slow network
  logDisconnects: false, // a line for each client fills a disk when many reconnect
  shutdownTimeout: 10_000, // less than the 30 s after which orchestrators kill a process
  serveClient: true, // as Socket.IO; a page then needs no bundler
  cleanupEmptyChildNamespaces: true, // clients choose the names, so they must not accumulate
} as const;

/** The options in force: given or default values, and the objects that the other options are turned into. */
export interface ResolvedServerOptions extends Required<Pick<ServerOptions, keyof typeof SERVER_DEFAULTS>> {
  readonly engine: ResolvedEngineOptions & { readonly logger: ObservedLog };
  readonly codec: Codec;
  readonly codecName: CodecName;
  /** Whether the option `namespaces` allows a name. */
  readonly serves: (namespace: string) => boolean;
  readonly adapter: AdapterOption | null;
  readonly broker: ClusterFactory | null;
  readonly drain: Required<DrainOptions>;
  readonly recovery: ResolvedRecoveryOptions | null;
  readonly history: HistoryByNamespace | null;
  readonly userIdOf: (user: unknown) => string | undefined;
  readonly serializer: Serializer | null;
  readonly streams: ResolvedStreamsOptions;
  readonly telemetry: ResolvedTelemetryOptions;
  readonly presence: ResolvedPresenceOptions;
}

export const SERVER_OPTION_NAMES: readonly string[] = [
  ...ENGINE_OPTION_NAMES,
  ...Object.keys(SERVER_DEFAULTS),
  'adapter',
  'broker',
  'connectionStateRecovery',
  'drain',
  'history',
  'json',
  'namespaces',
  'parser',
  'presence',
  'serialize',
  'streams',
  'telemetry',
  'userId',
].toSorted();

/** @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION` */
export function resolveServerOptions(options: ServerOptions): ResolvedServerOptions {
  refuseUnknownOptions(options, SERVER_OPTION_NAMES, 'the Socket.IO server');
  const given = withoutUndefined(options);
  const own = withDefaults<Pick<ServerOptions, keyof typeof SERVER_DEFAULTS>>(given, SERVER_DEFAULTS);
  if (!DISCONNECT_LEVELS.includes(own.logDisconnects ?? false)) {
    invalidOption('logDisconnects', own.logDisconnects, "be false, 'debug' or 'log'");
  }
  checkMilliseconds(own, 'connectTimeout', 'attachmentTimeout', 'ackTimeout', 'expiryWarning', 'shutdownTimeout');
  const engine = resolveEngineOptions(pickEngineOptions(given));
  refuseHistoryWith(given);
  const limits = { ...engine.limits, attachmentBytes: engine.maxHttpBufferSize };
  return {
    ...own,
    engine: { ...engine, logger: ObservedLog.over(engine.logger, () => engine.clock.now()) },
    codec: resolveCodec(given, limits),
    codecName: codecNameOf(given),
    serves: namespaceRule(given.namespaces ?? []),
    adapter: given.adapter ?? null,
    broker: brokerOption(given),
    drain: resolveDrainOptions(given.drain ?? {}),
    userIdOf: userIdRule(given.userId),
    serializer: resolveSerializer(given.serialize),
    streams: resolveStreamsOptions(given.streams),
    telemetry: resolveTelemetryOptions(given.telemetry),
    presence: resolvePresenceOptions(given.presence),
    history: resolveHistoryOptions(given.history),
    recovery: resolveRecoveryOptions(given.connectionStateRecovery, engine.pingInterval + engine.pingTimeout),
  };
}

/** @throws SocketIoError `INVALID_OPTION` */
function brokerOption({ broker, adapter }: ServerOptions): ClusterFactory | null {
  if (broker === undefined) return null;
  if (!(broker instanceof ClusterFactory)) {
    invalidOption(
      'broker',
      broker,
      'be the result of createCluster(...)',
      "write broker: createCluster('redis://localhost:6379')",
    );
  }
  if (adapter !== undefined) {
    throw new SocketIoError(
      'INVALID_OPTION',
      'options "broker" and "adapter" exclude each other, both connect servers: remove "adapter", unless the cluster ' +
        'has servers of another package',
    );
  }
  return broker;
}

/** With a published adapter, events with their offsets come from the broker. @throws SocketIoError `INVALID_OPTION` */
function refuseHistoryWith({ history, adapter, connectionStateRecovery }: ServerOptions): void {
  if (history === undefined || adapter === undefined || connectionStateRecovery === undefined) return;
  throw new SocketIoError(
    'INVALID_OPTION',
    'options "history" and "connectionStateRecovery" exclude each other with "adapter": use "broker" instead of ' +
      '"adapter", or remove one of the two',
  );
}

/** @returns `null` without the option. @throws SocketIoError `INVALID_OPTION` */
export function resolveSerializer(given: Serialize | false | undefined): Serializer | null {
  if (given === undefined || given === false) return null;
  if (typeof given !== 'function') {
    invalidOption(
      'serialize',
      given,
      'be a function or false',
      'write serialize: instanceToPlain, from class-transformer',
    );
  }
  return createSerializer(given);
}

/** @throws SocketIoError `INVALID_OPTION` */
function userIdRule(given: ServerOptions['userId']): ResolvedServerOptions['userIdOf'] {
  if (given === undefined) return userIdOf;
  if (typeof given !== 'function') invalidOption('userId', given, 'be a function that returns the id of a user');
  return (user) => (user === undefined || user === null ? undefined : idOf(given(user)));
}

/** @throws SocketIoError `INVALID_OPTION` */
function namespaceRule(given: '*' | readonly (string | RegExp)[]): (name: string) => boolean {
  if (given === '*') return () => true;
  const isList = Array.isArray(given) && given.every((one) => typeof one === 'string' || one instanceof RegExp);
  if (!isList) invalidOption('namespaces', given, "be '*' or a list of names and RegExps");
  return (name) =>
    given.some((one) => (one instanceof RegExp ? name.search(one) !== -1 : one === '*' || name === namespacePath(one)));
}

function pickEngineOptions(options: ServerOptions): EngineOptions {
  return Object.fromEntries(Object.entries(options).filter(([name]) => ENGINE_OPTION_NAMES.includes(name)));
}
