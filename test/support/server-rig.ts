/** A Socket.IO server on a free port with a manual clock and a recording log, and clients for it. */
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo, Socket as NetSocket } from 'node:net';
import type { Socket as StockSocket } from 'socket.io-client';
import { Namespace, Server, type ServerOptions, type Socket } from '../../lib/server/internal.js';
import { onCleanUp } from './engine-clean-up.js';
import { RecordingLog, turn } from './engine-rig.js';
import { next } from './events.js';
import { listen } from './listen.js';
import { ManualClock } from './manual-clock.js';
import { WireClient, type WireOptions } from './server-wire.js';
import { connectStock, type StockOptions } from './stock-client.js';

export { next as told };

export class ServerRig {
  readonly clock = new ManualClock();
  readonly log = new RecordingLog();
  readonly http: HttpServer = createServer();
  readonly server: Server;
  /** The server's end of every TCP connection. */
  readonly #tcp: NetSocket[] = [];

  constructor(options: ServerOptions) {
    // No pings, so that tests can advance the clock. A test may set another interval.
    const defaults = { clock: this.clock, logger: this.log, pingInterval: 1_000_000_000 };
    this.server = new Server(this.http, { ...defaults, ...options });
    this.of('/');
    this.http.on('connection', (socket) => this.#tcp.push(socket));
  }

  get port(): number {
    return (this.http.address() as AddressInfo).port;
  }

  /** Returns a namespace that acknowledges fences. */
  of(name: string): Namespace {
    return this.server.of(name).onEvent('fence', (socket, { id }) => socket.acknowledge(id as number, []));
  }

  /** Connects a client that has not joined a namespace. */
  open(options?: WireOptions): Promise<WireClient> {
    return WireClient.open(this.port, options);
  }

  /** Connects a client to a namespace. Resolves with the client and its socket on the server. */
  async join(nsp = '/', options?: WireOptions): Promise<[client: WireClient, socket: Socket]> {
    const client = await this.open(options);
    const sid = await client.join(nsp);
    return [client, this.server.of(nsp).sockets.get(sid) as Socket];
  }

  /** Resolves when all connections have ended, after one more turn in which the server notices. */
  async deserted(): Promise<void> {
    await Promise.all(this.#tcp.filter(({ closed }) => !closed).map((socket) => next(socket, 'close')));
    await turn();
  }

  /** Connects a client of the `socket.io-client` package. */
  stock(nsp = '/', options: StockOptions = {}): StockSocket {
    return connectStock(`http://127.0.0.1:${this.port}${nsp}`, options);
  }
}

/** Starts a server, which `cleanUp` closes. */
export async function startServer(options: ServerOptions = {}): Promise<ServerRig> {
  const rig = new ServerRig(options);
  await listen(rig.http);
  onCleanUp(async () => {
    const closed = rig.server.close();
    rig.clock.advance(5_000); // terminates connections that do not complete the closing handshake
    await closed;
    await new Promise((resolve) => {
      rig.http.close(resolve);
      rig.http.closeAllConnections();
    });
  });
  return rig;
}

export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/** Returns a promise that the test settles. */
export function deferred<T = void>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
