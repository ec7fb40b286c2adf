/**
 * One event of one method with Nest's `@SubscribeMessage`. What the method returns reaches the client as
 * with `@nestjs/platform-socket.io`: `{ event, data }` as an event, anything else as the acknowledgement,
 * nothing as nothing, and each item of an Observable likewise. Errors are the event `exception`, unless the
 * option `errors` has them be the acknowledgement.
 */
import { fromEvent, isObservable, lastValueFrom, type Observable, takeUntil, tap } from 'rxjs';
import { isThenable, type Log } from '../../engine/index.js';
import type { EventPacket } from '../../protocol/index.js';
import type { Socket } from '../../server/index.js';
import { toAckArgs } from '../events/answer.js';
import { type Acknowledge, Call } from '../call.js';
import { describeError } from '../events/answer.js';
import type { Invocation } from '../events/event-handler.js';
import { emitException, logFailure } from './exception-event.js';
import type { ErrorsOption } from '../module-options.js';
import type { SerialEvents } from '../events/serial-events.js';
import type { Filters } from './subscribed-pipeline.js';

/** A method with `@SubscribeMessage`, made ready. */
export interface Subscription extends Omit<Invocation, 'run'> {
  /** The message as it was subscribed. */
  readonly pattern: unknown;
  /** The method as it is bound for a client. */
  readonly boundFor: (client: Socket) => BoundMethod;
}

/** A method and what its errors are shown to. */
export interface BoundMethod extends Pick<Invocation, 'run'> {
  /** `null` where neither class nor method has any. */
  readonly filters: Filters | null;
}

/** A call as Nest's gateways know it: several arguments are one body, an array. */
export class SubscribedCall extends Call {
  readonly #pattern: unknown;

  constructor(client: Socket, data: EventPacket['data'], ack: Acknowledge | undefined, pattern: unknown) {
    super(client, data, ack);
    this.#pattern = pattern;
  }

  override get pattern(): unknown {
    return this.#pattern;
  }

  override get body(): unknown {
    return this.data.length > 2 ? this.args : this.data[1];
  }
}

export class SubscribedEvent implements SubscribedHandler {
  readonly #subscription: Subscription;
  readonly #errors: ErrorsOption;
  readonly #log: Log;

  constructor(subscription: Subscription, errors: ErrorsOption, log: Log) {
    this.#subscription = subscription;
    this.#errors = errors;
    this.#log = log;
  }

  /**
   * @param ack there when the client asked for an acknowledgement; of its calls, the first counts
   * @returns a promise where the method takes its time; it never rejects
   */
  handle(client: Socket, packet: EventPacket, ack: Acknowledge | undefined): void | Promise<void> {
    const { pattern, boundFor } = this.#subscription;
    const { run, filters } = boundFor(client); // once, since the client may be gone when the method fails
    const call = new SubscribedCall(client, packet.data, ack, pattern);
    try {
      const result = run(call);
      if (isThenable(result) || isObservable(result)) return this.#follow(call, filters, result);
      this.#answer(call, result);
    } catch (error) {
      return this.#fail(call, filters, error);
    }
  }

  async #follow(call: Call, filters: Filters | null, result: unknown): Promise<void> {
    try {
      const value = await result;
      if (!isObservable(value)) this.#answer(call, value);
      else if (call.client.connected) await this.#stream(call, value);
    } catch (error) {
      await this.#fail(call, filters, error);
    }
  }

  /** Until it ends, or the client leaves. */
  #stream(call: Call, items: Observable<unknown>): Promise<unknown> {
    const answered = items.pipe(
      tap((item) => this.#answer(call, item)),
      takeUntil(fromEvent(call.client, 'disconnecting')),
    );
    return lastValueFrom(answered, { defaultValue: undefined });
  }

  #answer(call: Call, result: unknown): void {
    if (result === undefined || result === null) return;
    const { event, data } = result as { readonly event?: string; readonly data?: unknown };
    if (event) call.client.emit(event, data);
    else if (!this.#subscription.takesAck) call.ack?.(...toAckArgs(result));
  }

  async #fail(call: Call, filters: Filters | null, error: unknown): Promise<void> {
    const { where } = this.#subscription;
    const ack = this.#errors === 'event' ? undefined : call.ack;
    const filtering = filters === null ? null : await filters(error, call);
    if (filtering?.caught === true) {
      if (ack !== undefined) this.#acknowledge(ack, filtering.value, error);
      return;
    }
    const left = filtering === null ? error : filtering.error;
    if (ack === undefined) logFailure(left, where, this.#log);
    if (ack === undefined || this.#errors === 'both') emitException(left, call, where, this.#log);
    if (ack !== undefined) this.#acknowledge(ack, undefined, left);
  }

  /** With what a filter returned, or what the error says. */
  #acknowledge(ack: Acknowledge, value: unknown, error: unknown): void {
    try {
      ack(...(value === undefined ? [{ error: this.#describe(error) }] : toAckArgs(value)));
    } catch (unsendable) {
      ack({ error: this.#describe(unsendable) });
    }
  }

  #describe(error: unknown): unknown {
    return describeError(error, this.#subscription.where, this.#log);
  }
}

/** One event of one method, as {@link Subscribers} call it. */
export interface SubscribedHandler {
  handle(client: Socket, packet: EventPacket, ack: Acknowledge | undefined, size: number): void | Promise<void>;
}

/** The same, when the client's earlier events of that gateway are through. */
export class SerialSubscription implements SubscribedHandler {
  readonly #event: SubscribedHandler;
  readonly #serial: SerialEvents;

  constructor(event: SubscribedHandler, serial: SerialEvents) {
    this.#event = event;
    this.#serial = serial;
  }

  handle(client: Socket, packet: EventPacket, ack: Acknowledge | undefined, size: number): void | Promise<void> {
    return this.#serial.run(client, size, () => this.#event.handle(client, packet, ack, size));
  }
}

/** All methods that subscribed to one message of a namespace: each is called, and whoever answers first has answered. */
export class Subscribers {
  readonly #events: SubscribedHandler[] = [];

  add(event: SubscribedHandler): void {
    this.#events.push(event);
  }

  readonly handle = (client: Socket, packet: EventPacket, size = 0): void | Promise<void> => {
    const ack = packet.id === undefined ? undefined : client.acknowledger(packet.id);
    const [first, ...others] = this.#events as [SubscribedHandler, ...SubscribedHandler[]];
    if (others.length === 0) return first.handle(client, packet, ack, size);
    const running = this.#events
      .map((event) => event.handle(client, packet, ack, size))
      .filter((result) => isThenable(result));
    return running.length === 0 ? undefined : Promise.all(running).then(() => undefined);
  };
}
