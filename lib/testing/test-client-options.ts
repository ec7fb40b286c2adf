/** The options of a test client, and the handshake request that they result in. */
import type { Json, Parser } from '../protocol/internal.js';

/** @publicApi */
export interface TestClientOptions {
  /** Sent with the CONNECT packet: `@Auth()`, `client.handshake.auth`. */
  readonly auth?: Readonly<Record<string, unknown>>;
  /** Query parameters of the handshake request. */
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  /** Headers of the handshake request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Values by name, or the `Set-Cookie` lines of an HTTP response, such as the response to a login. */
  readonly cookies?: Readonly<Record<string, string>> | readonly string[];
  /** The client's address, as the server sees it. @default '127.0.0.1' */
  readonly address?: string;
  /** @default the path of the server */
  readonly path?: string;
  /** The option `parser` of the server, if it has one. */
  readonly parser?: Parser | 'msgpack';
  /** The option `json` of the server, if it has one. */
  readonly json?: Json;
  /**
   * The maximum time, in ms, that the client waits for handlers to finish. Tests that pass rarely need all of it.
   * @default 1000
   */
  readonly timeout?: number;
}

/** Long for work in memory, short for a failing test. */
export const DEFAULT_TIMEOUT = 1_000;

/** The default address of clients in memory. */
export const LOCALHOST = '127.0.0.1';

/**
 * Returns the address of the handshake request.
 * @param servedPath the path of the server
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

/** Returns the headers of the handshake request. */
export function handshakeHeaders({ headers = {}, cookies = [] }: TestClientOptions): Record<string, string> {
  const pairs = isLines(cookies)
    ? cookies.map((line) => (line.split(';', 1)[0] as string).trim())
    : Object.entries(cookies).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return pairs.length === 0 ? { ...headers } : { ...headers, cookie: pairs.join('; ') };
}

function isLines(cookies: NonNullable<TestClientOptions['cookies']>): cookies is readonly string[] {
  return Array.isArray(cookies);
}
