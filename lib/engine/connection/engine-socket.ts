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
