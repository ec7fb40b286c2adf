/**
 * One WebSocket: messages in and out, a heartbeat, one end. It knows nothing of namespaces and events;
 * what the other side of it does with a message is behind `ConnectionHandler`.
 *
 * Whatever a client sends is handled inside `receive`: nothing that is thrown there gets past this
 * connection, and nobody else is disturbed.
 */
import type { Socket as NetSocket } from 'node:net';
import { WebSocket } from 'ws';
import { ProtocolError, SocketIoError } from '../errors.js';
import { decodeBase64Message, encodeOpenPacket, enginePacketKind } from '../protocol/index.js';
import {
  CLOSE_CODES,
  type CloseReason,
  CONNECTION_TRANSITIONS,
  type ConnectionEvent,
  type ConnectionState,
} from './connection-state.js';
import type { ResolvedEngineOptions } from './engine-options.js';
import { Message } from './frame.js';
import { guarded } from './guard.js';
import type { HandshakeRequest } from './handshake-request.js';
import type { Beating, Heartbeat } from './heartbeat.js';
import { createId } from './ids.js';
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
  /** The WebSocket is gone for good. */
  readonly gone: (connection: Connection) => void;
}

const PING = Message.engine('2');

/**
 * A WebSocket that knows its connection: so one listener, without a closure, serves them all.
 * @internal
 */
export class EngineSocket extends WebSocket {
  /** Set by the connection itself, before anything can happen on it. */
  declare connection: Connection;
}

export class Connection implements Beating, Flushable {
  /** The Engine.IO session id. Nobody but the client learns it. */
  readonly id: string = createId();
  readonly request: HandshakeRequest;
  readonly #ws: EngineSocket;
  readonly #socket: NetSocket;
  readonly #services: ConnectionServices;
  #handler: ConnectionHandler | null = null;
  #state: ConnectionState = 'opening';
  /** What was sent in this turn. */
  #batch: Batch | null = null;
  /** Bytes sent since the client was last seen with nothing outstanding. */
  #behind = 0;

  /** @internal Connections are made by the server. */
  constructor(ws: EngineSocket, socket: NetSocket, request: HandshakeRequest, services: ConnectionServices) {
    this.#ws = ws;
    this.#socket = socket;
    this.request = request;
    this.#services = services;
    ws.connection = this;
    ws.on('message', onMessage);
    ws.on('error', onError);
    ws.on('close', onClose);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  /** Bytes that were sent and that the client's side has not taken yet. */
  get bufferedAmount(): number {
    return this.#ws.bufferedAmount + (this.#batch?.bytes ?? 0);
  }

  /** Sends the open packet and lets messages through. */
  open(handler: ConnectionHandler): void {
    if (!this.#enter('opened')) return;
    this.#handler = handler;
    const { options, heartbeat } = this.#services;
    const { pingInterval, pingTimeout, maxHttpBufferSize } = options;
    this.send(
      Message.engine(encodeOpenPacket({ sid: this.id, pingInterval, pingTimeout, maxPayload: maxHttpBufferSize })),
    );
    heartbeat.start(this);
  }

  /**
   * Sends at the end of this turn.
   * @param volatile rather lose it than let it wait behind what the client has not taken yet
   */
  send(message: Message, volatile = false): void {
    if (this.#state !== 'open') return;
    if (volatile && this.#ws.bufferedAmount > 0) return;
    if (this.#batch === null) {
      this.#services.outbox.add(this);
      this.#batch = this.#services.outbox.root;
    }
    this.#batch = this.#batch.and(message);
  }

  /** Writes what was sent in this turn; cuts off a client that lets more and more wait. */
  flush(): void {
    const batch = this.#batch;
    if (batch === null) return;
    this.#batch = null;
    // The client may have begun to close: nothing may follow the answer of `ws` to it (RFC 6455, 5.5.1).
    if (this.#state !== 'open' || this.#ws.readyState !== WebSocket.OPEN) return;
    if (this.#isTooSlow(batch.bytes)) {
      this.#end('transport error', new SocketIoError('SLOW_CLIENT', this.#slowness()), null);
    } else if (this.#ws.extensions !== '') this.#deflate(batch);
    else if (batch.joins) this.#socket.write(batch.joined());
    else {
      this.#socket.cork();
      for (const { wire } of batch.messages()) this.#socket.write(wire);
      this.#socket.uncork();
    }
  }

  /** Ends the connection. What was sent before still goes out. The first reason counts. */
  close(reason: CloseReason, description?: unknown): void {
    this.flush();
    this.#end(reason, description);
  }

  /** Cuts off a WebSocket whose peer takes no part in closing it. */
  terminate(): void {
    this.#ws.terminate();
  }

  ping(): void {
    this.send(PING);
  }

  timeout(): void {
    this.#end('ping timeout');
  }

  /** One WebSocket message, inside the guard round everything that a client can cause. */
  receive(data: Buffer, binary: boolean): void {
    const handler = this.#handler;
    if (handler === null) return;
    try {
      if (binary) handler.onBinary(data);
      else this.#receiveText(data.toString(), handler);
    } catch (error) {
      this.#fault(error);
    }
  }

  /** The same guard for what a client has caused and what is done later. */
  guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#fault(error);
    }
  }

  /** `ws` found something wrong, or the network failed. */
  failed(error: Error): void {
    this.#services.options.logger.debug(`connection failed: ${error.message}`);
    this.#end('transport error', error);
  }

  /** The WebSocket is gone, for whatever reason. */
  gone(): void {
    if (!this.#enter('gone')) return;
    this.#release('transport close'); // unless it ended before, for a reason of its own
    this.#services.gone(this);
  }

  #fault(error: unknown): void {
    if (error instanceof ProtocolError) {
      this.#services.options.logger.debug(`closing connection: ${error.message}`);
      this.close('parse error', error);
    } else {
      this.#services.options.logger.error('closing connection: unexpected error while handling a message', error);
      this.close('forced close', error);
    }
  }

  #receiveText(text: string, handler: ConnectionHandler): void {
    switch (enginePacketKind(text)) {
      case 'message':
        return handler.onText(text);
      case 'pong':
        return this.#services.heartbeat.pong(this);
      case 'close':
        return this.close('transport close');
      case 'ping':
        return this.close('transport error', new ProtocolError('invalid heartbeat direction'));
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

  #end(reason: CloseReason, description?: unknown, code: number | null = CLOSE_CODES[reason]): void {
    if (!this.#enter('ended')) return;
    if (code === null) this.#ws.terminate();
    else this.#ws.close(code);
    this.#release(reason, description);
  }

  /** The one exit: lets go of everything, then tells the handler, once. */
  #release(reason: CloseReason, description?: unknown): void {
    const handler = this.#handler;
    this.#handler = null;
    this.#batch = null;
    const { heartbeat, options } = this.#services;
    heartbeat.stop(this);
    if (handler === null) return;
    void guarded(
      () => handler.onClose(reason, description),
      (error) => options.logger.error('unexpected error while ending a connection', error),
    );
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
    const waiting = this.#ws.bufferedAmount;
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
    return `the client left ${this.#ws.bufferedAmount} bytes waiting; maxBufferedBytes allows ${maxBufferedBytes}`;
  }

  #deflate(batch: Batch): void {
    for (const message of batch.messages()) {
      for (const { binary, data } of message.payloads()) this.#ws.send(data, { binary, compress: message.compress });
    }
  }
}

function onMessage(this: WebSocket, data: unknown, binary: boolean): void {
  connectionOf(this).receive(data as Buffer, binary); // a Buffer: the binaryType is never changed
}

function onError(this: WebSocket, error: Error): void {
  connectionOf(this).failed(error);
}

function onClose(this: WebSocket): void {
  connectionOf(this).gone();
}

function connectionOf(ws: WebSocket): Connection {
  return (ws as EngineSocket).connection;
}
