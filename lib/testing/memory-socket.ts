/**
 * A connection without a network: two ends, each of which reads what the other one writes, with the
 * backpressure of a real one. Node's HTTP server and `ws` take an end for a TCP socket.
 */
import { Duplex } from 'node:stream';

export class MemorySocket extends Duplex {
  /** Bytes that arrived here. */
  bytesRead = 0;
  /** Bytes that were sent from here. */
  bytesWritten = 0;
  readonly #moved: () => void;
  #peer: MemorySocket | null = null;
  /** Whether the peer has said that nothing more comes. */
  #ended = false;
  /** Tells the peer that what it wrote was taken. */
  #taken: (() => void) | null = null;

  /**
   * @param remoteAddress of the other end, as the server sees it
   * @param encrypted whether TLS would have carried it
   * @param moved told of everything that happens on it
   */
  private constructor(
    readonly remoteAddress: string,
    readonly encrypted: boolean,
    moved: () => void,
  ) {
    super();
    this.#moved = moved;
  }

  /**
   * @param address of the client
   * @returns the ends of the client and of the server
   */
  static pair(address: string, encrypted: boolean, moved: () => void): [client: MemorySocket, server: MemorySocket] {
    const client = new MemorySocket('127.0.0.1', encrypted, moved);
    const server = new MemorySocket(address, encrypted, moved);
    client.#peer = server;
    server.#peer = client;
    return [client, server];
  }

  override _read(): void {
    this.#take();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, written: () => void): void {
    this.bytesWritten += chunk.length;
    this.#moved();
    const peer = this.#peer as MemorySocket;
    // Not at once: no network delivers while its user is still writing.
    process.nextTick(() => {
      if (!peer.#readable) return written(); // lost, as on a network
      peer.#taken = written;
      peer.bytesRead += chunk.length;
      peer.push(chunk);
    });
  }

  override _final(done: () => void): void {
    this.#hangUp();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#hangUp();
    this.#take();
    done(error);
  }

  #take(): void {
    const taken = this.#taken;
    this.#taken = null;
    taken?.();
  }

  /** The other end will read nothing more. */
  #hangUp(): void {
    this.#moved();
    const peer = this.#peer as MemorySocket;
    process.nextTick(() => {
      if (peer.#readable) peer.push(null);
      peer.#ended = true;
    });
  }

  get #readable(): boolean {
    return !this.destroyed && !this.#ended;
  }
}
