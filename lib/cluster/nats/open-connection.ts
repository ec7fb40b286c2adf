/** Opens a connection to the servers of a URL. */
import { connect as connectSocket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { SocketIoError } from '../../errors.js';
import { reasonOf } from '../broker/broker-failure.js';
import type { BrokerHost, BrokerUrl } from '../broker/broker-url.js';
import type { NatsConnection } from './nats-client.js';

const DEFAULT_PORT = 4222;

/** ms within which a server must send its greeting, and accept the connection. */
const GREETING = 3_000;

const RECONNECT = {
  maxReconnectAttempts: -1,
  reconnectTimeWait: 250, // ms; an attempt is cheap, and clients of other servers wait for it
  reconnectJitter: 250,
  reconnectJitterTLS: 250,
  ignoreAuthErrorAbort: true, // credentials may change while the server restarts
  pingInterval: 5_000, // a frozen or unreachable server is noticed after 15 s
  maxPingOut: 2,
} as const;

/** Opens a connection. Rejects if no server can be reached, after one attempt. */
export type OpenConnection = (signal: AbortSignal) => Promise<NatsConnection>;

/**
 * @param library the package `@nats-io/transport-node`
 * @param url such as `nats://user:password@host:4222,host:4222` or `tls://token@host`
 * @param echo whether the connection receives its own messages
 */
export function connectionsTo(
  { connect }: typeof import('@nats-io/transport-node'),
  { scheme, username, password, hosts }: BrokerUrl,
  echo: boolean,
): OpenConnection {
  const servers = hosts.map(nameOf);
  const options = {
    ...RECONNECT,
    ...credentials(username, password),
    ...(scheme === 'tls' ? { tls: {} } : {}),
    servers: [...servers],
    name: 'nest-socketio',
    noEcho: !echo,
    noAsyncTraces: true,
    timeout: GREETING,
  };
  return async (signal) => {
    // The library cannot abort an attempt, and leaves its socket open if the server accepts it and stays silent.
    await Promise.any(hosts.map((host) => greeting(host, signal))).catch((error: AggregateError) => {
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

function credentials(
  user: string | undefined,
  pass: string | undefined,
): { token?: string; user?: string; pass?: string } {
  if (user === undefined) return pass === undefined ? {} : { pass };
  return pass === undefined ? { token: user } : { user, pass };
}

/** @returns a start-up error if retrying cannot fix the failure, else `null` */
function refusal(error: unknown, servers: readonly string[]): SocketIoError | null {
  if (!(error instanceof Error) || !/^(Authorization|UserAuthenticationExpired)Error$/.test(error.name)) return null;
  return new SocketIoError(
    'INVALID_OPTION',
    `option "broker" must have a user name and a password, or a token, that NATS accepts, ` +
      `got "${reasonOf(error)}" from ${servers.join(', ')}: write nats://user:password@host:4222`,
    { cause: error },
  );
}

/** Resolves when a server sends its first bytes, as each server of NATS does. */
function greeting({ host, port = DEFAULT_PORT }: BrokerHost, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ host, port, signal });
    socket.setTimeout(GREETING, () => socket.destroy(new Error(`the server at ${host}:${port} does not answer`)));
    socket.once('data', () => {
      resolve();
      socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error(`the server at ${host}:${port} closed the connection`)));
  });
}

function nameOf({ host, port = DEFAULT_PORT }: BrokerHost): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
