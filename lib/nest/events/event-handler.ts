/**
 * One event of one gateway: calls the method and acknowledges with its return value. A synchronous method is
 * acknowledged synchronously: no promise, no Observable and no tick in between. An async iterable is acknowledged with
 * the id of a stream; then the event has been handled, however long the stream lasts.
 */
import { isObservable } from 'rxjs';
import { isThenable, type Log } from '../../engine/internal.js';
import { SocketIoError } from '../../errors.js';
import type { EventPacket } from '../../protocol/internal.js';
import { HandlerFailure, type HandlerOutcome, type Socket } from '../../server/internal.js';
import { type Acknowledge, Call } from '../call.js';
import { messages } from '../messages.js';
import { isAsyncIterable } from '../streams/async-iterable.js';
import { openSignal, releaseSignal } from '../streams/call-signals.js';
import { openStream } from '../streams/event-stream.js';
import { describeError, FilterAnswer, isRefusal, toAckArgs } from './answer.js';
import { settled } from './settled.js';

/** A method of a gateway, ready to be called. */
export interface Invocation {
  /** Class and method, for messages. */
  readonly where: string;
  /** Whether the method acknowledges itself. */
  readonly takesAck: boolean;
  /** Whether the method has a parameter with `@Signal()`. */
  readonly takesSignal: boolean;
  readonly run: (call: Call) => unknown;
}

export class BoundEvent {
  readonly #invocation: Invocation;
  readonly #log: Log;

  constructor(invocation: Invocation, log: Log) {
    this.#invocation = invocation;
    this.#log = log;
  }

  handle(client: Socket, packet: EventPacket): HandlerOutcome | Promise<HandlerOutcome> {
    const { takesAck, takesSignal, run } = this.#invocation;
    const ack = takesAck && packet.id !== undefined ? client.acknowledger(packet.id) : undefined;
    const call = new Call(client, packet.data, ack);
    if (takesSignal) openSignal(call);
    try {
      const result = run(call);
      if (isThenable(result) || isObservable(result)) return this.#settle(call, packet.id, result);
      return this.#succeed(call, packet.id, result);
    } catch (error) {
      return this.#fail(call, packet.id, error);
    }
  }

  async #settle(call: Call, id: number | undefined, result: unknown): Promise<HandlerOutcome> {
    try {
      return this.#succeed(call, id, await settled(result, call.client));
    } catch (error) {
      return this.#fail(call, id, error);
    }
  }

  #succeed(call: Call, id: number | undefined, result: unknown): void {
    const { takesAck, takesSignal, where } = this.#invocation;
    const isObject = typeof result === 'object' || typeof result === 'function'; // most results are none, and cost no call
    if (isObject && isAsyncIterable(result)) {
      if (takesAck) throw new SocketIoError('INVALID_HANDLER', messages.streamWithAck(where));
      return openStream(call, id, result, where, this.#log);
    }
    if (takesSignal) releaseSignal(call);
    if (id === undefined) return;
    const { client, ack } = call;
    if (result instanceof FilterAnswer) answer(client, id, ack, toAckArgs(result.value));
    else if (!takesAck) client.acknowledge(id, toAckArgs(result));
  }

  #fail(call: Call, id: number | undefined, error: unknown): HandlerFailure {
    if (this.#invocation.takesSignal) releaseSignal(call);
    const failure = new HandlerFailure(error, isRefusal(error));
    if (id === undefined && call.exceptionSent) return failure; // by a filter, as Nest's own filters do
    try {
      this.#send(call, id, error);
    } catch (encodingError) {
      this.#send(call, id, encodingError); // the details of the exception are circular, for example
    }
    return failure;
  }

  /** Sends a description of the error, as the acknowledgement or the event `exception`. */
  #send(call: Call, id: number | undefined, error: unknown): void {
    const { client, ack } = call;
    const description = describeError(error, this.#invocation.where, this.#log, call);
    if (id !== undefined) answer(client, id, ack, [{ error: description }]);
    else if (client.connected) client.emit('exception', description);
  }
}

/** Uses the acknowledgement of the method if it has one, because only that knows whether it was called before. */
function answer(client: Socket, id: number, ack: Acknowledge | undefined, args: readonly unknown[]): void {
  if (ack === undefined) client.acknowledge(id, args);
  else ack(...args);
}
