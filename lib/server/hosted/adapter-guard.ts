/**
 * Keeps failures of a published adapter from ending the process. Published adapters ignore promises of their client,
 * publish from timers, and read messages in listeners, where an exception is uncaught. The guard replaces the members
 * of an adapter through which all this passes. Adapters that have no such member are left as they are.
 * Source: `@socket.io/redis-adapter` 8.3, `-redis-streams-adapter` 0.3, `-postgres-adapter` 0.5, `-mongo-adapter` 0.4,
 * `-cluster-adapter` 0.3 and `socket.io-adapter` 2.5.
 */
import { EventEmitter } from 'node:events';
import { contain } from '../../engine/internal.js';
import { quote } from '../../errors.js';
import { type BrokerLink, MessageDropped } from '../broker/broker-link.js';
import { guardClient } from '../broker/guard-client.js';
import { weigh } from '../broker/weigh.js';
import type { PublishedAdapter } from './published-adapter.js';

/** The methods that read messages, and the ones that carry them out. */
const RECEIVING = ['onmessage', 'onrequest', 'onresponse', 'onRawMessage', 'onMessage', 'onResponse', 'onEvent'];

/** The events of a client of `ioredis` that `@socket.io/redis-adapter` listens to. */
const REDIS_EVENTS = ['pmessageBuffer', 'messageBuffer'];

/** The properties of `@socket.io/redis-adapter` that hold its clients. */
const CLIENTS = ['pubClient', 'subClient'];

const FOREIGN_EMITTER =
  'a message of @socket.io/redis-emitter, which reaches @socket.io/redis-adapter only, and not the adapter of this ' +
  'server: in the worker, import SocketIoModule with this adapter instead of SocketIoEmitterModule';

type Method = (...args: unknown[]) => unknown;

export interface AdapterGuard {
  readonly link: BrokerLink;
  /** Counts and logs the failure of a call. */
  readonly failed: (what: string, error: unknown) => void;
  /** Counts and logs a message that could not be read. */
  readonly unreadable: (error: unknown) => void;
}

/** The members of the adapters named above that matter here. */
interface Parts {
  [method: string]: unknown;
  /** Of `@socket.io/redis-adapter`. */
  subClient?: RedisSubscriber;
  redisListeners?: Map<string, Method>;
  /** The connection of `@socket.io/postgres-adapter`, which its namespaces share. */
  client?: Partial<PostgresConnection>;
}

interface PostgresConnection {
  readonly pool: PostgresPool;
  readonly opts: { readonly channelPrefix: string; errorHandler: (error: unknown) => void };
  readonly channels: Set<string>;
  /** The client that listens, while it is connected. */
  readonly client?: { query(text: string): unknown };
  addNamespace(name: string): void;
}

interface RedisSubscriber {
  on(event: string, listener: Method): unknown;
  off(event: string, listener: Method): unknown;
}

interface ErrorEmitter {
  on(event: 'error', listener: (error: unknown) => void): unknown;
}

/** A pool of the package `pg`. */
interface PostgresPool {
  on(event: 'acquire', listener: (client: ErrorEmitter) => void): unknown;
  /** All clients of the pool. */
  readonly ['_clients']?: readonly ErrorEmitter[];
}

/** `new EventEmitter()` calls `init`. The module `domain` of Node replaces it in the same way. */
const emitters = EventEmitter as unknown as { init: (this: object, options: unknown) => void };

/**
 * Calls a factory whose adapter gets guarded clients. Adapters for Redis subscribe in their constructor and ignore the
 * promises. Their clients are variables of the factory, so a client can only be replaced when the constructor assigns
 * it. Adapters are emitters, and each emitter that is created during this synchronous call receives the assignment.
 */
export function createGuarded<A extends object>(create: () => A, guard: AdapterGuard): A {
  const { init } = emitters;
  const listeners = process.listenerCount('message');
  const receivers: object[] = [];
  emitters.init = function (this: object, options): void {
    init.call(this, options);
    receiveClients(this as Parts, guard);
    receivers.push(this);
  };
  let adapter: A;
  try {
    adapter = create();
  } finally {
    emitters.init = init;
    receivers.forEach(stopReceiving);
  }
  guardClients(adapter as Parts, guard);
  // `@socket.io/cluster-adapter` listens to its process, even after it is closed.
  const added = process.listeners('message').slice(listeners);
  if (added.length > 0) {
    onClose(adapter as Parts, () => {
      for (const listener of added) process.off('message', listener);
    });
  }
  return adapter;
}

function receiveClients(emitter: Parts, guard: AdapterGuard): void {
  for (const name of CLIENTS) {
    Object.defineProperty(emitter, name, {
      configurable: true,
      set(client: object) {
        const value = guardOnce(emitter, name, client, guard);
        Object.defineProperty(emitter, name, { value, configurable: true, enumerable: true, writable: true });
      },
    });
  }
}

/** Guards the clients of an adapter that has declared their properties as class fields, which are not assigned. */
function guardClients(parts: Parts, guard: AdapterGuard): void {
  for (const name of CLIENTS) {
    const client = parts[name];
    if (typeof client === 'object' && client !== null) parts[name] = guardOnce(parts, name, client, guard);
  }
}

function guardOnce(parts: Parts, name: string, client: object, { link, failed }: AdapterGuard): object {
  if (link.guarded.has(client)) return client;
  const bounded = name === 'pubClient' && typeof parts['doPublish'] !== 'function'; // otherwise bounded there
  const guarded = guardClient(client, { failed, link: bounded ? link : null });
  link.guarded.add(guarded);
  return guarded;
}

function stopReceiving(emitter: object): void {
  for (const name of CLIENTS) {
    if (Object.getOwnPropertyDescriptor(emitter, name)?.set !== undefined) Reflect.deleteProperty(emitter, name);
  }
}

/** Replaces the methods of an adapter that publish and receive. */
export function guardAdapter(adapter: PublishedAdapter, guard: AdapterGuard): void {
  const parts = adapter as unknown as Parts;
  const clustered = typeof parts['doPublish'] === 'function';
  guardListeners(parts, guard);
  guardPostgres(parts, guard);
  for (const name of RECEIVING) replace(parts, name, (method) => receiving(method, guard));
  if (clustered) {
    replace(parts, 'onMessage', (method) => refusingEmitter(method, guard));
    replace(parts, 'doPublish', (method) => sending(method, 0, guard));
    replace(parts, 'doPublishResponse', (method) => sending(method, 1, guard));
  } else replace(parts, 'publish', (method) => sending(method, 0, guard)); // of `@socket.io/mongo-adapter`
}

/** Adds a task to the method `close` of an adapter. */
function onClose(parts: Parts, task: () => void): void {
  replace(parts, 'close', (close) => (...args) => {
    const closing = close(...args);
    task();
    return closing;
  });
}

function replace(parts: Parts, name: string, guarded: (method: Method) => Method): void {
  const method = parts[name];
  if (typeof method === 'function') parts[name] = guarded((...args) => Reflect.apply(method, parts, args) as unknown);
}

function receiving(method: Method, guard: AdapterGuard): Method {
  return (...args) => {
    void contain(() => method(...args), guard.unreadable);
  };
}

/**
 * `@socket.io/redis-streams-adapter` ignores what `@socket.io/redis-emitter` publishes on a channel of the same name:
 * an array, where the messages of servers are objects.
 */
function refusingEmitter(method: Method, { unreadable }: AdapterGuard): Method {
  return (...args) => (Array.isArray(args[0]) ? unreadable(new Error(FOREIGN_EMITTER)) : method(...args));
}

/** @param position of the message among the arguments */
function sending(method: Method, position: number, { link, failed }: AdapterGuard): Method {
  return (...args) => {
    const sent = link.send(weigh(args[position]), () => method(...args));
    sent.catch((error: unknown) => error instanceof MessageDropped || failed('publishing', error));
    return sent;
  };
}

/** Replaces the listeners that `@socket.io/redis-adapter` has added to a client of `ioredis`, bound to its own methods. */
function guardListeners({ subClient, redisListeners }: Parts, guard: AdapterGuard): void {
  for (const event of REDIS_EVENTS) {
    const listener = redisListeners?.get(event);
    if (listener === undefined || subClient === undefined) continue;
    const guarded = receiving(listener, guard);
    subClient.off(event, listener);
    subClient.on(event, guarded);
    redisListeners?.set(event, guarded); // the adapter removes it when it closes
  }
}

/** See {@link guardConnection}. The adapter would also listen to the channel of each namespace until its process ends. */
function guardPostgres(parts: Parts, guard: AdapterGuard): void {
  const { client: connection = {} } = parts;
  if (!isPostgres(connection)) return;
  if (!guard.link.guarded.has(connection)) guardConnection(connection, guard);
  const channel = `${connection.opts.channelPrefix}#${(parts['nsp'] as { readonly name: string }).name}`;
  onClose(parts, () => {
    if (!connection.channels.delete(channel)) return;
    void contain(() => connection.client?.query(`UNLISTEN "${channel}"`), connection.opts.errorHandler);
  });
}

function isPostgres(connection: Partial<PostgresConnection>): connection is PostgresConnection {
  return (
    typeof connection.pool?.on === 'function' && connection.channels !== undefined && connection.opts !== undefined
  );
}

/**
 * The adapter listens with a client of the pool that has no listener of `error`, does not log its own errors, and puts
 * the name of a namespace, which a client may have chosen, into a statement as it is.
 */
function guardConnection(connection: PostgresConnection, { link, failed }: AdapterGuard): void {
  const { pool, opts } = connection;
  link.guarded.add(connection);
  const lost = (error: unknown): void => failed('the connection', error);
  const watch = (acquired: ErrorEmitter): void => {
    if (link.guarded.has(acquired)) return;
    link.guarded.add(acquired);
    acquired.on('error', lost);
  };
  pool['_clients']?.forEach(watch);
  pool.on('acquire', watch);
  const { errorHandler } = opts;
  opts.errorHandler = (error) => {
    lost(error);
    errorHandler(error);
  };
  const addNamespace = connection.addNamespace.bind(connection);
  connection.addNamespace = (name) => {
    if (name.includes('"')) failed('listening', new Error(`${quote(name)} cannot be the name of a channel`));
    else addNamespace(name);
  };
}

/**
 * Whether the adapter ends its subscriptions when it is closed. `@socket.io/redis-streams-adapter` does not, so a new
 * one in its place would add to them.
 */
export function endsSubscriptions(adapter: PublishedAdapter): boolean {
  return adapter.constructor.name !== 'RedisStreamsAdapter';
}
