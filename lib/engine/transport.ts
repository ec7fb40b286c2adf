/** What Socket.IO shows as `conn.transport`: the WebSocket under a connection, made when it is asked for. */
import type { EventEmitter } from 'node:events';
import { WebSocket } from 'ws';

/** A WebSocket of the package `ws`, as far as its documentation goes for all versions: users need not have its types. */
export interface RawWebSocket extends EventEmitter {
  readonly readyState: 0 | 1 | 2 | 3;
  /** bytes */
  readonly bufferedAmount: number;
  send(data: string | Uint8Array): void;
  ping(): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
}

/** Of each WebSocket that was asked about: always the same one. */
const transports = new WeakMap<WebSocket, Transport>();

export class Transport {
  readonly name = 'websocket';
  /** The WebSocket of the package `ws`. What is sent on it by hand may overtake what waits for the end of the turn. */
  readonly socket: RawWebSocket;

  private constructor(socket: WebSocket) {
    this.socket = socket;
  }

  /** @internal */
  static of(socket: WebSocket): Transport {
    let transport = transports.get(socket);
    if (transport === undefined) transports.set(socket, (transport = new Transport(socket)));
    return transport;
  }

  /** Whether the client has taken everything that was written to it. */
  get writable(): boolean {
    return this.socket.readyState === WebSocket.OPEN && this.socket.bufferedAmount === 0;
  }
}
