/** Finds a client library: the one of the application's client, or one that is installed. */
import { SocketIoError } from '../../errors.js';
import { type IoRedis, ioRedisClientsAt, ioRedisClientsLike, type IoRedisModule } from './ioredis-clients.js';
import {
  type NodeRedis,
  nodeRedisClientsAt,
  nodeRedisClientsLike,
  type NodeRedisModule,
} from './node-redis-clients.js';
import type { RedisAddress } from './redis-address.js';
import type { RedisClients } from './redis-client.js';

/** Imports a package by its name. */
export type ImportPackage = (name: string) => Promise<unknown>;

// The name is not a literal, so that bundlers do not require a package that an application does not use.
const importPackage: ImportPackage = (name) => import(name);

/** @throws SocketIoError `INVALID_OPTION` if neither package is installed */
export async function clientsAt(address: RedisAddress, load: ImportPackage = importPackage): Promise<RedisClients> {
  const ioredis = await loadIfInstalled(load, 'ioredis');
  if (ioredis !== null) return ioRedisClientsAt(ioredis as IoRedisModule, address);
  const redis = await loadIfInstalled(load, 'redis');
  if (redis !== null) return nodeRedisClientsAt(redis as NodeRedisModule, address);
  throw new SocketIoError(
    'INVALID_OPTION',
    'option "broker" with the URL of Redis needs the package ioredis or redis, and neither is installed: ' +
      'run npm install ioredis',
  );
}

/** @throws SocketIoError `INVALID_OPTION` if it is not a client of `ioredis` or `redis` */
export function clientsLike(client: unknown): RedisClients {
  if (hasMethods(client, 'callBuffer', 'duplicate', 'subscribe')) return ioRedisClientsLike(client as IoRedis);
  if (hasMethods(client, 'sendCommand', 'duplicate', 'subscribe')) return nodeRedisClientsLike(client as NodeRedis);
  throw new SocketIoError(
    'INVALID_OPTION',
    `option "client" must be a client of the package ioredis or redis, got ${kindOf(client)}: ` +
      'write for example redisBroker({ client: new Redis() })',
  );
}

async function loadIfInstalled(load: ImportPackage, name: string): Promise<unknown> {
  try {
    return await load(name);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${name}'`)) return null;
    throw error;
  }
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
