/** A Socket.IO server on a free port, its clock and log in the test's hand, and clients for it. */
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo, Socket as NetSocket } from 'node:net';
import { io, type ManagerOptions, type Socket as StockSocket, type SocketOptions } from 'socket.io-client';
import { Namespace, Server, type ServerOptions, type Socket } from '../../lib/server/index.js';
import { onCleanUp } from './engine-clean-up.js';
import { RecordingLog, turn } from './engine-rig.js';
import { ManualClock } from './manual-clock.js';
import { WireClient, type WireOptions } from './server-wire.js';

export class ServerRig {
  readonly clock = new ManualClock();
  readonly log = new RecordingLog();
  readonly http: HttpServer = createServer();
  readonly server: Server;
  /** This end of every TCP connection. */
  readonly #tcp: NetSocket[] = [];

  constructor(options: ServerOptions) {
    // No ping comes in the way of a test about other times, unless it wants one.
    const defaults = { clock: this.clock, logger: this.log, pingInterval: 1_000_000_000 };
    this.server = new Server(this.http, { ...defaults, ...options });
    this.of('/');
    this.http.on('connection', (socket) => this.#tcp.push(socket));
  }

  get port(): number {
    return (this.http.address() as AddressInfo).port;
  }

  /** A namespace that answers fences. */
  of(name: string): Namespace {
    return this.server.of(name).onEvent('fence', (socket, { id }) => socket.acknowledge(id as number, []));
  }

  /** A client that has joined nothing yet. */
  open(options?: WireOptions): Promise<WireClient> {
    return WireClient.open(this.port, options);
  }

  /** A client in a namespace, and its socket here. */
  async join(nsp = '/', options?: WireOptions): Promise<[client: WireClient, socket: Socket]> {
    const client = await this.open(options);
    const sid = await client.join(nsp);
    return [client, this.server.of(nsp).sockets.get(sid) as Socket];
  }

  /** Resolves when all connections have ended, and the server had a turn to notice. */
  async deserted(): Promise<void> {
    await Promise.all(this.#tcp.filter(({ closed }) => !closed).map((socket) => told(socket, 'close')));
    await turn();
  }

  /** A client of the `socket.io-client` package. */
  stock(nsp = '/', options: Partial<ManagerOptions & SocketOptions> = {}): StockSocket {
    const client = io(`http://127.0.0.1:${this.port}${nsp}`, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      ...options,
    });
    onCleanUp(() => client.disconnect());
    return client;
  }
}

/** Starts a server; `cleanUp` ends it. */
export async function startServer(options: ServerOptions = {}): Promise<ServerRig> {
  const rig = new ServerRig(options);
  await new Promise<void>((resolve) => {
    rig.http.listen(0, '127.0.0.1', resolve);
  });
  onCleanUp(async () => {
    const closed = rig.server.close();
    rig.clock.advance(5_000); // whoever takes no part in closing is cut off
    await closed;
    await new Promise((resolve) => {
      rig.http.close(resolve);
      rig.http.closeAllConnections();
    });
  });
  return rig;
}

/** The arguments of the next event of that name, whoever emits it. */
export function told<A extends unknown[] = unknown[]>(
  emitter: { once(event: string, listener: (...args: A) => void): unknown },
  event: string,
): Promise<A> {
  return new Promise((resolve) => {
    emitter.once(event, (...args) => resolve(args));
  });
}

export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/** A promise that the test settles. */
export function deferred<T = void>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
