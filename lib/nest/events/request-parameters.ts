/**
 * The parameter decorators of Nest's routes that a socket can fill as well: from the request of its handshake,
 * and the session as it is now.
 */
import type { Socket } from '../../server/index.js';
import { ParameterType } from '../decorators/metadata.js';

/** @param name what was written in the decorator, of a header or a cookie, say */
type ReadRequest = (client: Socket, name: unknown) => unknown;

/** What middlewares of the handshake put on its request. */
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

/** How to read a parameter of this type; `undefined` for those that are none of a request. */
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

/** Whether pipes have their say, those of the application among them. As Nest has it for routes. */
export function isPiped(type: unknown): boolean {
  return !UNPIPED.has(type);
}

function part(whole: unknown, name: unknown): unknown {
  if (typeof name !== 'string') return whole;
  return (whole as Readonly<Record<string, unknown>> | null | undefined)?.[name];
}
