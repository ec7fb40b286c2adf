/**
 * The URL of a broker. `new URL()` cannot parse a list of hosts, and its errors contain passwords, so this file checks
 * each part itself. An error never prints a user name, a password, or the value of a parameter.
 */
import { didYouMean, SocketIoError } from '../../errors.js';
import { DEFAULT_CHANNEL } from './channel.js';

/** The parts of a URL that differ from engine to engine. */
interface Rules {
  /** A valid URL, for error messages. */
  readonly example: string;
  /** Whether several hosts may be given, with commas between them. */
  readonly hosts?: true;
  /** Whether the URL has no host at all. */
  readonly hostless?: true;
  /** Whether the client library chooses the host if there is none. By default it is `localhost`. */
  readonly hostOptional?: true;
  /** Whether the URL is the path of a Unix socket. */
  readonly socket?: true;
  readonly path: RegExp;
  /** The description of a valid path, for the error message. */
  readonly pathRule: string;
  /** The parameters next to `channel`, with their valid values. */
  readonly parameters: Readonly<Record<string, RegExp>> | 'any';
}

const REDIS: Omit<Rules, 'example'> = {
  path: /^(\/\d*)?$/,
  pathRule: 'the number of a database as its path',
  parameters: {},
};
const NATS: Omit<Rules, 'example'> = { hosts: true, path: /^\/?$/, pathRule: 'no path', parameters: {} };
const POSTGRES: Rules = {
  example: 'postgres://user:password@localhost:5432/database',
  hostOptional: true,
  path: /^(\/[^/]*)?$/,
  pathRule: 'the name of a database as its path',
  parameters: 'any',
};

const SCHEMES = {
  redis: { example: 'redis://localhost:6379', ...REDIS },
  rediss: { example: 'rediss://localhost:6379', ...REDIS },
  valkey: { example: 'valkey://localhost:6379', ...REDIS },
  valkeys: { example: 'valkeys://localhost:6379', ...REDIS },
  'redis+sentinel': {
    example: 'redis+sentinel://host1:26379,host2:26379/mymaster',
    hosts: true,
    path: /^\/[^/]+(\/\d*)?$/,
    pathRule: 'the name of the master as its path',
    parameters: {},
  },
  unix: {
    example: 'unix:///run/redis/redis.sock',
    socket: true,
    hostOptional: true,
    path: /^\/./,
    pathRule: 'the path of the socket of Redis',
    parameters: { db: /^\d+$/ },
  },
  nats: { example: 'nats://localhost:4222', ...NATS },
  tls: { example: 'tls://localhost:4222', ...NATS },
  postgres: POSTGRES,
  postgresql: POSTGRES,
  cluster: { example: 'cluster:', hostless: true, path: /^$/, pathRule: 'no path', parameters: {} },
} as const satisfies Record<string, Rules>;

export type Scheme = keyof typeof SCHEMES;

const NAMES = Object.keys(SCHEMES) as Scheme[];

export interface BrokerHost {
  /** A name or an address. An IPv6 address has no brackets. */
  readonly host: string;
  readonly port?: number;
}

/** A URL, and its parts without their encoding. */
export interface BrokerUrl {
  readonly scheme: Scheme;
  /** The URL without `channel`, for the client library. */
  readonly url: string;
  readonly channel: string;
  readonly username?: string;
  readonly password?: string;
  /** At least one, unless the scheme allows none. */
  readonly hosts: readonly BrokerHost[];
  /** Empty, or starts with `/`. */
  readonly path: string;
  /** The parameters without `channel`. */
  readonly parameters: URLSearchParams;
}

/** Scheme, authority, path, query, fragment. Source: RFC 3986, appendix B. */
const PARTS = /^([a-z][a-z\d+.-]*):(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(#.*)?$/is;

/** A name, an IPv4 address, an IPv6 address in brackets, or an encoded path of a socket; and a port. */
const HOST = /^(?:\[([\da-f:.%]+)\]|([^\s:,[\]]+))(?::(\d{1,5}))?$/i;

/**
 * Checks the URL of a broker.
 * @param option the name of the option, for error messages
 * @param schemes the schemes that the option accepts
 * @throws SocketIoError `INVALID_OPTION`, with the part of the URL that is wrong
 */
export function parseBrokerUrl(option: string, text: string, schemes: readonly Scheme[] = NAMES): BrokerUrl {
  if (typeof text !== 'string') throw unknownScheme(option, String(text), '', schemes);
  const [, given = '', authority, path = '', query, fragment] = PARTS.exec(withOneScheme(text)) ?? [];
  const scheme = schemes.find((name) => name === given.toLowerCase());
  if (scheme === undefined) throw unknownScheme(option, text, given, schemes);
  const rules: Rules = SCHEMES[scheme];
  const refuse = (rule: string, hint = `write for example ${rules.example}`): never => {
    throw new SocketIoError('INVALID_OPTION', `option "${option}" must ${rule}, got ${masked(text)}: ${hint}`);
  };

  if (/\s/.test(text)) refuse('be a URL without white space');
  if (path.includes('@') || fragment !== undefined) {
    refuse('be a URL in which the user name and the password are encoded', 'write encodeURIComponent(password)');
  }
  if (rules.hostless === true && authority !== undefined && authority !== '') refuse('be a URL without a host');
  if (rules.hostless !== true && rules.socket !== true && authority === undefined) refuse(`begin with ${scheme}://`);
  const [user, names] = split(authority ?? '', rules);
  if (!isEncoded(user)) {
    refuse('be a URL in which the user name and the password are encoded', 'write encodeURIComponent(password)');
  }
  if (rules.socket === true && names[0] !== '') refuse(`begin with ${scheme}:///`);
  const isHostRequired = names.length > 1 || (user !== '' && rules.hostOptional !== true);
  const shown = names.map((name) => {
    if (name === '' && isHostRequired) refuse('be a URL with a host');
    if (name !== '' && hostOf(name) === null) refuse('be a URL with a host, and a port from 1 to 65535');
    return name === '' && rules.hostOptional !== true && rules.hostless !== true ? 'localhost' : name;
  });
  if (!rules.path.test(path) || !isEncoded(path)) refuse(`be a URL with ${rules.pathRule}`);
  const parameters = new URLSearchParams(query);
  const channel = parameters.get('channel') ?? DEFAULT_CHANNEL;
  if (channel === '') refuse('be a URL with a name after "channel="', `write for example ?channel=${DEFAULT_CHANNEL}`);
  parameters.delete('channel');
  for (const [name, value] of rules.parameters === 'any' ? [] : parameters) checkParameter(rules, name, value, refuse);

  const rest = parameters.size === 0 ? '' : `?${parameters.toString()}`;
  const login = user === '' ? '' : `${user}@`;
  const url = rules.hostless === true ? `${scheme}:` : `${scheme}://${login}${shown.join(',')}${path}${rest}`;
  const hosts = shown.map(hostOf).filter((host) => host !== null);
  return { scheme, url, channel, ...credentials(user), hosts, path: decodeURIComponent(path), parameters };
}

function checkParameter({ parameters }: Rules, name: string, value: string, refuse: (rule: string) => never): void {
  const known = parameters as Readonly<Record<string, RegExp>>;
  const pattern = Object.hasOwn(known, name) ? known[name] : undefined;
  const names = ['channel', ...Object.keys(known)].map((each) => `"${each}"`).join(' and ');
  if (pattern === undefined) refuse(`be a URL with no parameter but ${names}`);
  if (!pattern.test(value)) refuse(`be a URL with a number as its parameter "${name}"`);
}

/** Clients of NATS accept a list of URLs. Removes all schemes but the first: `nats://a,nats://b`. */
function withOneScheme(text: string): string {
  return text.replace(/,\s*(?:nats|tls):\/\//gi, ',');
}

/** @returns the user information and the hosts of an authority */
function split(authority: string, rules: Rules): [user: string, hosts: readonly string[]] {
  const at = authority.lastIndexOf('@');
  const hosts = authority.slice(at + 1);
  return [authority.slice(0, Math.max(at, 0)), rules.hosts === true ? hosts.split(',') : [hosts]];
}

/** @returns `null` for a text that is not a host, or whose port is out of range */
function hostOf(text: string): BrokerHost | null {
  const [match, ipv6, name = '', digits] = HOST.exec(text) ?? [];
  if (match === undefined) return null;
  const host = ipv6 ?? name;
  if (digits === undefined) return { host };
  const port = Number(digits);
  return port >= 1 && port <= 65_535 ? { host, port } : null;
}

/** @param user `name:password`, `name` or `:password`, encoded */
function credentials(user: string): Pick<BrokerUrl, 'username' | 'password'> {
  const [username = '', password = ''] = user.split(/:(.*)/s).map(decodeURIComponent);
  return { ...(username !== '' && { username }), ...(password !== '' && { password }) };
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return !/[@\s]/.test(text);
  } catch {
    return false;
  }
}

function unknownScheme(option: string, text: string, given: string, schemes: readonly Scheme[]): SocketIoError {
  const list = schemes.map((name) => (name === 'cluster' ? 'cluster:' : `${name}://`)).join(', ');
  const hint = given === 'memory' ? ': write broker: memoryBroker()' : didYouMean(given, schemes);
  const rule = schemes.length === 1 ? `begin with ${list}` : `begin with one of ${list}`;
  return new SocketIoError('INVALID_OPTION', `option "${option}" must ${rule}, got ${masked(text)}${hint}`);
}

/** Quotes a URL for an error message, without its secrets. */
function masked(text: string): string {
  const at = text.lastIndexOf('@');
  const [, scheme = '', rest = ''] = /^([a-z][a-z\d+.-]*:(?:\/\/)?)?(.*)$/is.exec(text) ?? [];
  const open = at === -1 ? rest : `***@${text.slice(at + 1)}`;
  const [front = '', query] = open.split(/\?(.*)/s);
  // Without an "@", the text after a colon may be a password whose host was forgotten.
  const shown = at === -1 ? front.replace(/:(?!\d{1,5}(?:[\s,/?#]|$))[^,/]*/g, ':***') : front;
  const parameters = query === undefined ? '' : `?${query.replace(/=[^&]*/g, '=***')}`;
  return JSON.stringify(`${scheme}${shown}${parameters}`);
}
