/**
 * The contract of published Socket.IO emitters, as far as it is used: processes without a server send through
 * them what the servers of a cluster deliver.
 * Source: `@socket.io/redis-emitter` 5.1, `@socket.io/postgres-emitter`.
 */
import { SocketIoError } from '../errors.js';

/** A chain, and its beginning. Methods may be asynchronous. */
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

/** What `new Emitter(...)` of a published package makes, or `new FlaskQueueEmitter(...)` of this one. */
export interface PublishedEmitter extends EmitterChain {
  of(namespace: string): PublishedEmitter;
  serverSideEmit(event: string, ...args: unknown[]): unknown;
}

const METHODS = ['of', 'to', 'except', 'emit'] as const;

/** @throws SocketIoError `INVALID_OPTION` */
export function checkEmitter(emitter: unknown): asserts emitter is PublishedEmitter {
  const given = emitter as Partial<Record<string, unknown>> | null | undefined;
  if (METHODS.every((method) => typeof given?.[method] === 'function')) return;
  throw new SocketIoError(
    'INVALID_OPTION',
    'option "emitter" is no emitter: give it what new Emitter(redisClient) of @socket.io/redis-emitter makes, ' +
      'or new FlaskQueueEmitter(redisClient)',
  );
}
