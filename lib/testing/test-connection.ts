/**
 * One connection of a test client: a real WebSocket over a connection in memory. It answers the heartbeat and
 * hands each packet to the client of its namespace.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import {
  type Codec,
  codecOf,
  DEFAULT_PACKET_LIMITS,
  encodeEnginePacket,
  enginePacketKind,
  type Packet,
  type PacketDecoder,
  PacketType,
} from '../protocol/index.js';
import { SocketIoError } from '../errors.js';
import { ConnectionRefused } from '../server/index.js';
import {
  DEFAULT_TIMEOUT,
  handshakeHeaders,
  handshakeUrl,
  LOCALHOST,
  type TestClientOptions,
} from './test-client-options.js';
import type { Stage } from './server-monitor.js';
import type { Door } from './test-target.js';

/** As the stock client names them. */
export type TestDisconnectReason = 'io server disconnect' | 'io client disconnect' | 'transport close';

/** Who is in a namespace. */
export interface Member {
  receive(packet: Packet): void;
  lost(reason: TestDisconnectReason): void;
}

/** Servers bound what clients send; a client takes what its own server sends. */
const LIMITS = { ...DEFAULT_PACKET_LIMITS, maxAttachmentBytes: Number.POSITIVE_INFINITY };

export class Link {
  readonly stage: Stage;
  /** ms for which its clients wait, at most, for handlers to end. */
  readonly timeout: number;
  /** Of the answer to the handshake. */
  responseHeaders: IncomingHttpHeaders = {};
  readonly #ws: WebSocket;
  readonly #codec: Codec;
  readonly #decoder: PacketDecoder;
  readonly #members = new Map<string, Member>();
  readonly #opened: Promise<void>;

  private constructor({ stage, http }: Door, options: TestClientOptions) {
    this.stage = stage;
    this.timeout = options.timeout ?? DEFAULT_TIMEOUT;
    this.#codec = codecOf(LIMITS, options.parser, options.json);
    this.#decoder = this.#codec.decoder();
    const ws = new WebSocket(handshakeUrl(stage.server.sockets.path, options), {
      headers: handshakeHeaders(options),
      perMessageDeflate: false,
      // The types of `ws` ask for a socket of `net`; it is content with any Duplex.
      createConnection: () => stage.dial(http, options.address ?? LOCALHOST) as never,
    });
    this.#ws = ws;
    ws.on('upgrade', ({ headers }) => (this.responseHeaders = headers));
    ws.on('message', (data: Buffer, binary) => this.#receive(data, binary));
    ws.on('error', () => {}); // a `close` follows
    this.#opened = new Promise((resolve, reject) => {
      ws.once('message', () => resolve()); // the open packet
      ws.once('unexpected-response', (_request, response) => void refusalOf(response).then(reject));
      ws.once('error', reject);
      ws.once('close', (code) => reject(new SocketIoError('CLIENT_GONE', `the server closed with code ${code}`)));
    });
    ws.once('close', () => this.#lose('transport close'));
  }

  /** @throws ConnectionRefused when the server refuses the handshake; its `data` has `status` and `body` of the answer */
  static async open(door: Door, options: TestClientOptions): Promise<Link> {
    const link = new Link(door, options);
    link.stage.running('the handshake of a client', link.#opened);
    try {
      await link.stage.expect<void>(
        ({ resolve, reject }) => void link.#opened.then(resolve, reject),
        () =>
          new SocketIoError('NOT_RECEIVED', 'the handshake was not answered: do allowRequest and cors.origin answer?'),
        link,
      );
    } catch (error) {
      link.terminate();
      throw error;
    }
    return link;
  }

  /** @throws SocketIoError `INVALID_ARGUMENT` for a namespace that it is in already */
  enter(nsp: string, member: Member): void {
    if (this.#members.has(nsp)) {
      throw new SocketIoError('INVALID_ARGUMENT', `this connection is in ${nsp} already: connect another client`);
    }
    this.#members.set(nsp, member);
  }

  /** The connection ends with its last namespace. */
  leave(nsp: string): void {
    this.#members.delete(nsp);
    if (this.#members.size === 0) this.#ws.close();
  }

  /** @throws whatever the codec throws for what cannot be sent */
  send(packet: Packet): void {
    const encoded = this.#codec.encode(packet);
    for (const part of typeof encoded === 'string' ? [encoded] : encoded) {
      this.#ws.send(typeof part === 'string' ? encodeEnginePacket('message', part) : part);
    }
  }

  /** Leaves all namespaces, and ends the connection. */
  close(): void {
    for (const nsp of this.#members.keys()) this.send({ type: PacketType.DISCONNECT, nsp });
    this.#ws.close();
    this.#lose('io client disconnect');
  }

  /** Cuts the connection. */
  terminate(): void {
    this.#ws.terminate();
  }

  #receive(data: Buffer, binary: boolean): void {
    try {
      const packet = binary ? this.#decoder.binary(data) : this.#receiveText(data.toString());
      if (packet !== null) this.#members.get(packet.nsp)?.receive(packet);
    } catch (error) {
      this.stage.failed('a client cannot read what the server sent', error);
      this.terminate();
    }
  }

  #lose(reason: TestDisconnectReason): void {
    const members = [...this.#members.values()];
    this.#members.clear();
    for (const member of members) member.lost(reason);
  }

  #receiveText(text: string): Packet | null {
    const kind = enginePacketKind(text);
    if (kind === 'message') return this.#decoder.text(text, 1);
    if (kind === 'ping') this.#ws.send(encodeEnginePacket('pong'));
    return null;
  }
}

/** What a client is told whose handshake is refused. */
async function refusalOf(response: IncomingMessage): Promise<ConnectionRefused> {
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += String(chunk);
  const { statusCode: status } = response;
  return new ConnectionRefused(`the server refused the handshake with ${status}: ${body}`, { status, body });
}
