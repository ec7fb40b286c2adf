/**
 * A cookie with the session id, set on the response to the handshake. This server never reads it: it is meant for
 * load balancers.
 * Source: Engine.IO, the option `cookie`.
 */
import { stringifySetCookie } from 'cookie';
import { invalidOption, withoutUndefined } from '../../options.js';

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

/** The rules that the package `cookie` checks, as error messages print them. */
const RULES = {
  name: 'be a cookie name: letters, digits and some punctuation',
  path: 'be printable ASCII without semicolons',
  domain: 'be a domain name',
  maxAge: 'be a whole number of seconds',
  expires: 'be a valid Date',
  sameSite: 'be one of strict, lax, none',
  priority: 'be one of low, medium, high',
} as const satisfies { readonly [N in keyof CookieOptions]?: string };

/**
 * @returns a function that creates the value of `Set-Cookie` for a session id; `null` if cookies are off
 * @throws SocketIoError `INVALID_OPTION`
 */
export function sessionCookie(options: boolean | CookieOptions): ((id: string) => string) | null {
  if (options === false) return null;
  const given: CookieOptions = options === true ? {} : withoutUndefined(options);
  const { encode = encodeURIComponent, ...attributes } = { ...DEFAULTS, ...given };
  if (typeof encode !== 'function') invalidOption('cookie.encode', encode, 'be a function');
  for (const name of Object.keys(RULES) as (keyof typeof RULES)[]) {
    if (!isValid({ [name]: attributes[name] })) invalidOption(`cookie.${name}`, attributes[name], RULES[name]);
  }
  // Written once without a value: only that differs, and writing all of it takes 10 µs per handshake.
  const start = `${attributes.name}=`;
  const end = stringifySetCookie({ ...attributes, value: '' }).slice(start.length);
  return (id) => `${start}${encode(id)}${end}`;
}

function isValid(attribute: CookieOptions): boolean {
  try {
    stringifySetCookie({ name: DEFAULTS.name, value: '', ...attribute });
    return true;
  } catch {
    return false;
  }
}
