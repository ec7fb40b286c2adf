/**
 * One connection and the sockets it carries, one per namespace. Decodes incoming packets and passes each to the socket
 * of its namespace. A packet for a namespace that the client never joined closes the connection.
 */
import {
  type ClientReason,
  type CloseReason,
  type Connection,
  type ConnectionHandler,
  Message,
} from '../../engine/internal.js';
import { ProtocolError, SocketIoError } from '../../errors.js';
import {
  type ConnectPacket,
  type Encoded,
  type Packet,
  type PacketDecoder,
  PacketType,
  type Refusal,
} from '../../protocol/internal.js';
import { namespaceKeys } from '../broadcast/latest-key.js';
import type { Namespaces, Opening } from '../namespace/namespaces.js';
import type { Deadlines } from '../namespace/patterns.js';
import type { ResolvedServerOptions } from '../server-options.js';
import type { ConnectRefusal } from '../telemetry/instrument.js';
import { PendingConnect } from './pending-connect.js';
import { Socket } from './socket.js';

/** Shared by all clients of a server. */
export interface ClientServices {
  readonly options: ResolvedServerOptions;
  /** Called when a CONNECT is refused that has reached no namespace. */
  readonly refused: (reason: ConnectRefusal) => void;
  /** Looks up how to enter a namespace, if it is served. */
  readonly namespace: Namespaces['resolve'];
  /** Deadlines of clients that must join a namespace. */
  readonly unjoined: Deadlines<Client> & { has(client: Client): boolean };
  /** Deadlines of clients that must send attachments. */
  readonly incomplete: Deadlines<Client>;
  /** Deadlines of sockets whose CONNECT must be decided. */
  readonly undecided: Deadlines<Socket>;
}

/**
 * The sockets of one client by namespace, in the order in which it joined. Nearly every client is in one namespace, so
 * the first socket has a field of its own: a Map would be 150 of the 4,200 bytes that an idle connection takes.
 */
export class SocketsByNamespace implements Iterable<Socket> {
  #first: Socket | null = null;
  #others: Map<string, Socket> | null = null;

  get size(): number {
    return (this.#first === null ? 0 : 1) + (this.#others?.size ?? 0);
  }

  get(nsp: string): Socket | undefined {
    const first = this.#first;
    return first !== null && first.nsp.name === nsp ? first : this.#others?.get(nsp);
  }

  has(nsp: string): boolean {
    return this.get(nsp) !== undefined;
  }

  add(socket: Socket): void {
    if (this.size === 0) this.#first = socket;
    else (this.#others ??= new Map()).set(socket.nsp.name, socket);
  }

  delete(nsp: string): void {
    if (this.#first?.nsp.name === nsp) this.#first = null;
    else this.#others?.delete(nsp);
  }

  /** Sockets may be deleted during the iteration. */
  *[Symbol.iterator](): Generator<Socket> {
    if (this.#first !== null) yield this.#first;
    if (this.#others !== null) yield* this.#others.values();
  }
}

/**
 * The client behind one connection. Source: Socket.IO, `socket.client`.
 * @publicApi
 */
export class Client implements ConnectionHandler {
  // --- Public attributes ---

  /** @internal */
  readonly connection: Connection;
  readonly #services: ClientServices;
  readonly #decoder: PacketDecoder;
  readonly #sockets = new SocketsByNamespace();
  /**
   * Namespaces that the client was in. A late packet for one of them is dropped, such as an event that the client sent
   * before it learned of its disconnect, or an acknowledgement that it sends after it has left.
   */
  #ended: Set<string> | null = null;
  /** Namespaces on which a pattern is still deciding. */
  #deciding: Map<string, PendingConnect> | null = null;
  /** The number of sockets that have left and whose disconnect handlers are running. */
  #leaving = 0;
  /** The number of its CONNECTs that were refused. */
  #refused = 0;
  /** Bytes and characters received so far of a packet with attachments. */
  #size = 0;
  /** Weight of the packets that are buffered while CONNECTs are being decided. */
  #heldWeight = 0;
  /** Events that are being handled or wait for their turn, and their weight. */
  #running = 0;
  #runningWeight = 0;

  /** @internal Clients are created by the server. */
  constructor(connection: Connection, services: ClientServices) {
    this.connection = connection;
    this.#services = services;
    this.#decoder = services.options.codec.decoder();
    services.unjoined.add(this);
  }

  get conn(): Connection {
    return this.connection;
  }

  /** The id of the connection. Unlike the ids of its sockets, it is a secret of the client. */
  get id(): string {
    return this.connection.id;
  }

  /** The parts of the HTTP request that are kept. */
  get request(): Connection['request'] {
    return this.connection.request;
  }

  /** @internal */
  get options(): ResolvedServerOptions {
    return this.#services.options;
  }

  /** @internal */
  encode(packet: Packet): Encoded {
    return this.#services.options.codec.encode(packet);
  }

  // --- Inside: called by the connection ---

  onText(text: string): void {
    this.#route(this.#decoder.text(text, 1), text.length);
  }

  onBinary(data: Buffer): void {
    this.#route(this.#decoder.binary(data), data.byteLength);
  }

  onClose(reason: CloseReason, description?: unknown): void {
    this.#services.unjoined.delete(this);
    this.#services.incomplete.delete(this);
    for (const socket of this.#sockets) socket.lost(reason, description);
  }

  /** @internal Closes a client that has not joined a namespace in time, or not completed a packet in time. */
  expire(what: string): void {
    this.connection.end('forced close', new ProtocolError(what));
  }

  /** @param length bytes or characters of the message; `packet` is set if this message completed it */
  #route(packet: Packet | null, length: number): void {
    const before = this.#size;
    const size = before + length;
    this.#size = packet === null ? size : 0;
    if (packet === null) {
      if (before === 0) this.#awaitAttachments(); // once per packet: an attachment does not extend the deadline
      return;
    }
    if (before > 0) this.#services.incomplete.delete(this);
    const socket = this.#sockets.get(packet.nsp);
    if (socket !== undefined) {
      if (packet.type === PacketType.CONNECT && this.#isRepeated(socket)) return;
      return socket.receive(packet, size);
    }
    const pending = this.#deciding?.get(packet.nsp);
    if (pending !== undefined) {
      if (packet.type !== PacketType.CONNECT) pending.incoming(packet, size);
    } else if (packet.type === PacketType.CONNECT) this.#connect(packet);
    else this.#requireEnded(packet.nsp);
  }

  /** Whether a CONNECT was sent before the answer to the first: an application may call `connect()` twice. */
  #isRepeated(socket: Socket): boolean {
    return socket.isUndecided || this.connection.hasUnwritten;
  }

  /** Attachments are collected only for a namespace that the client is in. */
  #awaitAttachments(): void {
    const { awaiting } = this.#decoder;
    if (awaiting !== null && !this.#sockets.has(awaiting) && this.#deciding?.has(awaiting) !== true)
      this.#requireEnded(awaiting);
    this.#services.incomplete.add(this);
  }

  // --- Inside: work in progress ---

  /** @internal Counts a packet that waits for a decision on a CONNECT; a negative weight when it no longer waits. */
  held(weight: number): void {
    const { limits, limitReport } = this.options.engine;
    const before = this.#heldWeight;
    this.#heldWeight += weight;
    if (this.#heldWeight <= limits.heldWeight) this.connection.unhold('undecided');
    else if (before <= limits.heldWeight) {
      limitReport.reached(
        'heldWeight',
        `a client of ${this.connection.quotedAddress} sent much before it was accepted`,
        this.connection,
      );
      this.connection.hold('undecided');
    }
  }

  /** @internal Counts an event whose handler is running or waits for its turn. {@link finished} must follow. */
  started(weight: number): void {
    const { limits, limitReport } = this.options.engine;
    this.#running++;
    this.#runningWeight += weight;
    const isFull = this.#running >= limits.runningHandlers;
    if (!isFull && this.#runningWeight < limits.runningWeight) return;
    limitReport.reached(
      isFull ? 'runningHandlers' : 'runningWeight',
      `a client of ${this.connection.quotedAddress} is not read from`,
      this.connection,
    );
    this.connection.hold('handlers');
  }

  /** @internal Reads from the client again when a tenth of the limits is free. */
  finished(weight: number): void {
    this.#running--;
    this.#runningWeight -= weight;
    const { runningHandlers, runningWeight } = this.options.engine.limits;
    if (this.#running < 0.9 * runningHandlers && this.#runningWeight < 0.9 * runningWeight) {
      this.connection.unhold('handlers');
    }
  }

  // --- Inside: sockets that start and end ---

  #connect(packet: ConnectPacket): void {
    if (packet.tooLarge === true) return this.#refuseTooLarge(packet.nsp);
    const { nsp, data = {} } = packet;
    if (this.#sockets.size + (this.#deciding?.size ?? 0) + this.#leaving >= this.options.engine.limits.namespaces) {
      throw new ProtocolError('too many namespaces', 'namespaces');
    }
    const opening = this.#services.namespace(nsp, data);
    if (opening instanceof Promise) void this.#awaitOpening(packet, opening);
    else this.#enter(packet, opening);
  }

  #refuseTooLarge(nsp: string): void {
    const { limits, limitReport } = this.options.engine;
    const { connection } = this;
    limitReport.reached(
      'connectWeight',
      `a CONNECT of a client of ${connection.quotedAddress} was refused`,
      connection,
    );
    const data = { code: 'too_large', limit: limits.connectWeight };
    this.#send({ type: PacketType.CONNECT_ERROR, nsp, data: { message: 'The data of CONNECT is too large', data } });
    this.#services.refused('too_large');
    this.#countRefused();
  }

  /** Waits for a pattern to decide. Meanwhile the namespace counts as joined, and its packets are buffered. */
  async #awaitOpening(packet: ConnectPacket, opening: Promise<Opening | undefined>): Promise<void> {
    const { nsp } = packet;
    const pending = new PendingConnect(this);
    this.#deciding ??= new Map();
    this.#deciding.set(nsp, pending);
    const opened = await opening;
    this.#deciding.delete(nsp);
    if (this.connection.readyState !== 'open') return;
    this.connection.contain(() => this.#enter(packet, opened, pending));
  }

  #enter({ nsp, data }: ConnectPacket, opening: Opening | undefined, pending?: PendingConnect): void {
    const namespace = opening?.();
    if (namespace === undefined) {
      pending?.end();
      this.#send({ type: PacketType.CONNECT_ERROR, nsp, data: { message: 'Invalid namespace' } });
      this.#services.refused('namespace');
      this.#countRefused();
      return;
    }
    this.#ended?.delete(namespace.name);
    const socket = new Socket(namespace, this, data, pending);
    this.#sockets.add(socket);
    namespace.admission.admit(socket);
    if (socket.isUndecided) this.#services.undecided.add(socket);
  }

  /** @internal Called when the CONNECT of a socket is decided: it can no longer be overdue. */
  decided(nsp: string): void {
    const socket = this.#sockets.get(nsp);
    if (socket !== undefined) this.#services.undecided.delete(socket);
  }

  /**
   * Answers the CONNECT of a socket.
   * @internal
   * @param pid identifies the session to the client, which presents it to resume; set if recovery is on
   */
  answerConnect(nsp: string, sid: string, pid: string | undefined): void {
    this.#services.unjoined.delete(this);
    this.#send({ type: PacketType.CONNECT, nsp, data: pid === undefined ? { sid } : { sid, pid } });
  }

  /** @internal Refuses a CONNECT that has not been answered. Throws if the data of the refusal cannot be encoded. */
  refuse(nsp: string, refusal: Refusal): void {
    const packet: Packet = { type: PacketType.CONNECT_ERROR, nsp, data: refusal };
    if (refusal.data === undefined) this.#send(packet);
    else this.connection.queue(Message.of(this.encode(packet)));
    this.decided(nsp);
    this.#forget(nsp);
    this.#countRefused();
  }

  /** @internal Refuses a CONNECT that has been answered already: by a DISCONNECT. */
  dismiss(nsp: string): void {
    this.sendDisconnect(nsp);
    this.decided(nsp);
    this.#forget(nsp);
    this.#countRefused();
  }

  /** @internal Sends a DISCONNECT from a namespace. */
  sendDisconnect(nsp: string): void {
    this.connection.sendLatest(); // a client ignores events after it
    this.#send({ type: PacketType.DISCONNECT, nsp });
  }

  /** @internal Called when a socket has left. It counts until {@link gone}: its handlers may run, and it has rooms. */
  left(nsp: string): void {
    this.connection.dropLatest(namespaceKeys(nsp));
    this.#leaving++;
    this.#forget(nsp);
  }

  /** @internal Called when the disconnect handlers of a socket that left have finished. */
  gone(): void {
    this.#leaving--;
  }

  /** @internal Disconnects the client from all namespaces and closes the connection. */
  disconnect(reason?: ClientReason): void {
    for (const socket of this.#sockets) socket.drop(false, reason);
    this.connection.end('forced close', reason);
  }

  /** @internal Whether the client is in that number of namespaces. */
  isIn(count: number): boolean {
    return this.#sockets.size + (this.#deciding?.size ?? 0) === count;
  }

  /** Closes the connection with the last refusal that it may have, which is still sent. */
  #countRefused(): void {
    const { limits, limitReport } = this.options.engine;
    if (++this.#refused !== limits.refusedConnects) return;
    limitReport.reached('refusedConnects', `closed a connection of ${this.connection.quotedAddress}`, this.connection);
    const cause = new SocketIoError('CONNECTION_REFUSED', 'too many CONNECTs of this connection were refused');
    this.connection.end('forced close', cause);
  }

  /**
   * Removes a socket. If it was the last one, the client must join a namespace again in time.
   *
   * Remembers at most `limits.namespaces` ended namespaces. Late packets for older ones have long since arrived.
   */
  #forget(nsp: string): void {
    const { unjoined } = this.#services;
    this.#sockets.delete(nsp);
    // A client that has not joined yet keeps its deadline, however many of its CONNECTs are refused.
    const mustJoin = this.#sockets.size === 0 && this.connection.readyState === 'open';
    if (mustJoin && !unjoined.has(this)) unjoined.add(this);
    const ended = (this.#ended ??= new Set());
    ended.delete(nsp);
    ended.add(nsp); // as the newest
    for (const oldest of ended) {
      if (ended.size <= this.options.engine.limits.namespaces) return;
      ended.delete(oldest);
    }
  }

  #requireEnded(nsp: string): void {
    if (this.#ended?.has(nsp) !== true) throw new ProtocolError('a packet for a namespace that was not joined');
  }

  /**
   * Sends a packet that has no data of the application. It can be sent in a timer, so if the parser throws, this closes
   * the connection instead of throwing.
   */
  #send(packet: Packet): void {
    this.connection.contain(() => this.connection.queue(Message.of(this.encode(packet))));
  }
}
