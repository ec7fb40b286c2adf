/** What Socket.IO shows as `conn.transport`: the WebSocket under a connection, made when it is asked for. */
import { WebSocket } from 'ws';

/** Of each WebSocket that was asked about: always the same one. */
const transports = new WeakMap<WebSocket, Transport>();

export class Transport {
  readonly name = 'websocket';
  /** The WebSocket of the package `ws`. What is sent on it by hand may overtake what waits for the end of the turn. */
  readonly socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.socket = socket;
  }

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
