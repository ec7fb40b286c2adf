/** The clients of the package `socket.io-client`, which an application installs. */
import type { io, ManagerOptions, SocketOptions } from 'socket.io-client';
import { CommandFailed } from '../command.js';

/** The function `io` of `socket.io-client`. */
export type Connect = typeof io;

/** The part of the stock client that talkers use. */
export interface StockClient {
  readonly id?: string | undefined;
  readonly connected: boolean;
  /** `undefined` if the server keeps no sessions. */
  readonly recovered?: boolean | undefined;
  /** Whether the client reconnects without help. */
  readonly active: boolean;
  /** Events that wait for the next connection. */
  sendBuffer: unknown[];
  readonly io: { on(event: 'reconnect_attempt', listener: () => void): unknown };
  on(event: string, listener: (...args: never[]) => void): unknown;
  onAny(listener: (event: string, ...args: unknown[]) => void): unknown;
  emit(event: string, ...args: unknown[]): unknown;
  disconnect(): unknown;
}

/** @throws CommandFailed if the package is not installed, with the line to run */
export async function loadStockClient(
  load: () => Promise<{ readonly io: Connect }> = () => import('socket.io-client'),
): Promise<Connect> {
  try {
    return (await load()).io;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new CommandFailed(
      'This command connects clients of the package "socket.io-client", which is not installed. ' +
        'Run: npm install --save-dev socket.io-client',
    );
  }
}

/**
 * Creates a client over a WebSocket of its own. Each attempt to reconnect goes to another address, as it would behind a
 * load balancer.
 *
 * @param nextUrl returns the address for the next attempt
 */
export function createStockClient(
  connect: Connect,
  nextUrl: () => string,
  namespace: string,
  options: Partial<ManagerOptions & SocketOptions>,
): StockClient {
  const client = connect(`${nextUrl()}${namespace}`, { transports: ['websocket'], forceNew: true, ...options });
  const manager = client.io as unknown as { uri: string }; // private, but the only way to change the address
  client.io.on('reconnect_attempt', () => {
    manager.uri = nextUrl();
  });
  return client;
}
