/** A client of this server that receives a stream of this server. */
import type { Message } from '../../engine/internal.js';
import type { ClientStream, ClientStreams } from './client-streams.js';
import type { KeptValue } from './kept-values.js';
import type { Stream } from './stream.js';
import type { StreamReceiver } from './stream-receiver.js';
import type { StreamSocket } from './stream-socket.js';

export class LocalReceiver implements StreamReceiver, ClientStream {
  readonly socket: StreamSocket;
  readonly #client: ClientStreams;
  #stream: Stream | null = null;
  #acknowledges: boolean | null;

  constructor(socket: StreamSocket, client: ClientStreams) {
    this.socket = socket;
    this.#client = client;
    this.#acknowledges = client.neverAcknowledges ? false : null;
  }

  /** Counts the stream towards those of the client. */
  receive(stream: Stream): void {
    this.#stream = stream;
    this.#client.add(this);
  }

  get acknowledges(): boolean | null {
    return this.#acknowledges;
  }

  set acknowledges(acknowledges: boolean) {
    this.#acknowledges = acknowledges;
    if (acknowledges) this.#client.acknowledged();
    else this.#client.missed();
  }

  value(_n: number, { message, packet }: KeptValue): Promise<void> {
    if (packet === null) this.socket.forward(message, false);
    else this.socket.pass(packet, message, false); // as its end: not behind the past of a room
    return this.socket.conn.drained();
  }

  end(_n: number, message: Message): void {
    this.socket.forward(message, false);
    this.close();
  }

  isElsewhere(next: StreamReceiver): boolean {
    return !(next instanceof LocalReceiver) || next.socket !== this.socket;
  }

  close(): void {
    this.#client.delete(this);
  }

  lost(): void {
    this.#stream?.detach();
  }

  left(): void {
    this.#stream?.cancel();
  }
}
