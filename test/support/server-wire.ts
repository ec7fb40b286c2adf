/** A client that says exactly what a test tells it to, and hands over what it hears, message by message. */
import { connect, type Socket as NetSocket } from 'node:net';
import { WebSocket } from 'ws';
import { onCleanUp } from './engine-clean-up.js';
import { Inbox } from './engine-inbox.js';

export interface WireOptions {
  /** Appended to the query. */
  readonly query?: string;
  readonly headers?: Record<string, string>;
  /** Whether to offer compression. */
  readonly deflate?: boolean;
}

/** An id that no test uses for anything else. */
const FENCE = 4_242_424_242;

export class WireClient {
  /** The open packet. */
  greeting = '';
  /** All that was heard after the open packet. */
  readonly heard: (string | Buffer)[] = [];
  readonly closed: Promise<{ code: number }>;
  /** What the server gave as reason when it closed. */
  reason = '';
  readonly #ws: WebSocket;
  readonly #tcp: NetSocket;
  readonly #inbox = new Inbox<string | Buffer>();

  private constructor(port: number, { query = '', headers = {}, deflate = false }: WireOptions) {
    const tcp = connect({ port, host: '127.0.0.1' });
    this.#tcp = tcp;
    this.#ws = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket${query}`, {
      headers,
      perMessageDeflate: deflate,
      createConnection: () => tcp,
    });
    this.#ws.on('message', (data: Buffer, binary: boolean) => this.#take(binary ? data : data.toString()));
    this.#ws.on('error', () => {}); // 'close' follows
    this.closed = new Promise((resolve) => {
      this.#ws.on('close', (code, reason) => {
        this.reason = reason.toString();
        this.#inbox.end(new Error(`closed with ${code}`));
        resolve({ code });
      });
    });
  }

  /** Connects and takes the open packet. It does not answer pings. */
  static async open(port: number, options: WireOptions = {}): Promise<WireClient> {
    const client = new WireClient(port, options);
    onCleanUp(() => client.#ws.terminate());
    client.greeting = String(await client.next());
    client.heard.length = 0;
    return client;
  }

  send(...messages: readonly (string | Buffer)[]): this {
    for (const message of messages) this.#ws.send(message);
    return this;
  }

  /** The next message; fails when the connection ends before. */
  next(): Promise<string | Buffer> {
    return this.#inbox.next();
  }

  /** Joins a namespace. @returns the id of its socket */
  async join(nsp = '/'): Promise<string> {
    const prefix = nsp === '/' ? '40' : `40${nsp},`;
    this.send(prefix);
    const answer = String(await this.next());
    const sid = /^\{"sid":"([\w-]{20})"\}$/.exec(answer.slice(prefix.length))?.[1];
    if (!answer.startsWith(prefix) || sid === undefined) throw new Error(`not joined: ${answer}`);
    return sid;
  }

  /**
   * Resolves when the server has handled all that was sent so far; fails if there is anything from it that
   * the test has not taken. Needs the handler of `fence` that `ServerRig.of` gives each namespace.
   */
  async idle(nsp = '/'): Promise<void> {
    const prefix = nsp === '/' ? '' : `${nsp},`;
    this.send(`42${prefix}${FENCE}["fence"]`);
    const answer = await this.next();
    if (answer !== `43${prefix}${FENCE}[]`) throw new Error(`not idle: ${answer.toString()}`);
  }

  /** Bytes that the server sent. */
  get bytesReceived(): number {
    return this.#tcp.bytesRead;
  }

  /** Stops taking what the server sends. */
  pause(): void {
    this.#ws.pause();
  }

  resume(): void {
    this.#ws.resume();
  }

  /** Goes without a word. */
  terminate(): void {
    this.#ws.terminate();
  }

  #take(message: string | Buffer): void {
    this.heard.push(message);
    this.#inbox.push(message);
  }
}
