/** The wire-level client for tests of a server on a port. It also keeps every frame it has received. */
import { connect, type Socket as NetSocket } from 'node:net';
import { WebSocket } from 'ws';
import { type Frame, WireConnection } from '../../lib/testing/wire-connection.js';
import { onCleanUp } from './engine-clean-up.js';

export interface WireOptions {
  /** Appended to the query. */
  readonly query?: string;
  readonly headers?: Record<string, string>;
  /** Whether to offer compression. */
  readonly deflate?: boolean;
}

/** An acknowledgement id that no test uses for anything else. */
const FENCE = 4_242_424_242;

export class WireClient extends WireConnection {
  /** The open packet. */
  greeting = '';
  /** All frames received after the open packet, taken or not. */
  readonly heard: Frame[] = [];
  /** Resolves with the close code when the connection has ended. */
  readonly closed: Promise<{ code: number }>;
  /** The close reason of the server. */
  reason = '';
  readonly #tcp: NetSocket;

  private constructor(ws: WebSocket, tcp: NetSocket) {
    super(ws);
    this.#tcp = tcp;
    this.closed = this.ended.then(({ code, reason }) => {
      this.reason = reason;
      return { code };
    });
  }

  /** Connects and takes the open packet. The client does not answer pings. */
  static async open(port: number, options: WireOptions = {}): Promise<WireClient> {
    const { query = '', headers = {}, deflate: perMessageDeflate = false } = options;
    const tcp = connect({ port, host: '127.0.0.1' });
    const url = `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket${query}`;
    const client = new WireClient(new WebSocket(url, { headers, perMessageDeflate, createConnection: () => tcp }), tcp);
    onCleanUp(() => client.terminate());
    client.greeting = String(await client.next());
    client.heard.length = 0;
    return client;
  }

  /** Joins a namespace. @returns the id of the socket */
  async join(nsp = '/'): Promise<string> {
    const prefix = nsp === '/' ? '40' : `40${nsp},`;
    this.send(prefix);
    const answer = String(await this.next());
    const sid = /^\{"sid":"([\w-]{20})"(?:,"pid":"[\w-]{20}")?\}$/.exec(answer.slice(prefix.length))?.[1];
    if (!answer.startsWith(prefix) || sid === undefined) throw new Error(`not joined: ${answer}`);
    return sid;
  }

  /**
   * Resolves when the server has handled every frame sent so far. Fails if a frame has arrived that the test has not
   * taken. Needs the handler of `fence`, which `ServerRig.of` adds to each namespace.
   */
  async idle(nsp = '/'): Promise<void> {
    const prefix = nsp === '/' ? '' : `${nsp},`;
    this.send(`42${prefix}${FENCE}["fence"]`);
    const answer = await this.next();
    if (answer !== `43${prefix}${FENCE}[]`) throw new Error(`not idle: ${answer.toString()}`);
  }

  /** The number of bytes that the server has sent. */
  get bytesReceived(): number {
    return this.#tcp.bytesRead;
  }

  /** Stops reading from the connection. */
  pause(): void {
    this.ws.pause();
  }

  resume(): void {
    this.ws.resume();
  }

  protected override receive(frame: Frame): void {
    this.heard.push(frame);
    super.receive(frame);
  }
}
