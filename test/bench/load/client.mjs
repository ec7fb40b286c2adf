/**
 * One client of the load: a TCP connection that shakes hands, answers pings and passes on every other message as raw
 * bytes. It allocates nothing per message, so that the load costs little next to the server.
 */
import { connect } from 'node:net';
import { eachFrame, maskedFrame } from './frames.mjs';

const HOST = '127.0.0.1';
const PONG = maskedFrame('3');
const PING = 0x32; // "2"
const OPEN = 0x30; // "0"
const TEXT_FRAME = 0x81;
const BINARY_FRAME = 0x82;

export class Client {
  #socket;
  #protocol;
  #rest = null;
  #phase = 'http';
  #settle;
  /** Called with a chunk, and the offsets at which a message starts and ends in it. */
  onMessage = unexpected;
  /** The first failure of this connection, or `null`. */
  failure = null;

  /** Resolves when the server has accepted the client. */
  static connect({ port, protocol }) {
    const client = new Client();
    return client.#connect(port, protocol);
  }

  write(frame) {
    this.#socket.write(frame);
  }

  close() {
    this.#phase = 'closing';
    this.#socket.destroy();
  }

  #connect(port, protocol) {
    this.#protocol = protocol;
    this.#socket = connect({ host: HOST, port, noDelay: true });
    this.#socket.on('data', (chunk) => this.#read(chunk));
    this.#socket.on('error', (error) => this.#fail(error.message));
    this.#socket.on('close', () => this.#fail('the server closed a connection'));
    this.#socket.write(
      `GET ${protocol.path} HTTP/1.1\r\nHost: ${HOST}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  #fail(reason) {
    if (this.#phase === 'closing') return;
    this.failure ??= reason;
    this.#settle.reject(new Error(reason));
  }

  #read(chunk) {
    if (this.#rest !== null) {
      chunk = Buffer.concat([this.#rest, chunk]);
      this.#rest = null;
    }
    const begin = this.#phase === 'http' ? this.#readResponse(chunk) : 0;
    const end = eachFrame(chunk, begin, (first, start, end) => this.#take(chunk, first, start, end));
    if (end < chunk.length) this.#rest = Buffer.from(chunk.subarray(end));
  }

  /** @returns the offset of the first frame */
  #readResponse(chunk) {
    const end = chunk.indexOf('\r\n\r\n');
    if (end < 0) return 0;
    if (!chunk.latin1Slice(0, end).startsWith('HTTP/1.1 101')) {
      this.#fail(chunk.latin1Slice(0, chunk.indexOf('\r\n')));
      return chunk.length;
    }
    this.#phase = this.#protocol.hello === null ? 'open' : 'joining';
    if (this.#phase === 'open') this.#settle.resolve(this);
    return end + 4;
  }

  #take(chunk, first, start, end) {
    if (first === BINARY_FRAME && this.#phase === 'open') this.onMessage(chunk, start, end);
    else if (first !== TEXT_FRAME) this.#fail(`the server sent a frame that begins with 0x${first.toString(16)}`);
    else if (end - start === 1 && chunk[start] === PING) this.write(PONG);
    else if (this.#phase === 'open') this.onMessage(chunk, start, end);
    else if (chunk[start] === OPEN) this.write(maskedFrame(this.#protocol.hello));
    else if (chunk.latin1Slice(start, start + 2) === '40') {
      this.#phase = 'open';
      this.#settle.resolve(this);
    } else this.#fail(`the server refused: ${chunk.toString('utf8', start, end)}`);
  }
}

function unexpected(chunk, start, end) {
  this.failure ??= `unexpected message ${chunk.toString('utf8', start, Math.min(end, start + 80))}`;
}
