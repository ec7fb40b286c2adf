/** One of our sockets with the members that published adapters touch: their names stay off our own class. */
import type { AdapterHost } from './adapter.js';
import type { FrameOf, HostedSocket, PublishedPacket, WriteOptions } from './published-adapter.js';
import type { Socket } from './socket.js';

export class SocketView implements HostedSocket {
  readonly socket: Socket;
  readonly #host: AdapterHost;
  readonly #frame: FrameOf;

  constructor(socket: Socket, host: AdapterHost, frame: FrameOf) {
    this.socket = socket;
    this.#host = host;
    this.#frame = frame;
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
    this.socket.forward(this.#frame(packets, compress !== false), volatile === true);
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

  notifyOutgoingListeners({ data }: PublishedPacket): void {
    this.socket.tapOutgoing(data);
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
