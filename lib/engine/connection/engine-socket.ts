/** A WebSocket with a reference to its connection, so that one listener per event serves all WebSockets. */
import { WebSocket } from 'ws';

/** Receives the events of a WebSocket. `Connection` implements it. */
export interface EngineSocketOwner {
  /** Called with each message. */
  receive(data: Buffer, binary: boolean): void;
  /** `ws` reported a protocol violation, or the network failed. */
  socketFailed(error: Error): void;
  /** The WebSocket is gone, whatever the reason. */
  socketClosed(): void;
}

type Decompress = (data: Buffer, fin: boolean, callback: (...result: unknown[]) => void) => void;

/** Members of `ws` 8 that its types leave out. */
interface Internals {
  readonly _extensions: { readonly 'permessage-deflate'?: { decompress: Decompress } };
  emitClose: () => void;
}

/** @internal Keeps the types of `ws` out of the public declarations. */
export class EngineSocket extends WebSocket {
  /** Set by {@link bindTo} before any event can occur. */
  declare owner: EngineSocketOwner;

  bindTo(owner: EngineSocketOwner): void {
    this.owner = owner;
    this.on('message', onMessage);
    this.on('error', onError);
    this.on('close', onClose);
  }

  /**
   * Delays the end of a WebSocket with compression until no message is being inflated. `ws` 8 frees the inflater at the
   * end, even if the receiver has failed while it was at work, and then reads from it in the callback of zlib: an
   * exception that ends the process.
   */
  awaitInflating(): void {
    const internals = this as unknown as Internals;
    const extension = internals._extensions['permessage-deflate'];
    if (extension === undefined) return;
    const { decompress } = extension;
    const emitClose = internals.emitClose.bind(this);
    let inflating = 0;
    let isOver = false;
    extension.decompress = (data, fin, callback) => {
      inflating++;
      decompress.call(extension, data, fin, (...result) => {
        inflating--;
        callback(...result);
        if (isOver && inflating === 0) emitClose();
      });
    };
    internals.emitClose = () => {
      isOver = true;
      if (inflating === 0) emitClose();
    };
  }
}

function onMessage(this: WebSocket, data: unknown, binary: boolean): void {
  ownerOf(this).receive(data as Buffer, binary); // always a Buffer: the default binaryType is kept
}

function onError(this: WebSocket, error: Error): void {
  ownerOf(this).socketFailed(error);
}

function onClose(this: WebSocket): void {
  ownerOf(this).socketClosed();
}

function ownerOf(ws: WebSocket): EngineSocketOwner {
  return (ws as EngineSocket).owner;
}
