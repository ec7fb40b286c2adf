/**
 * The parameter decorators of Nest's routes that also work on a socket. They read the request of the handshake, and the
 * session of the call.
 */
import type { Socket } from '../../server/internal.js';
import { ParameterType } from '../decorators/metadata.js';

/** @param name the argument of the decorator, such as the name of a header or a cookie */
type ReadRequest = (client: Socket, name: unknown) => unknown;

/** Properties that middlewares set on the request of the handshake. */
interface FromMiddlewares {
  readonly cookies?: unknown;
  readonly signedCookies?: unknown;
  readonly session?: unknown;
}

const READERS: ReadonlyMap<number, ReadRequest> = new Map([
  [ParameterType.QUERY, ({ request }, name) => part(request.query, name)],
  [ParameterType.HEADERS, ({ headers }, name) => part(headers, typeof name === 'string' ? name.toLowerCase() : name)],
  [ParameterType.SESSION, ({ request }) => (request as FromMiddlewares).session],
  [ParameterType.IP, ({ ip }) => ip],
  [ParameterType.COOKIES, ({ request }, name) => part((request as FromMiddlewares).cookies, name)],
  [ParameterType.SIGNED_COOKIES, ({ request }, name) => part((request as FromMiddlewares).signedCookies, name)],
]);

/** Returns the reader of a parameter type; `undefined` for a type that does not read the request. */
export function requestReader(type: number | null): ReadRequest | undefined {
  return type === null ? undefined : READERS.get(type);
}

const UNPIPED: ReadonlySet<unknown> = new Set([
  ParameterType.SOCKET,
  ParameterType.HEADERS,
  ParameterType.SESSION,
  ParameterType.IP,
  ParameterType.ACK,
]);

/** Whether pipes apply to a parameter type, global pipes included. As in Nest's routes. */
export function isPiped(type: unknown): boolean {
  return !UNPIPED.has(type);
}

function part(whole: unknown, name: unknown): unknown {
  if (typeof name !== 'string') return whole;
  return (whole as Readonly<Record<string, unknown>> | null | undefined)?.[name];
}
