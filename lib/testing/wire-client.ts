/**
 * A client that sends and receives literal frames, for tests that check the wire format or violate the protocol. It
 * sends nothing on its own, not even pongs.
 */
import { WebSocket } from 'ws';
import { handshakeUrl, LOCALHOST, type TestClientOptions } from './test-client-options.js';
import { resolveTarget, type TestTarget } from './test-target.js';
import { WireConnection } from './wire-connection.js';

/** @publicApi */
export type WireClientOptions = Pick<TestClientOptions, 'path' | 'query' | 'headers'>;

/** @publicApi */
export class WireClient {
  /** Resolves with the close code and reason when the connection has ended. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #connection: WireConnection; // private, because its types need those of `ws`

  private constructor(connection: WireConnection) {
    this.#connection = connection;
    this.closed = connection.ended;
  }

  /**
   * Connects, and resolves when the WebSocket is open. The first frame is the open packet.
   * @param target an application or a `Server`, which it reaches in memory; or an address, `http://` or `ws://`
   * @throws Error with the status code if the server refuses the handshake
   */
  static async connect(target: string | TestTarget, options: WireClientOptions = {}): Promise<WireClient> {
    const resolved = typeof target === 'string' ? null : await resolveTarget(target);
    const base = typeof target === 'string' ? target.replace(/^http/, 'ws') : undefined;
    const ws = new WebSocket(handshakeUrl(resolved?.monitor.server.sockets.path ?? '/socket.io', options, base), {
      headers: { ...options.headers },
      perMessageDeflate: false,
      ...(resolved === null
        ? {}
        : { createConnection: () => resolved.monitor.connect(resolved.http, LOCALHOST) as never }),
    });
    const client = new WireClient(new WireConnection(ws));
    return new Promise((resolve, reject) => {
      ws.once('open', () => resolve(client));
      ws.once('error', reject);
    });
  }

  /** Sends one text or binary frame. */
  send(frame: string | Uint8Array): void {
    this.#connection.send(frame);
  }

  /**
   * Resolves with the next frame, as soon as there is one.
   * @throws SocketIoError `CLIENT_GONE` if the connection ends first
   */
  next(): Promise<string | Buffer> {
    return this.#connection.next();
  }

  /** Returns the frames that have not been taken with {@link next}, and removes them. */
  received(): (string | Buffer)[] {
    return this.#connection.inbox.takeAll();
  }

  /** Closes the WebSocket, without any packet of Engine.IO or Socket.IO. */
  close(): Promise<unknown> {
    this.#connection.ws.close();
    return this.closed;
  }

  /** Drops the connection without a closing handshake. */
  terminate(): void {
    this.#connection.terminate();
  }
}
