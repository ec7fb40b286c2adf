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
import type { HandshakeRequest } from '../handshake/handshake-request.js';
import type { LimitName } from '../limits.js';
import { closeFrame } from './client-reason.js';
import { ConnectionFace } from './connection-face.js';
import type { ConnectionServices } from './connection-services.js';
import {
  type CloseReason,
  CONNECTION_TRANSITIONS,
  type ConnectionState,
  type ConnectionTransition,
} from './connection-state.js';
import type { Deflater } from './deflater.js';
import type { EngineSocket } from './engine-socket.js';
import type { Pingable } from './heartbeat.js';
import { Lag, type SlownessLimit, tooSlow, WRITE_COST } from './lag.js';
import { LatestValues } from './latest-values.js';
import { Message } from './message.js';
import type { Batch, Flushable } from './outbox.js';
import { type Rate, RateBucket } from './rate.js';
import { type Hold, Reading } from './reading.js';

/** Handles the messages of one connection. The server's `Client` implements it. */
export interface ConnectionHandler {
  /** @param text an Engine.IO `message`: the first character is its prefix, the Socket.IO packet starts at index 1 */
  onText(text: string): void;
  onBinary(data: Buffer): void;
  /** Called once, when nothing more can be received or sent. */
  onClose(reason: CloseReason, description?: unknown): void;
}

const PING = Message.engine('2');

const EMPTY = Buffer.alloc(0);

/** Bytes below which a client counts as drained. */
const DRAINED_BYTES = 65_536;

/**
 * Bytes of latest values that are written at a time to a client that lags. The others can still be replaced, so the
 * client gets newer ones. As much as a Node stream takes before it asks to wait.
 */
const LATEST_BYTES = 16_384;

/** Bytes above which a client counts towards `limits.totalBufferedBytes`. A handshake alone has less in its buffer. */
const WATCHED_BYTES = 4_096;

/** Bytes that `ws` may have read ahead when it is paused, in addition to one message of the maximum size. */
const READ_AHEAD = 1_000_000;

/** @publicApi */
export class Connection extends ConnectionFace implements Pingable, Flushable {
  /** Set if compression was negotiated. */
  readonly #deflater: Deflater | null;
  #handler: ConnectionHandler | null = null;
  #state: ConnectionState = 'opening';
  /** Writes since the client's buffer was last seen empty. */
  #writesSinceEmpty = 0;
  /** Set while the client is behind. */
  #lag: Lag | null = null;
  /** Set once there has been a reason not to read from the client. */
  #reading: Reading | null = null;
  #rate: RateBucket | null = null;
  /** ms, of the clock of the server */
  readonly #openedAt: number;
  /** The time at which the latest ping was written, in ms. */
  #pingedAt = 0;
  #roundTrip: number | null = null;

  /** @internal Connections are created by the server. */
  constructor(
    id: string,
    ws: EngineSocket,
    socket: NetSocket,
    request: HandshakeRequest,
    services: ConnectionServices,
    deflater: Deflater | null,
  ) {
    super(id, ws, socket, request, services);
    this.#deflater = deflater;
    this.#openedAt = services.options.clock.now();
    services.traffic.opened++;
    ws.bindTo(this);
  }

  override get readyState(): ConnectionState {
    return this.#state;
  }

  /**
   * The time between the latest ping of the heartbeat and the client's pong, in ms. `null` until the client has answered
   * one, which is `pingInterval` after it connected.
   */
  get roundTrip(): number | null {
    return this.#roundTrip;
  }

  /** @internal ms since it was opened */
  get age(): number {
    return this.services.options.clock.now() - this.#openedAt;
  }

  // --- Opening and sending ---

  /** @internal Sends the open packet and starts to pass messages to `handler`. */
  open(handler: ConnectionHandler): void {
    if (!this.#transition('opened')) return;
    this.#handler = handler;
    const { options, heartbeat, initialMessage } = this.services;
    const { pingInterval, pingTimeout, maxHttpBufferSize } = options;
    this.queue(
      Message.engine(encodeOpenPacket({ sid: this.id, pingInterval, pingTimeout, maxPayload: maxHttpBufferSize })),
    );
    if (initialMessage !== null) this.queue(initialMessage);
    heartbeat.start(this);
  }

  /**
   * Queues a message to be sent at the end of this turn. A latest value waits instead, if the client lags.
   * @internal
   * @param volatile drops the message if the client has not yet accepted earlier ones
   * @returns whether the message is sent; `false` for a latest value that replaces one, since only one of both is sent
   */
  queue(message: Message, volatile = false): boolean {
    if (this.#state !== 'open') return false;
    if (volatile && this.ws.bufferedAmount > 0) return false;
    if (message.key !== null && this.#lags) {
      const outcome = this.#putLatest(message.key, message);
      if (outcome !== 'refused') return outcome === 'added';
    }
    this.#append(message);
    return true;
  }

  /**
   * Queues the latest values that wait.
   * @internal
   * @param bytes leaves the rest waiting
   */
  sendLatest(bytes = Infinity): void {
    const { latest } = this;
    if (latest === null || this.#state !== 'open') return;
    for (const message of latest.take(bytes)) this.#append(message);
  }

  /** @internal Drops the latest values that wait and whose keys have this prefix. */
  dropLatest(prefix: string): void {
    this.latest?.drop(prefix);
    if (this.latest?.size === 0) this.latest = null;
  }

  /** Writes the messages of this turn, or ends the connection if the client is too far behind. */
  flush(): void {
    const batch = this.batch;
    if (batch === null) return;
    this.batch = null;
    // If the client has started to close, nothing may follow the close frame that `ws` answers with (RFC 6455, 5.5.1).
    if (this.#state !== 'open' || this.ws.readyState !== WebSocket.OPEN) return;
    if (!this.#keepsUp(batch)) return;
    batch.writeTo(this.socket, this.#deflater);
    if (this.hasListeners || this.services.server.hasListeners) this.notifyWritten(batch);
    this.#lag?.wrote(batch.bytes, batch.joins ? 1 : batch.count);
    if (this.latest !== null) this.#awaitTaken(this.latest);
    const { traffic } = this.services;
    traffic.messagesSent += batch.count;
    traffic.bytesSent += batch.bytes;
  }

  /**
   * Resolves when the client has taken what was sent to it, or when the connection has ended. At once if less than
   * 64 kB wait, so that a loop of `emit` and `await drained()` keeps the network busy.
   */
  drained(): Promise<void> {
    if (this.#state !== 'open' || this.bufferedAmount < DRAINED_BYTES) return Promise.resolve();
    this.flush();
    // Also called, with an error, when the connection ends.
    return new Promise((resolve) => void this.socket.write(EMPTY, () => resolve()));
  }

  ping(): void {
    this.queue(PING);
    // Timed when it has been written: in one turn, thousands of clients may be pinged.
    this.flushAfter({ flush: () => (this.#pingedAt = this.services.options.clock.now()) });
  }

  // --- Receiving ---

  /** @internal Handles one WebSocket message, or keeps it while nothing is to be read. */
  receive(data: Buffer, binary: boolean): void {
    if (this.#reading?.isPaused !== true) this.#handle(data, binary);
    else if (this.#reading.keep(data, binary) > this.services.options.maxHttpBufferSize + READ_AHEAD) {
      // Only compression makes this possible: the frames that `ws` has read already became that large.
      this.end('transport error', new ProtocolError('too much compressed data'));
    }
  }

  /** @internal Stops reading from the client until {@link unhold} is called for the same reason. */
  hold(reason: Hold): void {
    if (this.#state !== 'open') return;
    this.#reading ??= new Reading(this.ws, (data, binary) => this.#handle(data, binary));
    this.#reading.hold(reason);
  }

  /** @internal */
  unhold(reason: Hold): void {
    this.#reading?.unhold(reason);
  }

  takeExcuse(): boolean {
    return this.#reading?.takeExcuse() ?? false;
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

  /**
   * Ends the connection after sending the messages of this turn and the latest values that wait. Only the first reason
   * counts.
   * @internal
   */
  end(reason: CloseReason, description?: unknown): void {
    this.sendLatest();
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
    this.services.options.logger.debug(`connection failed: ${error.message}`, this.logFields);
    this.#shut('transport error', error);
  }

  /** @internal The WebSocket is gone, whatever the reason. */
  socketClosed(): void {
    const hasEnded = this.#state === 'closing';
    if (!this.#transition('gone')) return;
    if (!hasEnded) this.#release('transport close');
    this.services.onClosed(this);
  }

  // --- Inside: receiving ---

  /** An exception closes the connection. */
  #handle(data: Buffer, binary: boolean): void {
    if (this.#handler === null) return;
    const { traffic } = this.services;
    traffic.messagesReceived++;
    traffic.bytesReceived += data.length;
    try {
      if (this.services.rate !== null) this.#count(data.length, this.services.rate);
      const message = binary ? data : data.toString();
      if (this.hasListeners) this.notifyReceived(message);
      const handler = this.#handler as ConnectionHandler | null; // a listener may have ended the connection
      if (handler === null) return;
      if (typeof message === 'string') this.#receiveText(message, handler);
      else handler.onBinary(message);
    } catch (error) {
      this.#closeAfter(error);
    }
  }

  /** Counts a message against the rate limit. The message that exceeds it is still handled. */
  #count(bytes: number, rate: Rate): void {
    const { clock, limitReport } = this.services.options;
    const now = clock.now();
    const wait = (this.#rate ??= new RateBucket(rate, now)).take(bytes, now);
    if (wait === 0) return;
    limitReport.reached('rateLimit', `a client of ${this.quotedAddress} sent too much`, this);
    if (rate.exceeded === 'disconnect') {
      return this.end('transport error', new SocketIoError('RATE_LIMITED', 'the client sent too much'));
    }
    if (this.#reading?.isHeldFor('rate') === true) return;
    this.hold('rate');
    clock.after(wait, () => this.unhold('rate'));
  }

  #receiveText(text: string, handler: ConnectionHandler): void {
    switch (enginePacketKind(text)) {
      case 'message':
        return handler.onText(text);
      case 'pong':
        return this.#ponged();
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

  #ponged(): void {
    const { heartbeat, options } = this.services;
    if (heartbeat.pong(this)) this.#roundTrip = options.clock.now() - this.#pingedAt;
  }

  #closeAfter(error: unknown): void {
    if (error instanceof ProtocolError) {
      const { logger, limits, limitReport } = this.services.options;
      logger.debug(`closing connection: ${error.message}`, this.logFields);
      const { limit = '' } = error;
      if (limit in limits)
        limitReport.reached(limit as LimitName, `a client of ${this.quotedAddress} was disconnected`, this);
      this.end('parse error', error);
    } else {
      const { logger } = this.services.options;
      logger.error('closing connection: unexpected error while handling a message', error, this.logFields);
      this.end('forced close', error);
    }
  }

  #shut(reason: CloseReason, description?: unknown): void {
    if (!this.#transition('ended')) return;
    const frame = closeFrame(reason, description);
    if (frame === null) this.ws.terminate();
    else this.ws.close(...frame);
    this.#release(reason, description);
  }

  /** The only exit: releases everything, then notifies the handler and the listeners, once. */
  #release(reason: CloseReason, description?: unknown): void {
    const handler = this.#handler;
    this.#handler = null;
    this.batch = this.latest = null;
    this.#reading?.end();
    this.#lag = null;
    const { heartbeat, lagging, options, traffic } = this.services;
    traffic.closed(reason, this.age);
    heartbeat.stop(this);
    lagging?.delete(this);
    if (handler === null) return;
    void contain(
      () => handler.onClose(reason, description),
      (error) => options.logger.error('unexpected error while ending a connection', error, this.logFields),
    );
    this.notify('close', [reason, description]);
  }

  /** @returns whether the transition has an effect in the present state */
  #transition(transition: ConnectionTransition): boolean {
    const next = CONNECTION_TRANSITIONS[this.#state][transition];
    if (next === undefined) return false;
    this.#state = next;
    return true;
  }

  // --- Inside: sending ---

  #append(message: Message): void {
    if (this.batch === null) {
      this.services.outbox.add(this);
      this.batch = this.services.outbox.root;
    }
    this.batch = this.batch.append(message);
    // Within the turn, so that a client whose answers are large cannot ask for more of them.
    if (this.batch.bytes > this.services.limits.bufferedBytes) this.#fallBehind();
    if (this.hasListeners) this.notifyQueued(message);
  }

  /** Whether latest values wait: earlier messages have not been taken, or this turn has much for the client already. */
  get #lags(): boolean {
    const { batch } = this;
    if (this.latest !== null || (batch !== null && batch.bytes >= DRAINED_BYTES)) return true;
    // After another latest value it is known: that one would wait, too. Looking takes a third of the time of a delivery.
    return (batch?.message?.key ?? null) === null && this.ws.bufferedAmount > 0;
  }

  #putLatest(key: string, message: Message): 'added' | 'replaced' | 'refused' {
    const { limits, overload, options } = this.services;
    const isFirst = this.latest === null;
    const latest = (this.latest ??= new LatestValues(limits));
    const outcome = latest.put(key, message);
    if (outcome === 'refused') {
      const what = `values for a client of ${this.quotedAddress} are queued like other events`;
      options.limitReport.reached('latestValues', what, this);
    }
    if (latest.size === 0) this.latest = null;
    else if (isFirst) {
      overload.watch();
      if (this.batch === null) this.#awaitTaken(latest); // otherwise when the batch has been written
    }
    return outcome;
  }

  /** Sends latest values when the client has taken all that has been written so far. */
  #awaitTaken(latest: LatestValues): void {
    if (latest.size === 0) this.latest = null; // now that all have been written
    if (latest.size === 0 || latest.isAwaited) return;
    latest.isAwaited = true;
    this.whenTaken(() => {
      latest.isAwaited = false;
      if (this.latest === latest) this.sendLatest(LATEST_BYTES);
    });
  }

  // --- Inside: clients that do not keep up (LagOwner and BufferedClient, whose members are no part of the API) ---

  /** @returns whether the batch may be written; if not, the connection has been ended */
  #keepsUp(batch: Batch): boolean {
    const waiting = this.ws.bufferedAmount;
    const writes = batch.joins ? 1 : batch.count;
    if (waiting === 0) this.#writesSinceEmpty = 0;
    else {
      this.#writesSinceEmpty += writes;
      if (waiting > WATCHED_BYTES) this.services.overload.watch();
    }
    const { bufferedBytes, backlogBytes } = this.services.limits;
    const cost = waiting + this.#writesSinceEmpty * WRITE_COST;
    if (this.#lag === null && cost + batch.bytes <= bufferedBytes) return true;
    const lag = this.#fallBehind();
    if (cost <= backlogBytes || lag.cost <= backlogBytes) return true;
    this.#tooSlow('backlogBytes');
    return false;
  }

  /** Until the client has caught up, it is not read from. */
  #fallBehind(): Lag {
    if (this.#lag !== null) return this.#lag;
    const { options, lagging } = this.services;
    this.hold('output');
    lagging?.add(this);
    const what = `nothing is read from a client of ${this.quotedAddress} until it reads`;
    options.limitReport.reached('bufferedBytes', what, this);
    return (this.#lag = new Lag(this, options));
  }

  /** @internal */
  get waitingBytes(): number {
    return this.ws.bufferedAmount;
  }

  /** @internal Not called if the connection ends first. */
  whenTaken(taken: () => void): void {
    this.socket.write(EMPTY, (error) => {
      if (error == null && this.#state === 'open') taken();
    });
  }

  /** @internal */
  caughtUp(): void {
    this.#lag = null;
    this.#writesSinceEmpty = 0; // the client has taken those that were counted
    this.services.lagging?.delete(this);
    this.unhold('output');
  }

  /** @internal Called when a client has been behind for `limits.slowTime`, and after each further such time. */
  checkProgress(): void {
    if (this.#lag?.check() === false) this.#tooSlow('slowTime');
    else this.services.lagging?.add(this);
  }

  /** @internal */
  endOverloaded(): void {
    this.#tooSlow('totalBufferedBytes');
  }

  #tooSlow(limit: SlownessLimit): void {
    this.#shut('transport error', tooSlow(this, limit, this.services.options));
  }
}
