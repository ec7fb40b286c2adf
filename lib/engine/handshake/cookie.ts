/**
 * A cookie with the session id, set on the response to the handshake. This server never reads it: it is meant for
 * load balancers.
 * Source: RFC 6265, section 4.1; Engine.IO, the option `cookie`.
 */
import { invalidOption } from '../../options.js';

/** @publicApi */
export interface CookieOptions {
  /** @default 'io' */
  readonly name?: string;
  /** @default '/' */
  readonly path?: string;
  /** @default true */
  readonly httpOnly?: boolean;
  /** `true` is `strict`. @default 'lax' */
  readonly sameSite?: boolean | 'strict' | 'lax' | 'none';
  /** @default false */
  readonly secure?: boolean;
  readonly domain?: string;
  /** seconds */
  readonly maxAge?: number;
  readonly expires?: Date;
  readonly partitioned?: boolean;
  readonly priority?: 'low' | 'medium' | 'high';
  /** @default encodeURIComponent */
  readonly encode?: (value: string) => string;
}

const DEFAULTS = { name: 'io', path: '/', httpOnly: true, sameSite: 'lax' } as const; // as Engine.IO

const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/; // RFC 7230, section 3.2.6
const ATTRIBUTE = /^[\x20-\x3A\x3C-\x7E]*$/; // no control character, no semicolon
const WORDS = { sameSite: ['strict', 'lax', 'none'], priority: ['low', 'medium', 'high'] } as const;

/**
 * @returns a function that creates the value of `Set-Cookie` for a session id; `null` if cookies are off
 * @throws SocketIoError `INVALID_OPTION`
 */
export function sessionCookie(options: boolean | CookieOptions): ((id: string) => string) | null {
  if (options === false) return null;
  const all: CookieOptions = { ...DEFAULTS, ...(options === true ? {} : options) };
  const { name = DEFAULTS.name, encode = encodeURIComponent } = all;
  if (!TOKEN.test(name)) refuse('name', name, 'be a cookie name: letters, digits and some punctuation');
  const attributes = attributesOf(all).map((attribute) => `; ${attribute}`);
  return (id) => `${name}=${encode(id)}${attributes.join('')}`;
}

function attributesOf({ path, domain, maxAge, expires, sameSite, priority, ...flags }: CookieOptions): string[] {
  if (maxAge !== undefined && !Number.isInteger(maxAge)) refuse('maxAge', maxAge, 'be a whole number of seconds');
  if (expires !== undefined && !(expires instanceof Date && !Number.isNaN(expires.valueOf()))) {
    refuse('expires', expires, 'be a valid Date');
  }
  const given: (readonly [string, string | undefined])[] = [
    ['Max-Age', maxAge?.toString()],
    ['Domain', text('domain', domain)],
    ['Path', text('path', path)],
    ['Expires', expires?.toUTCString()],
    ['SameSite', sameSite === false ? undefined : word('sameSite', sameSite === true ? 'strict' : sameSite)],
    ['Priority', word('priority', priority)],
  ];
  return [
    ...given.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])),
    ...(flags.httpOnly === true ? ['HttpOnly'] : []),
    ...(flags.secure === true ? ['Secure'] : []),
    ...(flags.partitioned === true ? ['Partitioned'] : []),
  ];
}

function text(name: string, value: string | undefined): string | undefined {
  if (value !== undefined && !ATTRIBUTE.test(value)) refuse(name, value, 'be printable ASCII without semicolons');
  return value;
}

function word(name: keyof typeof WORDS, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const lower = value.toLowerCase();
  if (!(WORDS[name] as readonly string[]).includes(lower)) refuse(name, value, `be one of ${WORDS[name].join(', ')}`);
  return `${lower.charAt(0).toUpperCase()}${lower.slice(1)}`;
}

function refuse(name: string, value: unknown, rule: string): never {
  invalidOption(`cookie.${name}`, value, rule);
}
