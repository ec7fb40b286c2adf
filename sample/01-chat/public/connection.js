// The connection to the server: a stock Socket.IO client on `/chat`, with its state as a word and requests as promises.
import { io } from './socket.io-client/socket.io.esm.min.js';

/** The connection was lost before the answer arrived. The request can be repeated. */
export class ConnectionLost extends Error {}

export class Connection {
  #socket;
  #on;

  /** `on` has `online`, `waiting(state)`, `refused(message)`, `replaced`, and `events`: a function for each event. */
  constructor(auth, on) {
    this.#on = on;
    this.#socket = io('/chat', {
      transports: ['websocket'],
      auth,
      forceNew: true,
      reconnectionDelay: 500,
      reconnectionDelayMax: 4000,
    });
    this.#socket.on('connect', () => on.online());
    this.#socket.on('connect_error', (error) => (this.#socket.active ? this.#wait() : on.refused(error.message)));
    this.#socket.on('disconnect', (reason) => this.#lost(reason));
    this.#socket.on('replaced', () => {
      this.close();
      on.replaced();
    });
    for (const [event, listener] of Object.entries(on.events)) this.#socket.on(event, listener);
    addEventListener('offline', this.#drop);
  }

  get online() {
    return this.#socket.connected;
  }

  /** Sends an event and returns its acknowledgement. @throws a failure that the server reports */
  async request(event, payload, milliseconds = 10_000) {
    if (!this.online) throw new ConnectionLost();
    let reply;
    try {
      reply = await this.#socket.timeout(milliseconds).emitWithAck(event, payload);
    } catch {
      throw this.online ? new Error('The server did not answer.') : new ConnectionLost();
    }
    if (reply?.error) throw new Error(sentence(reply.error));
    return reply;
  }

  /** Sends an event that has no meaning after a reconnection: it is not kept while offline. */
  send(event, payload) {
    if (this.online) this.#socket.emit(event, payload);
  }

  /** Sends an event that may be dropped. */
  hint(event, payload) {
    this.#socket.volatile.emit(event, payload);
  }

  close() {
    removeEventListener('offline', this.#drop);
    this.#socket.off();
    this.#socket.disconnect();
  }

  // The browser knows at once that it is offline. The heartbeat would take most of a minute to notice.
  #drop = () => this.#socket.io.engine?.close();

  #lost(reason) {
    // A server that shuts down closes the connection (`transport close`), and the client reconnects on its own. It does
    // not if the server disconnects this socket on purpose, for example with `disconnectSockets()`.
    if (reason === 'io server disconnect') this.#on.refused('The server ended your visit.');
    else this.#wait();
  }

  #wait() {
    this.#on.waiting(navigator.onLine ? 'reconnecting' : 'offline');
  }
}

/** The text to show for a failure: that of the first validation error if there is one, otherwise the message. */
function sentence({ message, details }) {
  return Array.isArray(details) && details.length > 0 ? details[0].message : message;
}
