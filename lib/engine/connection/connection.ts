/**
 * One WebSocket: incoming and outgoing messages, the heartbeat, and exactly one end. It knows nothing of namespaces
 * and events; messages are handled by a `ConnectionHandler` of the layer above.
 *
 * Everything a client sends is handled inside `receive`. An exception there closes this connection and affects no
 * other.
 */
import type { Socket as NetSocket } from 'node:net';
import { WebSocket } from 'ws';
import { ProtocolError, SocketIoError } from '../../errors.js';
import { decodeBase64Message, encodeOpenPacket, enginePacketKind } from '../../protocol/internal.js';
import { contain } from '../contain.js';
import type { ResolvedEngineOptions } from '../engine-options.js';
import type { HandshakeRequest } from '../handshake/handshake-request.js';
import { closeFrame } from './client-reason.js';
import { ConnectionFace } from './connection-face.js';
import {
  type CloseReason,
  CONNECTION_TRANSITIONS,
  type ConnectionState,
  type ConnectionTransition,
} from './connection-state.js';
import type { Deflater } from './deflater.js';
import type { EngineSocket } from './engine-socket.js';
import type { Heartbeat, Pingable } from './heartbeat.js';
import { Message } from './message.js';
import type { Batch, Flushable, Outbox } from './outbox.js';
import { type EnginePacket, shownPacket, shownPackets } from './shown-packets.js';

/** Handles the messages of one connection. The server's `Client` implements it. */
export interface ConnectionHandler {
  /** @param text an Engine.IO `message`: the first character is its prefix, the Socket.IO packet starts at index 1 */
  onText(text: string): void;
  onBinary(data: Buffer): void;
  /** Called once, when nothing more can be received or sent. */
  onClose(reason: CloseReason, description?: unknown): void;
}

/** Shared by all connections of a server. */
export interface ConnectionServices {
  readonly options: ResolvedEngineOptions;
  readonly outbox: Outbox;
  readonly heartbeat: Heartbeat;
  /** Sent right after the open packet, unless `null`. */
  readonly initialMessage: Message | null;
  /** Called when the WebSocket of a connection is gone. */
  readonly onClosed: (connection: Connection) => void;
  /** The server, which may have listeners of `flush` and `drain`. */
  readonly server: { readonly hasListeners: boolean };
  readonly notify: (event: 'flush' | 'drain', args: readonly unknown[]) => void;
}

const PING = Message.engine('2');

export class Connection extends ConnectionFace implements Pingable, Flushable {
  readonly #services: ConnectionServices;
  /** Set if compression was negotiated. */
  readonly #deflater: Deflater | null;
  #handler: ConnectionHandler | null = null;
  #state: ConnectionState = 'opening';
  /** Bytes sent since the client's buffer was last seen empty. */
  #bytesSinceEmpty = 0;

  /** @internal Connections are created by the server. */
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
    ws.bindTo(this);
  }

  override get readyState(): ConnectionState {
    return this.#state;
  }

  // --- Opening and sending ---

  /** @internal Sends the open packet and starts to pass messages to `handler`. */
  open(handler: ConnectionHandler): void {
    if (!this.#transition('opened')) return;
    this.#handler = handler;
    const { options, heartbeat, initialMessage } = this.#services;
    const { pingInterval, pingTimeout, maxHttpBufferSize } = options;
    this.queue(
      Message.engine(encodeOpenPacket({ sid: this.id, pingInterval, pingTimeout, maxPayload: maxHttpBufferSize })),
    );
    if (initialMessage !== null) this.queue(initialMessage);
    heartbeat.start(this);
  }

  /**
   * Queues a message to be sent at the end of this turn.
   * @internal
   * @param volatile drops the message if the client has not yet accepted earlier ones
   */
  queue(message: Message, volatile = false): void {
    if (this.#state !== 'open') return;
    if (volatile && this.ws.bufferedAmount > 0) return;
    if (this.batch === null) {
      this.#services.outbox.add(this);
      this.batch = this.#services.outbox.root;
    }
    this.batch = this.batch.append(message);
    if (this.hasListeners) for (const packet of shownPackets(message)) this.notify('packetCreate', [packet]);
  }

  /** Writes the messages of this turn, or ends the connection if the client is too slow. */
  flush(): void {
    const batch = this.batch;
    if (batch === null) return;
    this.batch = null;
    // If the client has started to close, nothing may follow the close frame that `ws` answers with (RFC 6455, 5.5.1).
    if (this.#state !== 'open' || this.ws.readyState !== WebSocket.OPEN) return;
    if (this.#isTooSlow(batch.bytes)) {
      this.#shut('transport error', new SocketIoError('SLOW_CLIENT', this.#slowClientMessage()), true);
    } else if (this.hasListeners || this.#services.server.hasListeners) this.#writeAndNotify(batch);
    else this.#write(batch);
  }

  ping(): void {
    this.queue(PING);
  }

  // --- Receiving ---

  /** @internal Handles one WebSocket message. An exception closes the connection. */
  receive(data: Buffer, binary: boolean): void {
    if (this.#handler === null) return;
    try {
      const message = binary ? data : data.toString();
      if (this.hasListeners) this.#notifyReceived(shownPacket(message));
      const handler = this.#handler as ConnectionHandler | null; // a listener may have ended the connection
      if (handler === null) return;
      if (typeof message === 'string') this.#receiveText(message, handler);
      else handler.onBinary(message);
    } catch (error) {
      this.#closeAfter(error);
    }
  }

  /** @internal Runs deferred work that a client caused. As in {@link receive}, an exception closes the connection. */
  contain(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#closeAfter(error);
    }
  }

  // --- Ending ---

  /** @internal Ends the connection after sending the messages of this turn. Only the first reason counts. */
  end(reason: CloseReason, description?: unknown): void {
    this.flush();
    this.#shut(reason, description);
  }

  /** @internal Destroys the WebSocket without a closing handshake. */
  terminate(): void {
    this.ws.terminate();
  }

  timeout(): void {
    this.#shut('ping timeout');
  }

  /** @internal `ws` reported a protocol violation, or the network failed. */
  socketFailed(error: Error): void {
    this.#services.options.logger.debug(`connection failed: ${error.message}`);
    this.#shut('transport error', error);
  }

  /** @internal The WebSocket is gone, whatever the reason. */
  socketClosed(): void {
    if (!this.#transition('gone')) return;
    this.#release('transport close'); // no effect if the connection already ended for another reason
    this.#services.onClosed(this);
  }

  // --- Inside ---

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

  #closeAfter(error: unknown): void {
    if (error instanceof ProtocolError) {
      this.#services.options.logger.debug(`closing connection: ${error.message}`);
      this.end('parse error', error);
    } else {
      this.#services.options.logger.error('closing connection: unexpected error while handling a message', error);
      this.end('forced close', error);
    }
  }

  #notifyReceived(packet: EnginePacket): void {
    this.notify('packet', [packet]);
    if (packet.type === 'pong') this.notify('heartbeat', []);
    if (packet.type !== 'message') return;
    const { data = '' } = packet;
    this.notify('data', [data]);
    this.notify('message', [data]);
  }

  /** Listeners run after the write, so their own messages belong to the next write. */
  #writeAndNotify(batch: Batch): void {
    this.#write(batch);
    const packets = batch.messages().flatMap(shownPackets);
    this.notify('flush', [packets]);
    this.#services.notify('flush', [this, packets]);
    this.notify('drain', []);
    this.#services.notify('drain', [this]);
  }

  #write(batch: Batch): void {
    if (batch.joins) this.socket.write(batch.joined(this.#deflater));
    else {
      this.socket.cork();
      for (const message of batch.messages()) this.socket.write(message.frames(this.#deflater));
      this.socket.uncork();
    }
  }

  /** @param terminates whether to skip the closing handshake, whatever the reason */
  #shut(reason: CloseReason, description?: unknown, terminates = false): void {
    if (!this.#transition('ended')) return;
    const frame = terminates ? null : closeFrame(reason, description);
    if (frame === null) this.ws.terminate();
    else this.ws.close(...frame);
    this.#release(reason, description);
  }

  /** The only exit: releases everything, then notifies the handler and the listeners, once. */
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

  protected override flushAfter(next: Flushable): void {
    this.#services.outbox.add(next);
  }

  protected override listenerFailed(what: string, error: unknown): void {
    this.#services.options.logger.error(`${what} of a connection failed`, error);
  }

  /** @returns whether the transition has an effect in the present state */
  #transition(transition: ConnectionTransition): boolean {
    const next = CONNECTION_TRANSITIONS[this.#state][transition];
    if (next === undefined) return false;
    this.#state = next;
    return true;
  }

  /**
   * A client is too slow if more than the limit is waiting for it, and more than the limit was sent since it fell
   * behind. A single large burst to a fast client is therefore allowed.
   */
  #isTooSlow(bytes: number): boolean {
    const waiting = this.ws.bufferedAmount;
    if (waiting === 0) {
      this.#bytesSinceEmpty = 0;
      return false;
    }
    this.#bytesSinceEmpty += bytes;
    const { bufferedBytes } = this.#services.options.limits;
    return this.#bytesSinceEmpty > bufferedBytes && waiting > bufferedBytes;
  }

  #slowClientMessage(): string {
    const { bufferedBytes } = this.#services.options.limits;
    return `the client left ${this.ws.bufferedAmount} bytes waiting; limits.bufferedBytes allows ${bufferedBytes}`;
  }
}
