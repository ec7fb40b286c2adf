/**
 * The public side of a connection, under the names that Engine.IO uses: its attributes, and the packets as its listeners
 * see them. Nothing is decided here; the behaviour is in `connection.ts`.
 * Source: Engine.IO, `Socket`; `socket.conn` of Socket.IO.
 */
import type { EventEmitter } from 'node:events';
import type { Socket as NetSocket } from 'node:net';
import { WebSocket } from 'ws';
import { quote } from '../../errors.js';
import { contain } from '../contain.js';
import { clientAddress } from '../handshake/client-address.js';
import { type HandshakeData, type HandshakeRequest, ReleasedRequest } from '../handshake/handshake-request.js';
import { Listenable } from '../listenable.js';
import type { LogFields } from '../log-fields.js';
import type { ConnectionServices } from './connection-services.js';
import type { CloseReason, ConnectionState } from './connection-state.js';
import type { EngineSocket } from './engine-socket.js';
import type { LatestValues } from './latest-values.js';
import { engineMessage, type Message } from './message.js';
import type { Batch, Flushable } from './outbox.js';
import { type EnginePacket, shownPacket, shownPackets } from './shown-packets.js';

/**
 * Source: Engine.IO, the events of its `Socket`. Listeners cost time only on the connection they listen to.
 * @publicApi
 */
export interface ConnectionEvents {
  /** Each packet that arrives, before it is handled. */
  packet: [packet: EnginePacket];
  /** Each packet that is sent, at the time of the call. */
  packetCreate: [packet: EnginePacket];
  /** Each message that arrives, as text or bytes. */
  data: [data: string | Buffer];
  /** The same as `data`. */
  message: [data: string | Buffer];
  /** The client answered a ping. */
  heartbeat: [];
  /** The packets of a turn have been written. */
  flush: [packets: EnginePacket[]];
  /** Right after `flush`: more packets may be sent. */
  drain: [];
  /** Emitted once, after the sockets of the connection have been notified. */
  close: [reason: CloseReason, description?: unknown];
  /** Never emitted: errors of a connection are passed as the `description` of `close`. */
  error: [error: Error];
  /** Never emitted: a connection starts as a WebSocket, so there is nothing to upgrade. */
  upgrading: [transport: Transport];
  /** Never emitted, for the same reason. */
  upgrade: [transport: Transport];
}

/** @publicApi */
export interface SendOptions {
  /** Whether to compress the message if permessage-deflate was negotiated. @default true */
  readonly compress?: boolean;
}

/**
 * Called when the message has been handed to the operating system. Not called if the connection ends first.
 * @publicApi
 */
export type SendCallback = (transport: Transport) => void;

/**
 * The documented part of a WebSocket of the package `ws`, declared here so that users do not need its types.
 * @publicApi
 */
export interface RawWebSocket extends EventEmitter {
  readonly readyState: 0 | 1 | 2 | 3;
  /** bytes */
  readonly bufferedAmount: number;
  send(data: string | Uint8Array): void;
  ping(): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
}

const EMPTY = Buffer.alloc(0);

export abstract class ConnectionFace extends Listenable<ConnectionEvents> {
  /** The Engine.IO session id: a secret between the server and this client. */
  readonly id: string;
  #request: HandshakeRequest | ReleasedRequest;
  /** @internal */
  protected readonly ws: EngineSocket;
  /** @internal */
  protected readonly socket: NetSocket;
  /** @internal */
  protected readonly services: ConnectionServices;
  /** @internal The messages of this turn that are not written yet. */
  protected batch: Batch | null = null;
  /** @internal The latest values that wait because the client lags; `null` if there are none. */
  protected latest: LatestValues | null = null;

  /** @internal */
  constructor(
    id: string,
    ws: EngineSocket,
    socket: NetSocket,
    request: HandshakeRequest,
    services: ConnectionServices,
  ) {
    super();
    this.id = id;
    this.ws = ws;
    this.socket = socket;
    this.#request = request;
    this.services = services;
  }

  // --- Public attributes ---

  abstract get readyState(): ConnectionState;

  /** The HTTP request that opened the connection. `null` once the application has set it to `null`. */
  get request(): HandshakeRequest {
    return (this.#request instanceof ReleasedRequest ? null : this.#request) as HandshakeRequest;
  }

  /** Set it to `null` to release a request that middlewares of the engine wanted whole. Its plain data stays. */
  set request(request: HandshakeRequest | null) {
    this.#request = request ?? new ReleasedRequest(this.#request);
  }

  /** @internal The plain data of the request, which is there even if the application has released the request. */
  get handshakeData(): HandshakeData {
    return this.#request;
  }

  /** The revision of the Engine.IO protocol. */
  get protocol(): 4 {
    return 4;
  }

  get transport(): Transport {
    return Transport.of(this.ws);
  }

  /** The remote address of the TCP connection. Behind a proxy, this is the address of the proxy. */
  get remoteAddress(): string {
    return this.#request.address;
  }

  get upgrading(): false {
    return false;
  }

  get upgraded(): false {
    return false;
  }

  /** A copy of the packets of this turn that are not written yet. */
  get writeBuffer(): EnginePacket[] {
    return this.batch?.messages().flatMap(shownPackets) ?? [];
  }

  /** @internal Whether messages of this turn are not written yet. */
  get hasUnwritten(): boolean {
    return this.batch !== null;
  }

  get bytesRead(): number {
    return this.socket.bytesRead;
  }

  /** Bytes that were sent but not yet accepted by the client's side. */
  get bufferedAmount(): number {
    return this.ws.bufferedAmount + (this.batch?.bytes ?? 0) + (this.latest?.bytes ?? 0);
  }

  // --- Public methods ---

  /**
   * Sends an Engine.IO message that is not a Socket.IO packet. A stock Socket.IO client accepts none; clients that
   * speak Engine.IO alone do. `null` sends nothing.
   * @throws SocketIoError `INVALID_ARGUMENT` for anything but text and bytes
   */
  send(data: string | Uint8Array, options?: SendOptions | SendCallback, callback?: SendCallback): this {
    const [given, done] = typeof options === 'function' ? [undefined, options] : [options, callback];
    // Code for Engine.IO passes `null` to send nothing: an empty message would be a packet that no client can read.
    if ((data as unknown) !== null && data !== undefined) this.queue(engineMessage(data, given?.compress !== false));
    if (done !== undefined && this.readyState === 'open') this.flushAfter({ flush: () => this.#callWhenSent(done) });
    return this;
  }

  /** The same as {@link send}. */
  write(data: string | Uint8Array, options?: SendOptions | SendCallback, callback?: SendCallback): this {
    return this.send(data, options, callback);
  }

  /**
   * Ends the connection with the reason `forced close`.
   * @param discard whether to drop the messages of this turn instead of sending them first
   */
  close(discard = false): void {
    if (discard) this.batch = this.latest = null;
    this.end('forced close');
  }

  /** @internal */
  abstract queue(message: Message): void;

  /** @internal */
  abstract end(reason: CloseReason): void;

  // --- Inside ---

  /** @internal The address of the client for log lines; behind a trusted proxy, not that of the proxy. */
  get quotedAddress(): string {
    return quote(this.#address);
  }

  /** @internal */
  get logFields(): LogFields {
    return { connection: this.id, address: this.#address };
  }

  get #address(): string {
    return clientAddress(this.handshakeData, this.services.options.proxyTrust);
  }

  /** @internal Flushes `next` at the end of this turn, after this connection. */
  protected flushAfter(next: Flushable): void {
    this.services.outbox.add(next);
  }

  // --- Inside: listeners ---

  /** @internal */
  protected notifyReceived(message: string | Buffer): void {
    const packet = shownPacket(message);
    this.notify('packet', [packet]);
    if (packet.type === 'pong') this.notify('heartbeat', []);
    if (packet.type !== 'message') return;
    const { data = '' } = packet;
    this.notify('data', [data]);
    this.notify('message', [data]);
  }

  /** @internal */
  protected notifyQueued(message: Message): void {
    for (const packet of shownPackets(message)) this.notify('packetCreate', [packet]);
  }

  /** @internal Called after the write, so that messages of the listeners belong to the next one. */
  protected notifyWritten(batch: Batch): void {
    const packets = batch.messages().flatMap(shownPackets);
    this.notify('flush', [packets]);
    this.services.notify('flush', [this, packets]);
    this.notify('drain', []);
    this.services.notify('drain', [this]);
  }

  protected override listenerFailed(what: string, error: unknown): void {
    this.services.options.logger.error(`${what} of a connection failed`, error, this.logFields);
  }

  #callWhenSent(done: SendCallback): void {
    if (this.readyState !== 'open') return;
    this.socket.write(EMPTY, (error) => {
      if (error != null) return;
      void contain(
        () => done(this.transport),
        (failure) => this.listenerFailed('a callback of send', failure),
      );
    });
  }
}

/** One transport per WebSocket, so that `conn.transport` is always the same object. */
const transports = new WeakMap<WebSocket, Transport>();

/**
 * The WebSocket of a connection, as Socket.IO's `conn.transport`. Created on first access.
 * @publicApi
 */
export class Transport {
  readonly name = 'websocket';
  /** A WebSocket of the package `ws`. Data sent on it directly may overtake messages of the current turn. */
  readonly socket: RawWebSocket;

  private constructor(socket: WebSocket) {
    this.socket = socket;
  }

  /** @internal */
  static of(socket: WebSocket): Transport {
    let transport = transports.get(socket);
    if (transport === undefined) transports.set(socket, (transport = new Transport(socket)));
    return transport;
  }

  /** Whether the client has accepted everything written so far. */
  get writable(): boolean {
    return this.socket.readyState === WebSocket.OPEN && this.socket.bufferedAmount === 0;
  }
}
