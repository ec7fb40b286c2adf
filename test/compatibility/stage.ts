/**
 * Runs one scenario on one server, the reference or ours, and writes down what the server and each client see. Events
 * reach the server and its clients in no fixed order, so each of them has lines of its own, which keep their order.
 *
 * Socket ids, ports and times differ from run to run: ids become the names of clients, ports and times are left out.
 */
import {
  createServer,
  get,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server as HttpServer,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import type { Server as ReferenceServer, ServerOptions, Socket as ServerSocket } from 'socket.io';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { WebSocket } from 'ws';

/** The exports of `socket.io`. */
export type Exports = typeof import('socket.io');
export type Options = Partial<ServerOptions>;
export type ClientOptions = Partial<ManagerOptions & SocketOptions>;

/** How long to wait for a line, in ms. A scenario that waits this long fails. */
const PATIENCE = 9_000;

export class Stage {
  readonly http: HttpServer = createServer();
  io!: ReferenceServer;
  readonly exports: Exports;
  readonly #defaults: Options;
  readonly #lines = new Map<string, string[]>([['server', []]]);
  readonly #names = new Map<string, string>();
  readonly #clients: Socket[] = [];
  readonly #others: ReferenceServer[] = [];
  readonly #raw: WebSocket[] = [];
  #onUpgrade: (response: IncomingMessage) => void = () => {};
  #written: (() => void)[] = [];
  /** Connection state recovery adds an offset to each event, in a format of the server. */
  #hidesOffsets = false;

  constructor(exports: Exports, defaults: Options = {}) {
    this.exports = exports;
    this.#defaults = defaults;
  }

  // --- The server ---

  /** Creates a server without attaching it. */
  create(options: Options = {}): ReferenceServer {
    const made = new this.exports.Server({ transports: ['websocket'], ...this.#defaults, ...options });
    this.#others.push(made);
    return made;
  }

  /** Starts the server of this stage on a free port. */
  async serve(options: Options = {}): Promise<ReferenceServer> {
    this.#hidesOffsets = options.connectionStateRecovery !== undefined;
    await this.listen(new this.exports.Server(this.http, { transports: ['websocket'], ...this.#defaults, ...options }));
    return this.io;
  }

  /** Starts the HTTP server of the stage for a server that is attached to it. */
  async listen(io: ReferenceServer): Promise<void> {
    this.io = io;
    await new Promise<void>((resolve) => void this.http.listen(0, '127.0.0.1', resolve));
    this.#port = (this.http.address() as AddressInfo).port;
  }

  /** Resolves when a server that was given a port listens on it. */
  async listening(io: ReferenceServer): Promise<void> {
    this.io = io;
    const http = io.httpServer as HttpServer;
    if (!http.listening) await new Promise<void>((resolve) => void http.once('listening', resolve));
    this.#port = (http.address() as AddressInfo).port;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Connects a client and resolves with both ends of its connection. */
  async join(name: string, nsp = '/', options: ClientOptions = {}): Promise<[client: Socket, socket: ServerSocket]> {
    const client = this.client(name, nsp, options);
    await this.until(name, 'connected');
    return [client, this.io.of(nsp).sockets.get(client.id as string) as ServerSocket];
  }

  // --- Clients ---

  /** Creates a stock client. What happens to it is written down under its name. */
  client(name: string, nsp = '/', options: ClientOptions = {}): Socket {
    return this.clientOf(name, `${this.url}${nsp}`, options);
  }

  clientOf(name: string, url: string, options: ClientOptions = {}): Socket {
    return this.watch(name, io(url, { transports: ['websocket'], forceNew: true, reconnection: false, ...options }));
  }

  /** Creates a client for another namespace on the connection of a client. */
  sibling(name: string, of: Socket, nsp: string, options: Partial<SocketOptions> = {}): Socket {
    return this.watch(name, of.io.socket(nsp, options));
  }

  watch(name: string, client: Socket): Socket {
    this.#clients.push(client);
    client.on('connect', () => {
      this.name(client.id as string, name);
      this.log(name, 'connected', ...(client.recovered ? ['recovered'] : []));
    });
    client.on('disconnect', (reason) => this.log(name, 'disconnected', reason));
    client.on('connect_error', (error: Error & { data?: unknown }) => {
      this.log(name, 'refused', error.message, ...(error.data === undefined ? [] : [error.data]));
    });
    client.onAny((event: string, ...args: unknown[]) => {
      if (this.#hidesOffsets && typeof args.at(-1) === 'string') args.pop();
      this.log(name, 'event', event, ...args.filter((arg) => typeof arg !== 'function'));
    });
    return client;
  }

  /** Opens a WebSocket whose messages, status and end are written down under its name. */
  async raw(name: string, path = '/socket.io/?EIO=4&transport=websocket', headers = {}): Promise<WebSocket> {
    const ws = new WebSocket(`ws://127.0.0.1:${this.port}${path}`, { headers });
    this.#raw.push(ws);
    ws.on('message', (data: Buffer, binary: boolean) => {
      if (!binary && data[0] === 0x30) return; // the open packet: its own scenario compares it
      const text = binary ? data : data.toString().replace(/"(sid|pid)":"[^"]*"/g, '"$1":"..."');
      this.log(name, 'message', text);
    });
    ws.once('upgrade', (response) => this.#onUpgrade(response));
    ws.on('close', () => this.log(name, 'closed'));
    ws.on('unexpected-response', (request, response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => {
        this.log(name, 'response', response.statusCode, body);
        request.destroy();
      });
    });
    ws.on('error', () => {});
    await new Promise<void>((resolve) => {
      for (const event of ['open', 'close', 'unexpected-response']) ws.once(event, () => resolve());
    });
    return ws;
  }

  /** Resolves with the answer to the handshake of the next raw client. */
  async handshakes(_name: string): Promise<IncomingMessage> {
    return new Promise((resolve) => {
      this.#onUpgrade = resolve;
    });
  }

  /** Requests a path. Unlike `fetch`, it adds no headers about caches. */
  async get(
    path: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ status: number; headers: IncomingHttpHeaders; text: string }> {
    return new Promise((resolve) => {
      get(`${this.url}${path}`, { headers }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve({ status: response.statusCode as number, headers: response.headers, text }));
      });
    });
  }

  /** Opens a WebSocket, and resolves with the data of the open packet. */
  async openPacket(): Promise<object> {
    const ws = new WebSocket(`ws://127.0.0.1:${this.port}/socket.io/?EIO=4&transport=websocket`);
    this.#raw.push(ws);
    const text = await new Promise<string>(
      (resolve) => void ws.once('message', (data: Buffer) => resolve(data.toString())),
    );
    return { ...(JSON.parse(text.slice(1)) as object), sid: '...' };
  }

  /** Opens a WebSocket, and resolves with its connection on the server. */
  async rawConnection(name: string): Promise<{ conn: ServerSocket['conn'] }> {
    const opened = new Promise<ServerSocket['conn']>((resolve) => void this.io.engine.once('connection', resolve));
    await this.raw(name);
    return { conn: await opened };
  }

  /** The number of bytes that a client has received. */
  bytesRead(client: Socket): number {
    const { ws } = client.io.engine.transport as unknown as { ws: { ['_socket']: { bytesRead: number } } };
    return ws['_socket'].bytesRead;
  }

  /** Resolves when a condition holds. */
  async poll(condition: () => boolean): Promise<void> {
    const end = Date.now() + PATIENCE;
    while (!condition() && Date.now() < end) await new Promise((resolve) => void setTimeout(resolve, 2));
  }

  // --- Lines ---

  /** Shows a socket id under the name of its client. */
  name(id: string, name: string): void {
    this.#names.set(id, `<${name}>`);
  }

  /** Writes a line for the server or a client. */
  log(actor: string, what: string, ...values: unknown[]): void {
    const lines = this.#lines.get(actor) ?? [];
    this.#lines.set(actor, lines);
    lines.push([what, ...values.map(shown)].join(' '));
    for (const call of this.#written.splice(0)) call();
  }

  /** Writes the result of a call, or that it throws. The two servers do not use the same words. */
  attempt(what: string, call: () => unknown): void {
    try {
      this.log('server', what, call());
    } catch (error) {
      this.log('server', `${what} throws`, error instanceof Error);
    }
  }

  /** Writes the events `disconnecting` and `disconnect` of a socket. */
  watchEnd(socket: ServerSocket, label = ''): void {
    for (const event of ['disconnecting', 'disconnect'] as const) {
      socket.on(event, (reason) => this.log('server', `${label}${event}`, reason));
    }
  }

  /** Resolves when a line of the server or of a client starts with a text, for the n-th time. */
  async until(actor: string, start: string, times = 1): Promise<void> {
    const late = setTimeout(() => {
      this.log(actor, `NEVER: ${start}`);
    }, PATIENCE);
    const seen = (): number => (this.#lines.get(actor) ?? []).filter((line) => line.startsWith(start)).length;
    const failed = (): boolean => (this.#lines.get(actor) ?? []).includes(`NEVER: ${start}`);
    while (seen() < times && !failed()) await new Promise<void>((resolve) => this.#written.push(resolve));
    clearTimeout(late);
    if (failed()) throw new Error(`${actor} never saw ${start}:\n${this.trace().join('\n')}`);
  }

  /**
   * Resolves when everything that was sent has been handled at the other end: two round trips for each connection. The
   * second starts after the turn in which the server handled the first, so it comes after its answers.
   */
  async settle(): Promise<void> {
    for (let trip = 0; trip < 2; trip++) {
      const sockets = [...this.#clients.map(webSocketOf), ...this.#raw].filter((ws) => ws?.readyState === 1);
      await Promise.all([...new Set(sockets)].map((ws) => pong(ws as WebSocket)));
      await new Promise((resolve) => void setImmediate(resolve));
    }
  }

  /** Returns the lines so far: those of the server, then those of each client. */
  trace(): string[] {
    const [server = ['server', []], ...clients] = this.#lines;
    const actors = [server, ...clients.toSorted(([one], [other]) => (one < other ? -1 : 1))];
    return actors.flatMap(([actor, lines]) => lines.map((line) => this.#normalised(`${actor}: ${line}`)));
  }

  #normalised(line: string): string {
    let text = line;
    for (const [id, name] of this.#names) text = text.replaceAll(`'${id}'`, name).replaceAll(id, name);
    return text.replaceAll(/'?\b[\w-]{20}\b'?/g, '<id>').replaceAll(`:${this.#port}`, ':<port>');
  }

  /** The port, also when the server has stopped listening. */
  #port = 0;

  async end(): Promise<void> {
    for (const client of this.#clients) client.io.engine?.close();
    for (const ws of this.#raw) ws.terminate();
    for (const server of [this.io, ...this.#others]) if (server?.httpServer !== undefined) await ended(server);
    await new Promise((resolve) => {
      this.http.close(resolve);
      this.http.closeAllConnections();
    });
  }
}

/** Closing twice is an error of the reference's HTTP server. */
async function ended(server: ReferenceServer): Promise<void> {
  await Promise.resolve(server.close()).catch(() => {});
}

function webSocketOf(client: Socket): WebSocket | undefined {
  const { engine } = client.io as unknown as { engine?: { transport?: { ws?: WebSocket } } };
  return engine?.transport?.ws;
}

function pong(ws: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    ws.once('pong', () => resolve());
    ws.once('close', () => resolve());
    ws.ping();
  });
}

/** Shows a value so that equal values have equal texts. */
function shown(value: unknown): string {
  if (value instanceof Error) {
    const { data } = value as { data?: unknown };
    return `Error(${value.message})${data === undefined ? '' : ` ${shown(data)}`}`;
  }
  if (typeof value === 'string')
    return value.length <= 200 ? `'${value}'` : `'${value.slice(0, 5)}...' of ${value.length}`;
  return inspect(value, { breakLength: Infinity, depth: 6 });
}
