/**
 * Broadcasts from a process without a server, through the published Socket.IO emitter that the application has made.
 * An exception from the emitter is thrown to the caller. A later failure is logged, at most once a minute.
 *
 * Source: `@socket.io/redis-emitter` 5.1, `@socket.io/postgres-emitter`.
 */
import { type Log, type ReasonGiven, systemClock, ThrottledLog } from '../engine/internal.js';
import { SocketIoError } from '../errors.js';
import type { EventPacket } from '../protocol/internal.js';
import {
  type Audience,
  type BroadcastTarget,
  emitterLink,
  guardClient,
  type NamespaceHistory,
  type Serializer,
} from '../server/internal.js';
import { Failures } from './failures.js';
import { SendOnly, SendOnlyNamespace } from './send-only.js';

/** Reaches the clients of a namespace: a server does, and so does {@link PublishedEmitterTarget} without one. */
export interface EmitterTarget {
  reach(namespace: string): Audience & {
    serverSideEmit(event: string, ...args: unknown[]): true;
    /** `null` without the option `history`; absent with a published emitter. */
    readonly history?: NamespaceHistory | null;
  };
  disconnectUser(userId: string | number, reason?: ReasonGiven): number;
}

/**
 * The part of a published emitter's chain that is used here. Methods may return promises.
 * @publicApi
 */
export interface EmitterChain {
  to(rooms: string[]): EmitterChain;
  except(rooms: string[]): EmitterChain;
  readonly volatile: EmitterChain;
  compress(compress: boolean): EmitterChain;
  emit(event: string, ...args: unknown[]): unknown;
  socketsJoin(rooms: string[]): unknown;
  socketsLeave(rooms: string[]): unknown;
  disconnectSockets(close: boolean): unknown;
}

/**
 * The result of `new Emitter(...)` of a published package, or of `new FlaskQueueEmitter(...)` of this one.
 * @publicApi
 */
export interface PublishedEmitter extends EmitterChain {
  of(namespace: string): PublishedEmitter;
  serverSideEmit(event: string, ...args: unknown[]): unknown;
}

const METHODS = ['of', 'to', 'except', 'emit'] as const;

/** @throws SocketIoError `INVALID_OPTION` */
export function checkEmitter(emitter: unknown): asserts emitter is PublishedEmitter {
  const given = emitter as Partial<Record<string, unknown>> | null | undefined;
  const missing = METHODS.find((method) => typeof given?.[method] !== 'function');
  if (missing === undefined) return;
  throw new SocketIoError(
    'INVALID_OPTION',
    `option "emitter" must be a Socket.IO emitter, got a value without the method "${missing}": ` +
      'pass new Emitter(redisClient) of @socket.io/redis-emitter, or new FlaskQueueEmitter(redisClient); or remove it ' +
      'and set "broker", if the servers have that option',
  );
}

const UNHEARD =
  'no server has received what this process emits: a server must be running that has the namespace, is connected to ' +
  'the same Redis, and has the adapter of the emitter. @socket.io/redis-emitter reaches @socket.io/redis-adapter, and ' +
  'never @socket.io/redis-streams-adapter or a sharded adapter';

/** Whether the client is connected to a Redis Cluster, where PUBLISH counts the subscribers of one node only. */
function isCluster(client: object): boolean {
  return (client as { isCluster?: unknown }).isCluster === true || 'masters' in client; // of `ioredis`, of `redis`
}

export class PublishedEmitterTarget implements EmitterTarget {
  readonly #emitter: PublishedEmitter;
  readonly #failures: Failures;
  readonly #serializer: Serializer | null;
  /** Whether a server has received a message. */
  #reached = false;

  constructor(emitter: PublishedEmitter, log: Log, serializer: Serializer | null = null) {
    this.#emitter = emitter;
    this.#serializer = serializer;
    this.#failures = new Failures(
      () => log,
      () => systemClock.now(),
    );
    this.#guard(emitter as { redisClient?: unknown }, log);
  }

  /** `@socket.io/redis-emitter` ignores the promises of its client, and the client queues without bound. */
  #guard(emitter: { redisClient?: unknown }, log: Log): void {
    const { redisClient } = emitter;
    if (typeof redisClient !== 'object' || redisClient === null) return;
    const throttled = new ThrottledLog(() => systemClock.now());
    emitter.redisClient = guardClient(redisClient, {
      link: emitterLink(log),
      published: (receivers) => {
        if (this.#reached || typeof receivers !== 'number' || isCluster(redisClient)) return;
        this.#reached = receivers > 0;
        const line = this.#reached ? null : throttled.pass('unheard', UNHEARD);
        if (line !== null) log.warn(line);
      },
      failed: (method, error) =>
        this.#failures.contain(`${method} failed: the clients were not reached`, () => Promise.reject(error)),
    });
  }

  reach(namespace: string): SendOnlyNamespace {
    const delivery = new EmitterDelivery(this.#emitter.of(namespace), this.#failures);
    return new SendOnlyNamespace(namespace, delivery, this.#serializer);
  }

  /** @throws SocketIoError `EMIT_ONLY` */
  disconnectUser(userId: string | number): never {
    throw new SocketIoError(
      'EMIT_ONLY',
      'disconnectUser() acts on the clients of this process, which has no server: let each client join a room of ' +
        `its user, and write in("user:${userId}").disconnectSockets(true)`,
    );
  }
}

class EmitterDelivery extends SendOnly {
  readonly #emitter: PublishedEmitter;
  readonly #failures: Failures;

  constructor(emitter: PublishedEmitter, failures: Failures) {
    super();
    this.#emitter = emitter;
    this.#failures = failures;
  }

  protected send({ data: [event, ...args] }: EventPacket, target: BroadcastTarget): void {
    const { volatile, compress } = target.flags;
    let chain = this.#chain(target);
    if (volatile === true) chain = chain.volatile;
    if (compress !== undefined) chain = chain.compress(compress);
    this.#watch('emit', chain.emit(event as string, ...args));
  }

  protected join(target: BroadcastTarget, rooms: readonly string[]): void {
    this.#watch('socketsJoin', this.#chain(target).socketsJoin([...rooms]));
  }

  protected leave(target: BroadcastTarget, rooms: readonly string[]): void {
    this.#watch('socketsLeave', this.#chain(target).socketsLeave([...rooms]));
  }

  protected disconnect(target: BroadcastTarget, close: boolean): void {
    this.#watch('disconnectSockets', this.#chain(target).disconnectSockets(close));
  }

  protected emitToServers([event, ...args]: readonly unknown[]): void {
    this.#watch('serverSideEmit', this.#emitter.serverSideEmit(event as string, ...args));
  }

  #watch(method: string, result: unknown): void {
    this.#failures.contain(`${method} failed: the clients were not reached`, () => result);
  }

  #chain({ rooms, excepted }: BroadcastTarget): EmitterChain {
    const chain = rooms === null ? this.#emitter : this.#emitter.to([...rooms]);
    return excepted.length === 0 ? chain : chain.except([...excepted]);
  }
}
