/**
 * One end of a connection in memory. It reads the bytes that the other end writes, with the backpressure of a real
 * connection. Node's HTTP server and `ws` accept it as a TCP socket.
 */
import { Duplex } from 'node:stream';

export class MemorySocket extends Duplex {
  /** The number of bytes that this end has received. */
  bytesRead = 0;
  /** The number of bytes that this end has sent. */
  bytesWritten = 0;
  readonly #onActivity: () => void;
  #peer: MemorySocket | null = null;
  /** Whether the peer has ended its side. */
  #ended = false;
  /** Completes the pending write of the peer. */
  #completeWrite: (() => void) | null = null;

  /**
   * @param remoteAddress the address of the other end
   * @param encrypted whether the connection counts as a TLS connection
   * @param onActivity called on every event of the connection
   */
  private constructor(
    readonly remoteAddress: string,
    readonly encrypted: boolean,
    onActivity: () => void,
  ) {
    super();
    this.#onActivity = onActivity;
  }

  /**
   * Creates both ends of a connection.
   * @param address the client's address, as the server sees it
   */
  static pair(
    address: string,
    encrypted: boolean,
    onActivity: () => void,
  ): [client: MemorySocket, server: MemorySocket] {
    const client = new MemorySocket('127.0.0.1', encrypted, onActivity);
    const server = new MemorySocket(address, encrypted, onActivity);
    client.#peer = server;
    server.#peer = client;
    return [client, server];
  }

  override _read(): void {
    this.#complete();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, written: () => void): void {
    this.bytesWritten += chunk.length;
    this.#onActivity();
    const peer = this.#peer as MemorySocket;
    // Asynchronous, because no network delivers while its user is still writing.
    process.nextTick(() => {
      if (!peer.#readable) return written(); // the bytes are lost, as on a network
      peer.#completeWrite = written;
      peer.bytesRead += chunk.length;
      peer.push(chunk);
    });
  }

  override _final(done: () => void): void {
    this.#endPeer();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#endPeer();
    this.#complete();
    done(error);
  }

  #complete(): void {
    const completeWrite = this.#completeWrite;
    this.#completeWrite = null;
    completeWrite?.();
  }

  /** Ends the readable side of the peer. */
  #endPeer(): void {
    this.#onActivity();
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
