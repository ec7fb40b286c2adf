/** Clients of the `socket.io-client` package, disconnected by {@link cleanUp}. */
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { onCleanUp } from './engine-clean-up.js';

export type StockOptions = Partial<ManagerOptions & SocketOptions>;

/** Connects over its own WebSocket, and does not reconnect unless the options say so. */
export function connectStock(url: string, options: StockOptions = {}): Socket {
  const client = io(url, { transports: ['websocket'], forceNew: true, reconnection: false, ...options });
  onCleanUp(() => client.disconnect());
  return client;
}
