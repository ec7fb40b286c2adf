/**
 * One connection of a test client: a real WebSocket over a connection in memory. It answers the heartbeat and passes
 * each packet to the client of its namespace.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { SocketIoError } from '../errors.js';
import {
  type Codec,
  DEFAULT_PACKET_LIMITS,
  encodeEnginePacket,
  enginePacketKind,
  type Packet,
  type PacketDecoder,
  PacketType,
} from '../protocol/internal.js';
import { ConnectionRefused, resolveCodec } from '../server/internal.js';
import type { ServerMonitor } from './server-monitor.js';
import {
  DEFAULT_TIMEOUT,
  handshakeHeaders,
  handshakeUrl,
  LOCALHOST,
  type TestClientOptions,
} from './test-client-options.js';
import type { ResolvedTarget } from './test-target.js';

/**
 * The reasons that the stock client uses.
 * @publicApi
 */
export type TestDisconnectReason = 'io server disconnect' | 'io client disconnect' | 'transport close';

/**
 * How the server has closed a connection. Without a close frame, the code is 1006.
 * @publicApi
 */
export interface TestCloseFrame {
  readonly code: number;
  readonly reason: string;
}

/** The client of one namespace of the connection. */
export interface NamespaceClient {
  onPacket(packet: Packet): void;
  onDisconnect(reason: TestDisconnectReason): void;
}

/** Servers limit what clients send. A test client accepts whatever its own server sends. */
const LIMITS = {
  ...DEFAULT_PACKET_LIMITS,
  attachmentBytes: Number.POSITIVE_INFINITY,
  containers: Number.POSITIVE_INFINITY,
};

export class TestConnection {
  readonly monitor: ServerMonitor;
  /** The maximum time, in ms, that its clients wait for handlers to finish. */
  readonly timeout: number;
  /** The headers of the response to the handshake request. */
  responseHeaders: IncomingHttpHeaders = {};
  /** How the connection was closed; `null` until then. */
  closeFrame: TestCloseFrame | null = null;
  readonly #ws: WebSocket;
  readonly #codec: Codec;
  readonly #decoder: PacketDecoder;
  readonly #clients = new Map<string, NamespaceClient>();
  readonly #opened: Promise<void>;

  private constructor({ monitor, http }: ResolvedTarget, options: TestClientOptions) {
    this.monitor = monitor;
    this.timeout = options.timeout ?? DEFAULT_TIMEOUT;
    this.#codec = resolveCodec(options, LIMITS);
    this.#decoder = this.#codec.decoder();
    const ws = new WebSocket(handshakeUrl(monitor.server.sockets.path, options), {
      headers: handshakeHeaders(options),
      perMessageDeflate: false,
      // The types of `ws` require a `net.Socket`; any Duplex works.
      createConnection: () => monitor.connect(http, options.address ?? LOCALHOST) as never,
    });
    this.#ws = ws;
    ws.on('upgrade', ({ headers }) => (this.responseHeaders = headers));
    ws.on('message', (data: Buffer, binary) => this.#receive(data, binary));
    ws.on('error', () => {}); // `close` follows
    this.#opened = new Promise((resolve, reject) => {
      ws.once('message', () => resolve()); // the open packet
      ws.once('unexpected-response', (_request, response) => void refusalOf(response).then(reject));
      ws.once('error', reject);
      ws.once('close', (code) => {
        reject(new SocketIoError('CLIENT_GONE', `the server closed the connection with code ${code}`));
      });
    });
    ws.once('close', (code, reason) => {
      this.closeFrame = { code, reason: reason.toString() };
      this.#disconnectAll('transport close');
    });
  }

  /** @throws ConnectionRefused if the handshake is refused; `data` has the `status` and `body` of the response */
  static async open(target: ResolvedTarget, options: TestClientOptions): Promise<TestConnection> {
    const connection = new TestConnection(target, options);
    connection.monitor.running('the handshake of a client', connection.#opened);
    try {
      await connection.monitor.expect<void>(
        ({ resolve, reject }) => void connection.#opened.then(resolve, reject),
        () =>
          new SocketIoError(
            'NOT_RECEIVED',
            'the handshake was not answered: check that allowRequest and cors.origin always answer',
          ),
        connection,
      );
    } catch (error) {
      connection.terminate();
      throw error;
    }
    return connection;
  }

  /** @throws SocketIoError `INVALID_ARGUMENT` if the connection has a client in the namespace already */
  add(nsp: string, client: NamespaceClient): void {
    if (this.#clients.has(nsp)) {
      throw new SocketIoError('INVALID_ARGUMENT', `this connection is in ${nsp} already: connect another client`);
    }
    this.#clients.set(nsp, client);
  }

  /** Closes the connection with its last namespace. */
  remove(nsp: string): void {
    this.#clients.delete(nsp);
    if (this.#clients.size === 0) this.#ws.close();
  }

  /** @throws any exception of the codec, for values that cannot be encoded */
  send(packet: Packet): void {
    const encoded = this.#codec.encode(packet);
    for (const part of typeof encoded === 'string' ? [encoded] : encoded) {
      this.#ws.send(typeof part === 'string' ? encodeEnginePacket('message', part) : part);
    }
  }

  /** Leaves all namespaces and closes the connection. */
  close(): void {
    for (const nsp of this.#clients.keys()) this.send({ type: PacketType.DISCONNECT, nsp });
    this.#ws.close();
    this.#disconnectAll('io client disconnect');
  }

  /** Drops the connection without a closing handshake. */
  terminate(): void {
    this.#ws.terminate();
  }

  #receive(data: Buffer, binary: boolean): void {
    try {
      const packet = binary ? this.#decoder.binary(data) : this.#receiveText(data.toString());
      if (packet !== null) this.#clients.get(packet.nsp)?.onPacket(packet);
    } catch (error) {
      this.monitor.failed('a client could not decode a packet of the server', error);
      this.terminate();
    }
  }

  #receiveText(text: string): Packet | null {
    const kind = enginePacketKind(text);
    if (kind === 'message') return this.#decoder.text(text, 1);
    if (kind === 'ping') this.#ws.send(encodeEnginePacket('pong'));
    return null;
  }

  #disconnectAll(reason: TestDisconnectReason): void {
    const clients = [...this.#clients.values()];
    this.#clients.clear();
    for (const client of clients) client.onDisconnect(reason);
  }
}

/** Returns the error for a refused handshake. */
async function refusalOf(response: IncomingMessage): Promise<ConnectionRefused> {
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += String(chunk);
  const { statusCode: status } = response;
  return new ConnectionRefused(`the server refused the handshake with ${status}: ${body}`, { status, body });
}
