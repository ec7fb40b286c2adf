/**
 * One connection and the sockets that it carries, one per namespace. Decodes what arrives and hands each
 * packet to the socket of its namespace; a packet that belongs to none ends the connection.
 */
import type { CloseReason, Connection, ConnectionHandler } from '../../engine/index.js';
import { Message } from '../../engine/index.js';
import { ProtocolError } from '../../errors.js';
import {
  type ConnectPacket,
  type Encoded,
  type Packet,
  type PacketDecoder,
  PacketType,
  type Refusal,
} from '../../protocol/index.js';
import { Hold, toHeldPacket } from './pending-connect.js';
import { Memberships } from './memberships.js';
import type { Namespaces, Opening } from '../namespace/namespaces.js';
import type { ResolvedServerOptions } from '../server-options.js';
import { Socket } from './socket.js';

/** What all clients of a server share. */
export interface ClientServices {
  readonly options: ResolvedServerOptions;
  /** How to enter a namespace, if it is served. */
  readonly namespace: Namespaces['resolve'];
  /** Clients that must join a namespace soon, and those whose attachments must come soon. */
  readonly unjoined: Deadlines<Client>;
  readonly incomplete: Deadlines<Client>;
  /** Sockets that must be accepted or refused soon. */
  readonly undecided: Deadlines<Socket>;
}

export interface Deadlines<T> {
  add(member: T): void;
  delete(member: T): unknown;
}

/** Source: Socket.IO, `socket.client`. */
export class Client implements ConnectionHandler {
  /** @internal */
  readonly connection: Connection;
  readonly #services: ClientServices;
  readonly #decoder: PacketDecoder;
  readonly #sockets = new Memberships();
  /**
   * Namespaces that ended, whoever wanted it: what comes late, such as an event sent before the client knew
   * or an acknowledgement that its handler gives after it left, is dropped.
   */
  #ended: Set<string> | null = null;
  /** Namespaces of which a pattern has not decided yet. */
  #deciding: Map<string, Hold> | null = null;
  /** Sockets that have left and whose disconnect handlers run. */
  #leaving = 0;
  /** Bytes and characters of the packet that is arriving. */
  #size = 0;
  /** Those that wait while CONNECTs are being decided. */
  held = 0;

  /** @internal Clients are made by the server. */
  constructor(connection: Connection, services: ClientServices) {
    this.connection = connection;
    this.#services = services;
    this.#decoder = services.options.codec.decoder();
    services.unjoined.add(this);
  }

  get conn(): Connection {
    return this.connection;
  }

  /** The id of the connection: a secret of the client's, unlike the ids of its sockets. */
  get id(): string {
    return this.connection.id;
  }

  /** What is left of the HTTP request. */
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

  /** @internal Too long without a namespace, or with half a packet. */
  expired(what: string): void {
    this.connection.end('forced close', new ProtocolError(what));
  }

  /**
   * @internal
   * A socket's CONNECT is answered.
   * @param pid by which the client can have its session back, where recovery is on
   */
  joined(nsp: string, sid: string, pid: string | undefined): void {
    this.#services.unjoined.delete(this);
    this.#send({ type: PacketType.CONNECT, nsp, data: pid === undefined ? { sid } : { sid, pid } });
  }

  /** @internal A CONNECT is refused. */
  refused(nsp: string, refusal: Refusal): void {
    this.#send({ type: PacketType.CONNECT_ERROR, nsp, data: refusal });
    this.decided(nsp);
    this.#forget(nsp);
  }

  /** @internal A CONNECT that was answered already is refused: a DISCONNECT has no room for the reason. */
  dismissed(nsp: string): void {
    this.leave(nsp);
    this.decided(nsp);
    this.#forget(nsp);
  }

  /** @internal The server ends a socket's stay. */
  leave(nsp: string): void {
    this.#send({ type: PacketType.DISCONNECT, nsp });
  }

  /** @internal A socket has left, whoever wanted it. Until it is {@link gone} it counts: its handlers, rooms and namespace live. */
  left(nsp: string): void {
    this.#leaving++;
    this.#forget(nsp);
  }

  /** @internal The disconnect handlers of a socket that left have settled. */
  gone(): void {
    this.#leaving--;
  }

  /** @internal The server ends all of it. */
  disconnect(): void {
    for (const socket of this.#sockets) socket.disconnect();
    this.connection.end('forced close');
  }

  /** @param length of the message that completed the packet, or did not yet */
  #route(packet: Packet | null, length: number): void {
    const before = this.#size;
    const size = before + length;
    this.#size = packet === null ? size : 0;
    if (packet === null) {
      if (before === 0) this.#awaitAttachments(); // once per packet: a part that comes does not put off the deadline
      return;
    }
    this.#services.incomplete.delete(this);
    const socket = this.#sockets.get(packet.nsp);
    if (socket !== undefined) return socket.receive(packet, size);
    const hold = this.#deciding?.get(packet.nsp);
    if (hold !== undefined) hold.incoming(toHeldPacket(packet), size);
    else if (packet.type === PacketType.CONNECT) this.#connect(packet);
    else this.#requireEnded(packet.nsp);
  }

  /** Attachments are collected only for a namespace that the client is in. */
  #awaitAttachments(): void {
    const { awaiting } = this.#decoder;
    if (awaiting !== null && !this.#sockets.has(awaiting) && this.#deciding?.has(awaiting) !== true)
      this.#requireEnded(awaiting);
    this.#services.incomplete.add(this);
  }

  #connect(packet: ConnectPacket): void {
    const { nsp, data = {} } = packet;
    if (this.#sockets.size + (this.#deciding?.size ?? 0) + this.#leaving >= this.options.maxNamespaces) {
      throw new ProtocolError('too many namespaces');
    }
    const opening = this.#services.namespace(nsp, data);
    if (opening instanceof Promise) void this.#decide(packet, opening);
    else this.#enter(packet, opening);
  }

  /** A pattern takes its time: the place is taken meanwhile, and what comes for it waits. */
  async #decide(packet: ConnectPacket, opening: Promise<Opening | undefined>): Promise<void> {
    const { nsp } = packet;
    const hold = new Hold(this);
    this.#deciding ??= new Map();
    this.#deciding.set(nsp, hold);
    const opened = await opening;
    this.#deciding.delete(nsp);
    if (this.connection.readyState !== 'open') return;
    this.connection.contain(() => this.#enter(packet, opened, hold));
  }

  #enter({ nsp, data }: ConnectPacket, opening: Opening | undefined, hold?: Hold): void {
    const namespace = opening?.();
    if (namespace === undefined) {
      hold?.end();
      this.#send({ type: PacketType.CONNECT_ERROR, nsp, data: { message: 'Invalid namespace' } });
      return;
    }
    this.#ended?.delete(namespace.name);
    const socket = new Socket(namespace, this, data, hold);
    this.#sockets.add(socket);
    namespace.entrance.admit(socket);
    if (socket.isUndecided) this.#services.undecided.add(socket);
  }

  /** @internal There is nothing to be decided about a CONNECT any more. */
  decided(nsp: string): void {
    const socket = this.#sockets.get(nsp);
    if (socket !== undefined) this.#services.undecided.delete(socket);
  }

  /** As many are remembered as may be joined: what was in flight has come long before so many others ended. */
  #forget(nsp: string): void {
    this.#sockets.delete(nsp);
    const ended = (this.#ended ??= new Set());
    ended.delete(nsp);
    ended.add(nsp); // as the latest
    for (const oldest of ended) {
      if (ended.size <= this.options.maxNamespaces) return;
      ended.delete(oldest);
    }
  }

  #requireEnded(nsp: string): void {
    if (this.#ended?.has(nsp) !== true) throw new ProtocolError('a packet for a namespace that was not joined');
  }

  #send(packet: Packet): void {
    this.connection.queue(Message.of(this.encode(packet)));
  }
}
