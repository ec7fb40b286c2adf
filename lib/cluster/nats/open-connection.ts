/** Opens a connection to the servers of a URL. */
import { connect as connectSocket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { SocketIoError } from '../../errors.js';
import { loadClientLibrary } from '../broker/client-library.js';
import { type NatsConnection, reasonOf } from './nats-client.js';

/** ms within which a server must send its greeting, and accept the connection. */
const GREETING = 3_000;

const RECONNECT = {
  maxReconnectAttempts: -1,
  reconnectTimeWait: 250, // ms; an attempt is cheap, and clients of other servers wait for it
  reconnectJitter: 250,
  reconnectJitterTLS: 250,
  ignoreAuthErrorAbort: true, // credentials may change while the server restarts
  pingInterval: 5_000, // a frozen server, or one whose network is gone, is noticed after 15 s
  maxPingOut: 2,
} as const;

/** Opens a connection. Rejects if no server can be reached, after one attempt. */
export type OpenConnection = (signal: AbortSignal) => Promise<NatsConnection>;

/**
 * Loads the client library.
 * @param url a checked URL: `nats://user:password@host:4222,host:4222`, `tls://token@host`
 * @param echo whether the connection receives its own messages
 */
export async function connectionsTo(url: string, echo: boolean): Promise<OpenConnection> {
  const { connect } = await loadClientLibrary(
    'NATS',
    '@nats-io/transport-node',
    () => import('@nats-io/transport-node'),
  );
  const [, scheme, user, hosts = ''] = /^(\w+):\/\/(?:([^@]*)@)?([^/]*)/.exec(url) ?? [];
  const servers = hosts.split(',');
  const options = {
    ...RECONNECT,
    ...credentials(user),
    ...(scheme === 'tls' ? { tls: {} } : {}),
    servers,
    name: 'nest-socketio',
    noEcho: !echo,
    noAsyncTraces: true,
    timeout: GREETING,
  };
  return async (signal) => {
    // The library cannot abort an attempt, and leaves its socket open if the server accepts it and stays silent.
    await Promise.any(servers.map((server) => greeting(server, signal))).catch((error: AggregateError) => {
      throw error.errors[0];
    });
    try {
      return await connect(options);
    } catch (error) {
      throw refusal(error, servers) ?? error;
    }
  };
}

/** Closes a connection at once, even if the server is frozen. */
export async function closeConnection(connection: NatsConnection): Promise<void> {
  // A write to a socket that the server has ended fails one tick later, when close() has removed the error listeners of
  // the library: the failure would end the process.
  await setImmediate();
  await connection.close().catch(() => {});
  // close() leaves the socket of a pending reconnection attempt open, which would keep the process alive.
  const { protocol } = connection as { protocol?: { transport?: { discard?: () => void } } };
  protocol?.transport?.discard?.();
}

function credentials(user: string | undefined): { user?: string; pass?: string; token?: string } {
  if (user === undefined) return {};
  const [name = '', password] = user.split(/:(.*)/s).map(decodeURIComponent);
  return password === undefined ? { token: name } : { user: name, pass: password };
}

/** @returns an error of the application's configuration, which no later attempt can mend; `null` for any other */
function refusal(error: unknown, servers: readonly string[]): SocketIoError | null {
  if (!(error instanceof Error) || !/^(Authorization|UserAuthenticationExpired)Error$/.test(error.name)) return null;
  return new SocketIoError(
    'INVALID_OPTION',
    `the NATS server at ${servers.join(', ')} refused the credentials (${reasonOf(error)}): ` +
      'check the user name and the password, or the token, in the URL of the broker',
    { cause: error },
  );
}

/** Resolves when a server sends its first bytes, as each server of NATS does. */
function greeting(server: string, signal: AbortSignal): Promise<void> {
  const [, bracketed, name, port] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(server) ?? [];
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ host: bracketed ?? name ?? server, port: Number(port ?? 4222), signal });
    socket.setTimeout(GREETING, () => socket.destroy(new Error(`the server at ${server} does not answer`)));
    socket.once('data', () => {
      resolve();
      socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error(`the server at ${server} closed the connection`)));
  });
}
