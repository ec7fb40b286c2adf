/** The URL of a Redis or Valkey server. `new URL()` cannot parse several hosts, so this file does. */
import { isIP } from 'node:net';
import { SocketIoError } from '../../errors.js';
import { invalidOption } from '../../options.js';

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
  readonly username?: string;
  readonly password?: string;
  readonly database?: number;
  /** The parameter `channel`. */
  readonly channel?: string;
}

/** Scheme, user, password, hosts, path, query. */
const URL_PARTS = /^([a-z+]+):\/\/(?:([^:@/?]*)(?::([^@/?]*))?@)?([^/?@#]*)(\/[^?#]*)?(?:\?([^#]*))?$/i;
const UNIX_PARTS = /^(?:(?:redis\+)?unix:(?:\/\/(?:([^:@/?]*)(?::([^@/?]*))?@)?)?)?(\/[^?#]+)(?:\?([^#]*))?$/i;
const HOST = /^(?:\[([\da-f:.%]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/i;

const SCHEMES: Readonly<Record<string, { readonly tls?: true; readonly sentinel?: true }>> = {
  redis: {},
  valkey: {},
  rediss: { tls: true },
  valkeys: { tls: true },
  'redis+sentinel': { sentinel: true },
};

/** @throws SocketIoError `INVALID_OPTION`, without the password */
export function parseRedisUrl(url: string): RedisAddress {
  if (typeof url !== 'string') invalidOption('url', url, 'be a URL', 'write for example redis://localhost:6379');
  const unix = UNIX_PARTS.exec(url);
  if (unix !== null) {
    const [, username, password, path = '', query] = unix;
    return { hosts: [], path: decode(path), ...login(username, password), ...parameters(query) };
  }
  const [, scheme = '', username, password, hosts = '', path = '', query] = URL_PARTS.exec(url) ?? [];
  const kind = Object.hasOwn(SCHEMES, scheme.toLowerCase()) ? SCHEMES[scheme.toLowerCase()] : undefined;
  if (kind === undefined) {
    throw invalidUrl('be a URL that begins with redis://, rediss://, valkey://, valkeys:// or redis+sentinel://', url);
  }
  const parsed = parseHosts(hosts, kind.sentinel === true ? 26_379 : 6379, url);
  const common = { ...login(username, password), ...parameters(query) };
  if (kind.sentinel === true) {
    const [, master = '', database = ''] = path.split('/');
    if (master === '') throw invalidUrl('be a URL that ends with the name of the master', url);
    return { hosts: parsed, master: decode(master), ...databaseOf(database, url), ...common };
  }
  const [first] = parsed as [RedisHost];
  if (parsed.length > 1) throw invalidUrl('be a URL with one host, or begin with redis+sentinel://', url);
  const tls = kind.tls === true ? { tls: isIP(first.host) === 0 ? { servername: first.host } : {} } : {};
  return { hosts: parsed, ...tls, ...databaseOf(path.slice(1), url), ...common };
}

/** Names a server for messages. */
export function nameOf({ hosts, path, master }: RedisAddress): string {
  if (path !== undefined) return `Redis at ${path}`;
  const list = hosts.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(', ');
  return master === undefined ? `Redis at ${list}` : `the Redis master ${master} of the sentinels at ${list}`;
}

function parseHosts(text: string, defaultPort: number, url: string): RedisHost[] {
  return (text === '' ? 'localhost' : text).split(',').map((item) => {
    const [match, ipv6, name, digits] = HOST.exec(item) ?? [];
    const port = digits === undefined ? defaultPort : Number(digits);
    if (match === undefined || port < 1 || port > 65_535) {
      throw invalidUrl('be a URL with a host, and a port from 1 to 65535', url);
    }
    return { host: ipv6 ?? (name as string), port };
  });
}

function login(username = '', password = ''): Pick<RedisAddress, 'username' | 'password'> {
  return {
    ...(username === '' ? {} : { username: decode(username) }),
    ...(password === '' ? {} : { password: decode(password) }),
  };
}

function databaseOf(text: string, url: string): Pick<RedisAddress, 'database'> {
  if (text === '') return {};
  if (!/^\d+$/.test(text)) throw invalidUrl('be a URL with the number of a database after the last "/"', url);
  return { database: Number(text) };
}

function parameters(query = ''): Pick<RedisAddress, 'channel' | 'database'> {
  const values = new URLSearchParams(query);
  const channel = values.get('channel');
  const database = values.get('db');
  return {
    ...(channel === null ? {} : { channel }),
    ...(database === null ? {} : { database: Number(database) }),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new SocketIoError(
      'INVALID_OPTION',
      'option "url" must be a URL in which the user name and the password are encoded: write encodeURIComponent(password)',
    );
  }
}

function invalidUrl(rule: string, url: string): SocketIoError {
  const shown = JSON.stringify(url.replace(/\/\/.*@/s, '//***@').replace(/\?.*/s, ''));
  return new SocketIoError(
    'INVALID_OPTION',
    `option "url" must ${rule}, got ${shown}: write for example redis://localhost:6379`,
  );
}
