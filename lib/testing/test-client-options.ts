/** What a client says of itself before it is let in. */
import type { Json, Parser } from '../protocol/index.js';

export interface TestClientOptions {
  /** Goes with the CONNECT: `@Auth()`, `client.handshake.auth`. */
  readonly auth?: Readonly<Record<string, unknown>>;
  /** Of the handshake request. */
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Values by name, or `Set-Cookie` lines as an HTTP response has them: a login by HTTP is one here. */
  readonly cookies?: Readonly<Record<string, string>> | readonly string[];
  /** What the server sees as the client's address. @default '127.0.0.1' */
  readonly address?: string;
  /** @default that of the server */
  readonly path?: string;
  /** The codec that the server was given, if any. */
  readonly parser?: Parser;
  /** The serialiser that the server was given, if any. */
  readonly json?: Json;
  /**
   * ms for which the client waits, at most, for handlers to end. Only what goes wrong takes so long.
   * @default 1000
   */
  readonly timeout?: number;
}

/** Long for what happens in memory, short for a failing test. */
export const DEFAULT_TIMEOUT = 1_000;

/** Where clients in memory come from, unless they say otherwise. */
export const LOCALHOST = '127.0.0.1';

/**
 * The address of the handshake.
 * @param servedPath of the server
 */
export function handshakeUrl(
  servedPath: string,
  { path = servedPath, query }: Pick<TestClientOptions, 'path' | 'query'>,
  base = 'ws://localhost',
): URL {
  const url = new URL(`${path.replace(/\/$/, '')}/`, base);
  const params = { EIO: 4, transport: 'websocket', ...query };
  for (const [name, value] of Object.entries(params)) url.searchParams.set(name, String(value));
  return url;
}

/** The headers of the handshake. */
export function handshakeHeaders({ headers = {}, cookies = [] }: TestClientOptions): Record<string, string> {
  const pairs = isLines(cookies)
    ? cookies.map((line) => (line.split(';', 1)[0] as string).trim())
    : Object.entries(cookies).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return pairs.length === 0 ? { ...headers } : { ...headers, cookie: pairs.join('; ') };
}

function isLines(cookies: NonNullable<TestClientOptions['cookies']>): cookies is readonly string[] {
  return Array.isArray(cookies);
}
