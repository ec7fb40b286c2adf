/** A WebSocket that knows whose it is: so one listener of each event, without a closure, serves them all. */
import { WebSocket } from 'ws';

/** What takes the events of a WebSocket. A connection is one. */
export interface EngineSocketOwner {
  /** One message. */
  receive(data: Buffer, binary: boolean): void;
  /** `ws` found something wrong, or the network failed. */
  failed(error: Error): void;
  /** It is gone, for whatever reason. */
  gone(): void;
}

/** @internal The types of `ws` are no matter of our users. */
export class EngineSocket extends WebSocket {
  /** Set by {@link belongTo}, before anything can happen. */
  declare owner: EngineSocketOwner;

  belongTo(owner: EngineSocketOwner): void {
    this.owner = owner;
    this.on('message', onMessage);
    this.on('error', onError);
    this.on('close', onClose);
  }
}

function onMessage(this: WebSocket, data: unknown, binary: boolean): void {
  ownerOf(this).receive(data as Buffer, binary); // a Buffer: the binaryType is never changed
}

function onError(this: WebSocket, error: Error): void {
  ownerOf(this).failed(error);
}

function onClose(this: WebSocket): void {
  ownerOf(this).gone();
}

function ownerOf(ws: WebSocket): EngineSocketOwner {
  return (ws as EngineSocket).owner;
}
