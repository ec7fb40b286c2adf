/** Finds the client library: the one of the application's client, or one that is installed. */
import { SocketIoError } from '../../errors.js';
import { loadIfInstalled, notInstalled } from '../broker/client-library.js';
import { type IoRedis, ioRedisClientsAt, ioRedisClientsLike, type IoRedisModule } from './ioredis-clients.js';
import {
  type NodeRedis,
  nodeRedisClientsAt,
  nodeRedisClientsLike,
  type NodeRedisModule,
} from './node-redis-clients.js';
import type { RedisAddress } from './redis-address.js';
import type { RedisClients } from './redis-client.js';

/** Imports a package. Tests simulate packages that are not installed. */
export type ImportPackage = (name: string) => Promise<unknown>;

// The name is not a literal, so that bundlers do not require a package that an application does not use.
const importPackage: ImportPackage = (name) => import(name);

/**
 * Creates clients for a URL. Prefers `redis`: to publish and to receive a message costs 10 to 13 µs of CPU with it, and
 * 24 to 40 µs with `ioredis`.
 * @throws SocketIoError `INVALID_OPTION` if neither package is installed
 */
export async function clientsAt(address: RedisAddress, load: ImportPackage = importPackage): Promise<RedisClients> {
  const redis = (await loadIfInstalled('redis', () => load('redis'))) as NodeRedisModule | null;
  // Version 4 has no `createSentinel`. It may be there as a dependency of another package.
  if (redis?.createSentinel !== undefined) return nodeRedisClientsAt(redis, address);
  const ioredis = await loadIfInstalled('ioredis', () => load('ioredis'));
  if (ioredis !== null) return ioRedisClientsAt(ioredis as IoRedisModule, address);
  throw notInstalled('Redis', 'the package redis, of version 5 or later, or ioredis, and neither is installed', [
    'redis',
  ]);
}

/**
 * Creates clients with the configuration of a client of the application.
 * @throws SocketIoError `INVALID_OPTION` if it is not a client of `redis` or `ioredis`
 */
export function clientsLike(client: unknown): RedisClients {
  if (hasMethods(client, 'callBuffer', 'duplicate', 'subscribe')) return ioRedisClientsLike(client as IoRedis);
  if (hasMethods(client, 'sendCommand', 'duplicate', 'subscribe')) return nodeRedisClientsLike(client as NodeRedis);
  throw new SocketIoError(
    'INVALID_OPTION',
    `option "client" must be a client of the package redis or ioredis, got ${kindOf(client)}: ` +
      'write for example redisBroker({ client: createClient() })',
  );
}

function hasMethods(value: unknown, ...names: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
}

/** Describes a value without its contents, which may include a password. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'function') return 'a function: call it';
  return typeof value === 'object' ? 'another object' : `a ${typeof value}`;
}
