/** The `socket.io-client` package, with the methods of `RawClient` that healthy clients use. */
import { io } from 'socket.io-client';
import { Late } from './raw-client.mjs';

export class StockClient {
  onEvent = () => {};
  ended;
  #socket;

  static async join(port) {
    const client = new StockClient();
    await client.#connect(port);
    return client;
  }

  emitWithAck([name, ...args], onAck) {
    this.#socket.emit(name, ...args, onAck);
  }

  close() {
    this.#socket.disconnect();
  }

  #connect(port) {
    this.#socket = io(`http://127.0.0.1:${port}`, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
    });
    this.#socket.onAny((...event) => this.onEvent(event));
    this.ended = new Promise((resolve) => {
      this.#socket.on('disconnect', (reason, details) => resolve(`${reason} ${details?.description ?? ''}`.trim()));
    });
    return new Promise((resolve, reject) => {
      this.#socket.on('connect', resolve);
      this.#socket.on('connect_error', (error) => reject(error.message === 'timeout' ? new Late('timeout') : error));
    });
  }
}
