/**
 * A client that writes the protocol by hand: cheap enough to have hundreds of them, and able to misbehave. It answers
 * pings, unless it does not read.
 */
import { connect } from 'node:net';
import { WebSocket } from 'ws';

const TIMEOUT = 20_000; // ms to connect, and to join a namespace; as the stock client

/** The server has not accepted the connection in time: since libuv 1.46 it accepts one connection per turn. */
export class Late extends Error {}

export class RawClient {
  /** The WebSocket. Clients that misbehave use it, and the TCP connection, as they are. */
  ws;
  /** The TCP connection below it. */
  tcp;
  /** The answer to the last CONNECT: `{ sid, pid }`. */
  session = null;
  /** The offset of the last event, for recovery: the server appends it to every event. */
  offset = undefined;
  /** Called with the arguments of each event, its name first. */
  onEvent = () => {};
  /** Called with a text that is not a packet of a type that the server may send. */
  onGarbled = () => {};
  /** Resolves with a description when the connection has ended. */
  ended;
  #acks = new Map();
  #lastId = 0;
  #joining = null; // { resolve, reject }

  /** Opens the WebSocket, without joining a namespace. */
  static async open(port) {
    const client = new RawClient();
    await client.#open(port);
    return client;
  }

  /** Opens the WebSocket and joins a namespace. @param auth the payload of CONNECT */
  static async join(port, nsp, auth) {
    const client = await RawClient.open(port);
    await client.join(nsp, auth);
    return client;
  }

  join(nsp = '/', auth) {
    if (this.ws.readyState !== WebSocket.OPEN) return Promise.reject(new Error('closed'));
    const joined = deadline(new Error(`no answer to CONNECT in ${TIMEOUT} ms`), (resolve, reject) => {
      this.#joining = { resolve, reject };
    });
    this.send(`40${prefixOf(nsp)}${auth === undefined ? '' : JSON.stringify(auth)}`);
    return joined;
  }

  /** Sends a message as it is. */
  send(message) {
    if (this.ws.readyState === WebSocket.OPEN) this.ws.send(message);
  }

  emit(...event) {
    this.send(`42${JSON.stringify(event)}`);
  }

  /** Emits an event with an acknowledgement. The callback is never called if the connection ends first. */
  emitWithAck(event, onAck) {
    const id = ++this.#lastId;
    this.#acks.set(id, onAck);
    this.send(`42${id}${JSON.stringify(event)}`);
  }

  /** Leaves the namespace and closes the connection, as the stock client does. */
  close() {
    this.send('41');
    this.ws.close();
  }

  /** Closes the TCP connection without a word. What has not been read yet is dropped. */
  vanish() {
    this.ws.removeAllListeners('message');
    this.ws.terminate();
  }

  #open(port) {
    this.tcp = connect({ host: '127.0.0.1', port, noDelay: true });
    this.ws = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`, {
      perMessageDeflate: false,
      createConnection: () => this.tcp,
    });
    this.ws.on('message', (data, isBinary) => (isBinary ? this.onGarbled('binary') : this.#take(data.toString())));
    this.ended = new Promise((resolve) => {
      let failure = '';
      this.ws.on('error', (error) => (failure = `: ${error.message}`));
      this.ws.on('close', (code, reason) => resolve(`${code} ${reason}${failure}`.trim()));
    });
    void this.ended.then((how) => this.#joining?.reject(new Error(`closed: ${how}`)));
    return deadline(new Late(`not connected in ${TIMEOUT} ms`), (resolve, reject) => {
      this.ws.once('open', resolve);
      void this.ended.then((how) => reject(new Error(`closed: ${how}`)));
    });
  }

  #take(text) {
    switch (text.slice(0, 2)) {
      case '2':
        return this.send('3');
      case '42':
      case '43':
        return this.#takeEvent(text);
      case '40':
        this.session = JSON.parse(text.slice(text.indexOf('{')));
        return this.#joining?.resolve();
      case '44':
        return this.#joining?.reject(new Error(`refused: ${text.slice(text.indexOf('{'))}`));
      case '41':
        return undefined; // a close follows
      default:
        return text.startsWith('0{') ? undefined : this.onGarbled(text.slice(0, 80));
    }
  }

  #takeEvent(text) {
    const from = text.indexOf('[');
    const args = JSON.parse(text.slice(from));
    if (text[1] === '3') {
      const id = Number(text.slice(2, from));
      const onAck = this.#acks.get(id);
      this.#acks.delete(id);
      if (onAck === undefined) this.onGarbled(`acknowledgement ${id}, which is not due`);
      else onAck(args[0]);
      return;
    }
    const offset = args.at(-1);
    if (typeof offset === 'string') this.offset = offset; // missed events arrive before the answer to CONNECT
    this.onEvent(args);
  }
}

function prefixOf(nsp) {
  return nsp === '/' ? '' : `${nsp},`;
}

/** A promise that rejects with `failure` after a time. */
function deadline(failure, run) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(reject, TIMEOUT, failure);
    const settle = (call) => (value) => {
      clearTimeout(timer);
      call(value);
    };
    run(settle(resolve), settle(reject));
  });
}
