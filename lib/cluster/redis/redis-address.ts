/** The address of a Redis or Valkey server. */
import { isIP } from 'node:net';
import type { BrokerUrl } from '../broker/broker-url.js';

export interface RedisHost {
  readonly host: string;
  readonly port: number;
}

/** Where a server is, and how to log in. */
export interface RedisAddress {
  /** One host, or several sentinels. Empty if there is a `path`. */
  readonly hosts: readonly RedisHost[];
  /** The path of a Unix socket. */
  readonly path?: string;
  /** The name of the master, if the hosts are sentinels. */
  readonly master?: string;
  readonly tls?: { readonly servername?: string };
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly database?: number;
}

/** @param url with one of the schemes of Redis */
export function redisAddressOf({ scheme, hosts, path, username, password, parameters }: BrokerUrl): RedisAddress {
  const login = { username, password };
  if (scheme === 'unix') return { hosts: [], path, ...login, ...database(parameters.get('db')) };
  const [, first, second] = path.split('/');
  if (scheme === 'redis+sentinel') {
    return { hosts: withPort(hosts, 26_379), master: first as string, ...login, ...database(second) };
  }
  const found = withPort(hosts, 6379);
  const [{ host }] = found as [RedisHost];
  const isEncrypted = scheme === 'rediss' || scheme === 'valkeys';
  const tls = isEncrypted ? { tls: isIP(host) === 0 ? { servername: host } : {} } : {};
  return { hosts: found, ...tls, ...login, ...database(first) };
}

/** Names a server for messages. */
export function nameOf({ hosts, path, master }: RedisAddress): string {
  if (path !== undefined) return `Redis at ${path}`;
  const list = hosts.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(', ');
  return master === undefined ? `Redis at ${list}` : `the Redis master ${master} of the sentinels at ${list}`;
}

function withPort(hosts: BrokerUrl['hosts'], defaultPort: number): RedisHost[] {
  return hosts.map(({ host, port = defaultPort }) => ({ host, port }));
}

function database(text: string | null | undefined): Pick<RedisAddress, 'database'> {
  return text === undefined || text === null || text === '' ? {} : { database: Number(text) };
}
