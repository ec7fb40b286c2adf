/** A whole server in memory with a healthy client, for input of other clients. */
import { createServer } from 'node:http';
import { WebSocket } from 'ws';
import { Server } from '../../lib/server/internal.js';
import { MemorySocket } from '../../lib/testing/memory-socket.js';
import { WireConnection } from '../../lib/testing/wire-connection.js';
import { RecordingLog, turn } from '../support/engine-rig.js';
import type { Choices } from '../support/packets.js';
import { hostileHead } from './hostile-heads.js';
import { hostileMessagePack, hostileMessages } from './hostile-messages.js';

const URL = 'ws://localhost/socket.io/?EIO=4&transport=websocket';

/** The failure of a handler that throws on purpose. */
const DELIBERATE = new Error('deliberate');

export class MemoryServer {
  readonly #http = createServer((_request, response) => response.end('other'));
  readonly #log = new RecordingLog();
  readonly #server: Server;
  readonly #parser: 'msgpack' | undefined;
  #healthy: WireConnection | null = null;
  #asked = 0;

  constructor(parser?: 'msgpack') {
    this.#parser = parser;
    this.#server = new Server(this.#http, {
      logger: this.#log,
      namespaces: [/^\/a/],
      connectionStateRecovery: { maxDisconnectionDuration: 50 },
      perMessageDeflate: true,
      pingInterval: 1_000_000_000, // the healthy client sends no pongs
      ...(parser === undefined ? {} : { parser }),
    });
    this.#handle();
  }

  /** Opens a connection, sends it these bytes, and expects an HTTP answer, a WebSocket or nothing. */
  async head(choices: Choices): Promise<void> {
    const client = this.#connect();
    let answer = '';
    client.setEncoding('latin1').on('data', (chunk: string) => (answer += chunk));
    client.on('error', () => {});
    for (const piece of hostileHead(choices)) {
      client.write(piece);
      await turn();
    }
    for (let turns = 0; turns < 3; turns++) await turn();
    client.destroy();
    await turn();
    if (!/^(HTTP\/1\.1 \d{3} |$)/.test(answer)) throw new Error(`no HTTP answer: ${JSON.stringify(answer)}`);
    await this.#check();
  }

  /** Connects a client and sends messages, valid and invalid, and sometimes bytes that are not even frames. */
  async messages(choices: Choices): Promise<void> {
    const [client, socket] = await this.#open(choices.below(2) === 0);
    if (choices.below(4) > 0) client.send(this.#connectMessage);
    for (let groups = 1 + choices.below(3); groups > 0; groups--) {
      const messages =
        this.#parser === undefined
          ? hostileMessages(choices).map((message) => (typeof message === 'string' ? `4${message}` : message))
          : choices.times(1 + choices.below(4), () => hostileMessagePack(choices));
      client.send(...messages);
      if (choices.below(8) === 0)
        client.send(choices.of(['1', '2', '3', '5', '6', '0{}', 'b', 'bAQI=', 'b*', '', '9']));
      if (choices.below(16) === 0)
        socket.write(Buffer.from(choices.times(choices.below(20), () => choices.below(256))));
      await turn();
    }
    if (choices.below(3) === 0) {
      client.ws.close();
      for (let turns = 0; turns < 2; turns++) await turn();
    }
    client.terminate(); // after bytes that are no frames, the server may not see that the client closes
    await turn();
    await this.#check();
  }

  async close(): Promise<void> {
    this.#healthy?.terminate();
    await this.#server.close();
    this.#http.closeAllConnections();
  }

  #handle(): void {
    const { sockets } = this.#server;
    sockets.on('connection', (socket) => {
      socket.on('e', (...args: unknown[]) => {
        const ack = args.at(-1);
        if (typeof ack === 'function') (ack as (...answer: unknown[]) => void)(...args.slice(0, -1));
        else socket.emit('e', ...args);
      });
      socket.on('message', () => Promise.reject(DELIBERATE));
      socket.on('error', () => {});
      socket.on('1', (...args: unknown[]) => void socket.timeout(20).emit('ask', ...args.slice(0, 2), () => {}));
      socket.on('é', (room: unknown) => socket.join(roomOf(room)));
      socket.on('😀', (room: unknown) => void this.#server.to(roomOf(room)).emit('told', room));
      socket.on('a b', () => void socket.disconnect());
      socket.on('', () => {
        throw DELIBERATE;
      });
    });
    this.#server.of('/').onEvent('fence', (socket, { id }) => socket.acknowledge(id as number, []));
    this.#server.of(/^\/0/).use((_socket, next) => setImmediate(next));
    this.#server.of(/^\/9/).onConnect(() => Promise.reject(DELIBERATE));
  }

  #connect(): MemorySocket {
    const [client, server] = MemorySocket.pair('127.0.0.1', false, () => {});
    this.#http.emit('connection', server);
    return client;
  }

  /** Connects a client and takes its open packet. */
  async #open(deflate = false): Promise<[WireConnection, MemorySocket]> {
    const socket = this.#connect();
    const ws = new WebSocket(URL, { createConnection: () => socket as never, perMessageDeflate: deflate });
    const client = new WireConnection(ws);
    await client.next();
    return [client, socket];
  }

  get #connectMessage(): string | Buffer {
    return this.#parser === undefined ? '40' : Buffer.from('82a47479706500a36e7370a12f', 'hex');
  }

  /** Expects the healthy client to get an answer, and no error that was not made on purpose. */
  async #check(): Promise<void> {
    const errors = this.#log.errors.splice(0).filter(([, error]) => error !== DELIBERATE);
    if (errors.length > 0) throw new Error(`logged: ${errors[0]?.[0]}`, { cause: errors[0]?.[1] });
    this.#log.warnings.length = this.#log.debugs.length = 0;
    if (this.#asked++ % 8 > 0) return;
    const healthy = (this.#healthy ??= await this.#join());
    const [question, answer] =
      this.#parser === undefined
        ? ['421["fence"]', '431[]']
        : [FENCE, Buffer.from('84a47479706503a36e7370a12fa2696401a46461746190', 'hex')];
    healthy.send(question);
    for (;;) {
      const frame = await healthy.next(); // broadcasts may arrive first
      if (frame.toString('hex' as never) === answer?.toString('hex' as never)) break;
    }
    const { clientsCount } = this.#server.engine;
    if (clientsCount > 20) throw new Error(`${clientsCount} connections are left`);
  }

  async #join(): Promise<WireConnection> {
    const [client] = await this.#open();
    client.send(this.#connectMessage);
    await client.next();
    return client;
  }
}

const FENCE = Buffer.from('84a47479706502a36e7370a12fa2696401a46461746191a566656e6365', 'hex');

/** The name of a room that a client sends as any value. `String` would throw for `{ toString: 1 }`. */
function roomOf(value: unknown): string {
  return (JSON.stringify(value) ?? '').slice(0, 100);
}
