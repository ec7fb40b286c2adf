/** One of our sockets with the members that published adapters touch: their names stay off our own class. */
import type { AdapterHost } from '../adapter/adapter.js';
import type { Message } from '../../engine/index.js';
import type { HostedSocket, PublishedPacket, WriteOptions } from './published-adapter.js';
import type { Socket } from '../socket/socket.js';

/** Packets that go to several sockets. */
export interface SharedPackets {
  /** Framed once for all who get them. */
  frame(packets: readonly (string | Uint8Array)[], compress: boolean): Message;
  /** Whether all our sockets that are meant have been given it. */
  isDelivered(packet: PublishedPacket): boolean;
}

export class SocketView implements HostedSocket {
  readonly socket: Socket;
  readonly #host: AdapterHost;
  readonly #packets: SharedPackets;

  constructor(socket: Socket, host: AdapterHost, packets: SharedPackets) {
    this.socket = socket;
    this.#host = host;
    this.#packets = packets;
  }

  get id(): string {
    return this.socket.id;
  }

  get handshake(): Socket['handshake'] {
    return this.socket.handshake;
  }

  get rooms(): ReadonlySet<string> {
    return this.socket.rooms;
  }

  get data(): unknown {
    return this.socket.data;
  }

  get server(): object {
    return this.#host;
  }

  get client(): HostedSocket['client'] {
    return this;
  }

  get acks(): HostedSocket['acks'] {
    return this;
  }

  writeToEngine(packets: readonly (string | Uint8Array)[], { volatile, compress }: WriteOptions): void {
    if (packets.length > 0) this.socket.forward(this.#packets.frame(packets, compress !== false), volatile === true);
  }

  /** An answer that does not come is forgotten after a while; who waits for it has a time-out of his own. */
  set(id: number, answer: (...args: unknown[]) => void): void {
    const { ackTimeout, failed } = this.#host;
    try {
      this.socket.expectAck(id, (error, args) => error ?? answer(...args), ackTimeout);
    } catch (error) {
      failed('a broadcast to one of its clients', error); // which must not stop it for the others
    }
  }

  notifyOutgoingListeners(packet: PublishedPacket): void {
    if (!this.#packets.isDelivered(packet)) this.socket.tapOutgoing(packet.data);
  }

  join(rooms: readonly string[]): void {
    this.socket.join(rooms);
  }

  leave(room: string): void {
    this.socket.leave(room);
  }

  disconnect(close: boolean): void {
    this.socket.disconnect(close);
  }
}
