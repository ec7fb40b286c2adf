/**
 * What a connection shows to applications, in the names of Engine.IO: nothing here decides anything. What a
 * connection does stands in `connection.ts`.
 * Source: Engine.IO, `Socket`; `socket.conn` of Socket.IO.
 */
import type { Socket as NetSocket } from 'node:net';
import type { ConnectionEvents, SendCallback, SendOptions } from '../connection-events.js';
import type { CloseReason, ConnectionState } from './connection-state.js';
import { type EnginePacket, packetsOf } from './shown-packets.js';
import type { EngineSocket } from './engine-socket.js';
import { engineMessage, type Message } from './message.js';
import { contain } from '../contain.js';
import type { HandshakeRequest } from '../handshake/handshake-request.js';
import { Listenable } from '../listenable.js';
import type { Batch, Flushable } from './outbox.js';
import { Transport } from '../transport.js';

const NOTHING = Buffer.alloc(0);

export abstract class ConnectionFace extends Listenable<ConnectionEvents> {
  /** The Engine.IO session id. Nobody but the client learns it. */
  readonly id: string;
  readonly request: HandshakeRequest;
  /** @internal */
  protected readonly ws: EngineSocket;
  /** @internal */
  protected readonly socket: NetSocket;
  /** @internal What was sent in this turn. */
  protected batch: Batch | null = null;

  /** @internal */
  constructor(id: string, ws: EngineSocket, socket: NetSocket, request: HandshakeRequest) {
    super();
    this.id = id;
    this.ws = ws;
    this.socket = socket;
    this.request = request;
  }

  abstract get readyState(): ConnectionState;

  /** The revision of Engine.IO. */
  get protocol(): 4 {
    return 4;
  }

  get transport(): Transport {
    return Transport.of(this.ws);
  }

  /** The address at the other end of the TCP connection; behind a proxy, the proxy's. */
  get remoteAddress(): string {
    return this.request.address;
  }

  get upgrading(): false {
    return false;
  }

  get upgraded(): false {
    return false;
  }

  /** What was sent in this turn and is not written yet. A copy. */
  get writeBuffer(): EnginePacket[] {
    return this.batch?.messages().flatMap(packetsOf) ?? [];
  }

  get bytesRead(): number {
    return this.socket.bytesRead;
  }

  /** Bytes that were sent and that the client's side has not taken yet. */
  get bufferedAmount(): number {
    return this.ws.bufferedAmount + (this.batch?.bytes ?? 0);
  }

  /**
   * Sends an Engine.IO message beside those of Socket.IO: a stock Socket.IO client takes none that is no packet.
   * @throws SocketIoError `INVALID_ARGUMENT` for anything but text and bytes
   */
  send(data: string | Uint8Array, options?: SendOptions | SendCallback, callback?: SendCallback): this {
    const [given, done] = typeof options === 'function' ? [undefined, options] : [options, callback];
    this.queue(engineMessage(data, given?.compress !== false));
    if (done !== undefined && this.readyState === 'open') this.behind({ flush: () => this.#whenTaken(done) });
    return this;
  }

  /** The same as {@link send}. */
  write(data: string | Uint8Array, options?: SendOptions | SendCallback, callback?: SendCallback): this {
    return this.send(data, options, callback);
  }

  /**
   * Ends the connection, for the reason `forced close`.
   * @param discard whether what was sent in this turn is dropped instead of sent before
   */
  close(discard = false): void {
    if (discard) this.batch = null;
    this.end('forced close');
  }

  /** @internal */
  abstract queue(message: Message): void;

  /** @internal */
  abstract end(reason: CloseReason): void;

  /** @internal Has something flushed behind this connection's own turn. */
  protected abstract behind(next: Flushable): void;

  #whenTaken(done: SendCallback): void {
    if (this.readyState !== 'open') return;
    this.socket.write(NOTHING, (error) => {
      if (error != null) return;
      void contain(
        () => done(this.transport),
        (failure) => this.listenerFailed('a callback of send', failure),
      );
    });
  }
}
