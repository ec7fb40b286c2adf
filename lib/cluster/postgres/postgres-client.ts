/** The part of the package `pg` that the broker uses. Its types are not imported: users need not install them. */
import { loadClientLibraries } from '../broker/client-library.js';

/** A statement with its parameters. A named one is parsed once per connection. */
export interface Statement {
  readonly text: string;
  readonly name?: string;
  readonly values?: readonly unknown[];
}

export interface PostgresClient {
  readonly host?: string;
  readonly port?: number;
  /** Absent in the native client. */
  readonly connection?: { readonly stream?: { destroy(): unknown } };
  connect(): Promise<unknown>;
  query(statement: Statement): Promise<{ readonly rows: readonly Readonly<Record<string, unknown>>[] }>;
  end(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  on(event: 'notification', listener: (message: { readonly payload?: string }) => void): unknown;
}

/**
 * A `Pool` of the package `pg`. The broker opens and closes separate connections with its configuration, and takes none
 * from the pool.
 * @publicApi
 */
export interface PostgresPool {
  readonly options: object;
  connect(): unknown;
}

type ClientClass = new (config: object) => PostgresClient;

/** Creates unconnected clients for a URL. */
export async function clientsOfUrl(url: string): Promise<() => PostgresClient> {
  const Client = await loadClient();
  const config = { connectionString: url, keepAlive: true, fallback_application_name: 'nest-socketio' };
  return () => new Client(config);
}

/** Creates unconnected clients with the configuration of a pool. */
export async function clientsOfPool(pool: PostgresPool): Promise<() => PostgresClient> {
  // Pools have this attribute, although the types of `pg` do not show it. The options must not be copied, since the
  // password in them is not enumerable.
  const Client = (pool as { Client?: ClientClass }).Client ?? (await loadClient());
  return () => new Client(pool.options);
}

/** Closes the socket at once, whatever state the connection is in. */
export function destroy(client: PostgresClient): void {
  const stream = client.connection?.stream;
  if (stream === undefined) client.end().catch(() => {});
  else stream.destroy();
}

async function loadClient(): Promise<ClientClass> {
  const { pg } = await loadClientLibraries('PostgreSQL', { pg: () => import('pg') });
  return pg.default.Client as unknown as ClientClass;
}
