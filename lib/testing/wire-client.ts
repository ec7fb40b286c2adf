/**
 * A client that sends and receives literal frames: for tests that must see the wire itself, or break its
 * rules. It answers nothing by itself, not even pings.
 */
import { WebSocket } from 'ws';
import { SocketIoError } from '../errors.js';
import { handshakeUrl, LOCALHOST, type TestClientOptions } from './test-client-options.js';
import { doorOf, type TestTarget } from './test-target.js';

export type WireClientOptions = Pick<TestClientOptions, 'path' | 'query' | 'headers'>;

export class WireClient {
  /** How the server, or the network, ended it. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #ws: WebSocket;
  readonly #arrived: (string | Buffer)[] = [];
  readonly #awaited: { resolve(frame: string | Buffer): void; reject(error: Error): void }[] = [];

  private constructor(ws: WebSocket) {
    this.#ws = ws;
    ws.on('message', (data: Buffer, binary) => this.#take(binary ? data : data.toString()));
    ws.on('error', () => {}); // a `close` follows
    this.closed = new Promise((resolve) => {
      ws.on('close', (code, reason) => {
        this.#fail(code);
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  /**
   * Connects and resolves with the client when the WebSocket is open; its first frame is the open packet.
   * @param target the address of a server, `http://` or `ws://`; or, in memory, an application or a `Server`
   * @throws Error when the server refuses the handshake, with the status of its answer
   */
  static async connect(target: string | TestTarget, options: WireClientOptions = {}): Promise<WireClient> {
    const door = typeof target === 'string' ? null : await doorOf(target);
    const base = typeof target === 'string' ? target.replace(/^http/, 'ws') : undefined;
    const ws = new WebSocket(handshakeUrl(door?.stage.server.sockets.path ?? '/socket.io', options, base), {
      headers: { ...options.headers },
      perMessageDeflate: false,
      ...(door === null ? {} : { createConnection: () => door.stage.dial(door.http, LOCALHOST) as never }),
    });
    const client = new WireClient(ws);
    return new Promise((resolve, reject) => {
      ws.once('open', () => resolve(client));
      ws.once('error', reject);
    });
  }

  /** Sends one text or binary frame. */
  send(frame: string | Uint8Array): void {
    this.#ws.send(frame);
  }

  /**
   * The next frame, now or when it comes.
   * @throws SocketIoError `CLIENT_GONE` when the connection ends first
   */
  next(): Promise<string | Buffer> {
    const frame = this.#arrived.shift();
    if (frame !== undefined) return Promise.resolve(frame);
    if (this.#ws.readyState === WebSocket.CLOSED) return Promise.reject(goneError());
    return new Promise((resolve, reject) => {
      this.#awaited.push({ resolve, reject });
    });
  }

  /** The frames that have come and that nobody has taken; takes them. */
  received(): (string | Buffer)[] {
    return this.#arrived.splice(0);
  }

  /** Closes the WebSocket, without a word of Engine.IO before it. */
  close(): Promise<unknown> {
    this.#ws.close();
    return this.closed;
  }

  /** Cuts the connection off. */
  terminate(): void {
    this.#ws.terminate();
  }

  #take(frame: string | Buffer): void {
    const waiting = this.#awaited.shift();
    if (waiting === undefined) this.#arrived.push(frame);
    else waiting.resolve(frame);
  }

  #fail(code: number): void {
    for (const waiting of this.#awaited.splice(0)) waiting.reject(goneError(code));
  }
}

function goneError(code?: number): SocketIoError {
  const how = code === undefined ? '' : ` with code ${code}`;
  return new SocketIoError('CLIENT_GONE', `the connection was closed${how} before another frame came`);
}
