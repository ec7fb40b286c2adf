/**
 * One WebSocket: messages in and out, a heartbeat, one end. It knows nothing of namespaces and events;
 * what the other side of it does with a message is behind `ConnectionHandler`.
 *
 * Whatever a client sends is handled inside `receive`: nothing that is thrown there gets past this
 * connection, and nobody else is disturbed.
 */
import type { Socket as NetSocket } from 'node:net';
import { WebSocket } from 'ws';
import { ProtocolError, SocketIoError } from '../../errors.js';
import { decodeBase64Message, encodeOpenPacket, enginePacketKind } from '../../protocol/index.js';
import { ConnectionFace } from './connection-face.js';
import {
  CLOSE_CODES,
  type CloseReason,
  CONNECTION_TRANSITIONS,
  type ConnectionEvent,
  type ConnectionState,
} from './connection-state.js';
import type { Deflater } from './deflater.js';
import type { ResolvedEngineOptions } from '../engine-options.js';
import { type EnginePacket, packetOf, packetsOf } from './shown-packets.js';
import type { EngineSocket } from './engine-socket.js';
import { Message } from './message.js';
import { contain } from '../contain.js';
import type { HandshakeRequest } from '../handshake/handshake-request.js';
import type { Beating, Heartbeat } from './heartbeat.js';
import type { Batch, Flushable, Outbox } from './outbox.js';

/** Who takes what arrives. The server's `Client` is one. */
export interface ConnectionHandler {
  /** @param text an Engine.IO `message`: its first character is the prefix, the packet starts at 1 */
  onText(text: string): void;
  onBinary(data: Buffer): void;
  /** Once, when nothing more will come or can be sent. */
  onClose(reason: CloseReason, description?: unknown): void;
}

/** What all connections of a server share. */
export interface ConnectionServices {
  readonly options: ResolvedEngineOptions;
  readonly outbox: Outbox;
  readonly heartbeat: Heartbeat;
  /** Sent right after the open packet, if there is one. */
  readonly initial: Message | null;
  /** The WebSocket is gone for good. */
  readonly gone: (connection: Connection) => void;
  /** Whether somebody listens to the server, perhaps to these two. */
  readonly isHeard: () => boolean;
  readonly tell: (event: 'flush' | 'drain', args: readonly unknown[]) => void;
}

const PING = Message.engine('2');

export class Connection extends ConnectionFace implements Beating, Flushable {
  readonly #services: ConnectionServices;
  /** There where compression was agreed on. */
  readonly #deflater: Deflater | null;
  #handler: ConnectionHandler | null = null;
  #state: ConnectionState = 'opening';
  /** Bytes sent since the client was last seen with nothing outstanding. */
  #behind = 0;

  /** @internal Connections are made by the server. */
  constructor(
    id: string,
    ws: EngineSocket,
    socket: NetSocket,
    request: HandshakeRequest,
    services: ConnectionServices,
    deflater: Deflater | null,
  ) {
    super(id, ws, socket, request);
    this.#services = services;
    this.#deflater = deflater;
    ws.belongTo(this);
  }

  override get readyState(): ConnectionState {
    return this.#state;
  }

  /** @internal Sends the open packet and lets messages through. */
  open(handler: ConnectionHandler): void {
    if (!this.#enter('opened')) return;
    this.#handler = handler;
    const { options, heartbeat, initial } = this.#services;
    const { pingInterval, pingTimeout, maxHttpBufferSize } = options;
    this.queue(
      Message.engine(encodeOpenPacket({ sid: this.id, pingInterval, pingTimeout, maxPayload: maxHttpBufferSize })),
    );
    if (initial !== null) this.queue(initial);
    heartbeat.start(this);
  }

  /**
   * Sends at the end of this turn.
   * @internal
   * @param volatile rather lose it than let it wait behind what the client has not taken yet
   */
  queue(message: Message, volatile = false): void {
    if (this.#state !== 'open') return;
    if (volatile && this.ws.bufferedAmount > 0) return;
    if (this.batch === null) {
      this.#services.outbox.add(this);
      this.batch = this.#services.outbox.root;
    }
    this.batch = this.batch.and(message);
    if (this.isHeard) for (const packet of packetsOf(message)) this.notify('packetCreate', [packet]);
  }

  /** Writes what was sent in this turn; cuts off a client that lets more and more wait. */
  flush(): void {
    const batch = this.batch;
    if (batch === null) return;
    this.batch = null;
    // The client may have begun to close: nothing may follow the answer of `ws` to it (RFC 6455, 5.5.1).
    if (this.#state !== 'open' || this.ws.readyState !== WebSocket.OPEN) return;
    if (this.#isTooSlow(batch.bytes)) {
      this.#shut('transport error', new SocketIoError('SLOW_CLIENT', this.#slowness()), null);
    } else if (this.isHeard || this.#services.isHeard()) this.#writeHeard(batch);
    else this.#write(batch);
  }

  /** @internal Ends the connection. What was sent before still goes out. The first reason counts. */
  end(reason: CloseReason, description?: unknown): void {
    this.flush();
    this.#shut(reason, description);
  }

  /** @internal Cuts off a WebSocket whose peer takes no part in closing it. */
  terminate(): void {
    this.ws.terminate();
  }

  ping(): void {
    this.queue(PING);
  }

  timeout(): void {
    this.#shut('ping timeout');
  }

  /** @internal One WebSocket message, inside the guard round everything that a client can cause. */
  receive(data: Buffer, binary: boolean): void {
    if (this.#handler === null) return;
    try {
      const message = binary ? data : data.toString();
      if (this.isHeard) this.#announce(packetOf(message));
      const handler = this.#handler as ConnectionHandler | null; // a listener may have ended it
      if (handler === null) return;
      if (typeof message === 'string') this.#receiveText(message, handler);
      else handler.onBinary(message);
    } catch (error) {
      this.#fault(error);
    }
  }

  /** @internal The same guard for what a client has caused and what is done later. */
  contain(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#fault(error);
    }
  }

  /** @internal `ws` found something wrong, or the network failed. */
  failed(error: Error): void {
    this.#services.options.logger.debug(`connection failed: ${error.message}`);
    this.#shut('transport error', error);
  }

  /** @internal The WebSocket is gone, for whatever reason. */
  gone(): void {
    if (!this.#enter('gone')) return;
    this.#release('transport close'); // unless it ended before, for a reason of its own
    this.#services.gone(this);
  }

  #fault(error: unknown): void {
    if (error instanceof ProtocolError) {
      this.#services.options.logger.debug(`closing connection: ${error.message}`);
      this.end('parse error', error);
    } else {
      this.#services.options.logger.error('closing connection: unexpected error while handling a message', error);
      this.end('forced close', error);
    }
  }

  #receiveText(text: string, handler: ConnectionHandler): void {
    switch (enginePacketKind(text)) {
      case 'message':
        return handler.onText(text);
      case 'pong':
        return this.#services.heartbeat.pong(this);
      case 'close':
        return this.end('transport close');
      case 'ping':
        return this.end('transport error', new ProtocolError('invalid heartbeat direction'));
      case 'open':
      case 'upgrade':
      case 'noop':
        return undefined; // nothing to do over WebSocket
      case null: {
        const bytes = decodeBase64Message(text);
        if (bytes === null) throw new ProtocolError('unknown Engine.IO packet');
        return handler.onBinary(bytes as Buffer);
      }
    }
  }

  #announce(packet: EnginePacket): void {
    this.notify('packet', [packet]);
    if (packet.type === 'pong') this.notify('heartbeat', []);
    if (packet.type !== 'message') return;
    const { data = '' } = packet;
    this.notify('data', [data]);
    this.notify('message', [data]);
  }

  /** The listeners come after the write: what they do cannot get into it. */
  #writeHeard(batch: Batch): void {
    this.#write(batch);
    const packets = batch.messages().flatMap(packetsOf);
    this.notify('flush', [packets]);
    this.#services.tell('flush', [this, packets]);
    this.notify('drain', []);
    this.#services.tell('drain', [this]);
  }

  #write(batch: Batch): void {
    if (batch.joins) this.socket.write(batch.joined(this.#deflater));
    else {
      this.socket.cork();
      for (const message of batch.messages()) this.socket.write(message.frames(this.#deflater));
      this.socket.uncork();
    }
  }

  #shut(reason: CloseReason, description?: unknown, code: number | null = CLOSE_CODES[reason]): void {
    if (!this.#enter('ended')) return;
    if (code === null) this.ws.terminate();
    else this.ws.close(code);
    this.#release(reason, description);
  }

  /** The one exit: lets go of everything, then tells the handler, once. */
  #release(reason: CloseReason, description?: unknown): void {
    const handler = this.#handler;
    this.#handler = null;
    this.batch = null;
    const { heartbeat, options } = this.#services;
    heartbeat.stop(this);
    if (handler === null) return;
    void contain(
      () => handler.onClose(reason, description),
      (error) => options.logger.error('unexpected error while ending a connection', error),
    );
    this.notify('close', [reason, description]);
  }

  protected override behind(next: Flushable): void {
    this.#services.outbox.add(next);
  }

  protected override listenerFailed(what: string, error: unknown): void {
    this.#services.options.logger.error(`${what} of a connection failed`, error);
  }

  #enter(event: ConnectionEvent): boolean {
    const next = CONNECTION_TRANSITIONS[this.#state][event];
    if (next === undefined) return false;
    this.#state = next;
    return true;
  }

  /**
   * A client is too slow when it lags by more than the limit, and more than the limit was sent since it
   * began to lag: one large burst to a quick client is in order.
   */
  #isTooSlow(bytes: number): boolean {
    const waiting = this.ws.bufferedAmount;
    if (waiting === 0) {
      this.#behind = 0;
      return false;
    }
    this.#behind += bytes;
    const { maxBufferedBytes } = this.#services.options;
    return this.#behind > maxBufferedBytes && waiting > maxBufferedBytes;
  }

  #slowness(): string {
    const { maxBufferedBytes } = this.#services.options;
    return `the client left ${this.ws.bufferedAmount} bytes waiting; maxBufferedBytes allows ${maxBufferedBytes}`;
  }
}
