/** Stock clients that do not read for a while. */
import type { Socket } from 'nest-socketio';
import type { Socket as StockSocket } from 'socket.io-client';
import type { WebSocket } from 'ws';
import { turn } from './engine-rig.js';

/** A text that the buffers of both ends cannot hold often. */
const LARGE = 'x'.repeat(65_000);

/** Makes a client stop reading. Resolves when bytes wait for it. */
export async function stall(client: StockSocket, socket: Socket): Promise<void> {
  wsOf(client).pause();
  while (socket.conn.bufferedAmount === 0) {
    socket.emit('large', LARGE);
    await turn();
  }
}

/** The WebSocket of a stock client. */
export function wsOf(client: StockSocket): WebSocket {
  return (client.io.engine.transport as unknown as { ws: WebSocket }).ws;
}
