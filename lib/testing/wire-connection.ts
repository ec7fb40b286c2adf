/** A WebSocket that queues the frames it receives. It sends nothing on its own, not even pongs of Engine.IO. */
import { WebSocket } from 'ws';
import { SocketIoError } from '../errors.js';
import { Inbox } from './inbox.js';

/** A text frame or a binary frame. */
export type Frame = string | Buffer;

export class WireConnection {
  readonly ws: WebSocket;
  readonly inbox = new Inbox<Frame>();
  /** Resolves with the close code and reason when the connection has ended. */
  readonly ended: Promise<{ readonly code: number; readonly reason: string }>;

  constructor(ws: WebSocket) {
    this.ws = ws;
    ws.on('message', (data: Buffer, binary) => this.receive(binary ? data : data.toString()));
    ws.on('error', () => {}); // `close` follows
    this.ended = new Promise((resolve) => {
      ws.on('close', (code, reason) => {
        const message = `the connection was closed with code ${code} before another frame was received`;
        this.inbox.end(new SocketIoError('CLIENT_GONE', message));
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  /** Sends text and binary frames. */
  send(...frames: readonly (string | Uint8Array)[]): this {
    for (const frame of frames) this.ws.send(frame);
    return this;
  }

  /**
   * Resolves with the next frame, as soon as there is one.
   * @throws SocketIoError `CLIENT_GONE` if the connection ends first
   */
  next(): Promise<Frame> {
    return this.inbox.next();
  }

  /** Drops the connection without a closing handshake. */
  terminate(): void {
    this.ws.terminate();
  }

  protected receive(frame: Frame): void {
    this.inbox.push(frame);
  }
}
