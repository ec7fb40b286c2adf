/**
 * One event of one method with Nest's `@SubscribeMessage`. The client gets the return value as with
 * `@nestjs/platform-socket.io`: `{ event, data }` as an event, nothing for `undefined` and `null`, and anything else
 * as the acknowledgement; each item of an Observable likewise. Errors are sent as the event `exception`, or as the
 * option `errors` says.
 */
import { isObservable, type Observable, tap } from 'rxjs';
import { isThenable, type Log } from '../../engine/internal.js';
import type { EventPacket } from '../../protocol/internal.js';
import { HandlerFailure, type HandlerOutcome, type Socket } from '../../server/internal.js';
import { type Acknowledge, Call } from '../call.js';
import type { Run } from '../connection-scope.js';
import { describeError, isRefusal, toAckArgs } from '../events/answer.js';
import type { Invocation } from '../events/event-handler.js';
import { RateLimitExceeded } from '../events/rate-limits.js';
import { begun, lastOf } from '../events/settled.js';
import type { ErrorsOption } from '../module-options.js';
import { emitException, logFailure } from './exception-event.js';
import type { ApplyFilters, FilterResult } from './subscribed-pipeline.js';

/** A method with `@SubscribeMessage`, ready to be called. */
export interface Subscription extends Omit<Invocation, 'run' | 'takesSignal'> {
  /** The message to which it subscribed. */
  readonly pattern: unknown;
  /** The method as it is bound for a client. */
  readonly boundFor: (client: Socket) => BoundMethod;
}

/** A method and the filters for its errors. */
export interface BoundMethod extends Pick<Invocation, 'run'> {
  /** `null` if neither the class nor the method has any enhancers. */
  readonly filters: ApplyFilters | null;
}

/** A call as Nest's gateways expect it: several arguments are one body, an array. */
export class SubscribedCall extends Call {
  readonly #pattern: unknown;
  /** Set if the filters have already been applied to the error of this call. */
  filtered: FilterResult | null = null;

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
   * @param ack set if the client requested an acknowledgement; only its first call counts
   * @returns a promise if the method is asynchronous; it never rejects
   */
  handle(client: Socket, packet: EventPacket, ack: Acknowledge | undefined, size = 0): void | Promise<void> {
    const { instruments } = client.nsp;
    if (instruments === null) return this.#run(client, packet, ack) as void | Promise<void>;
    const { where, pattern } = this.#subscription;
    const event = { socket: client, packet, size, label: String(pattern), handler: where };
    return instruments.handle(event, () => this.#run(client, packet, ack)) as void | Promise<void>;
  }

  #run(client: Socket, packet: EventPacket, ack: Acknowledge | undefined): HandlerOutcome | Promise<HandlerOutcome> {
    const { pattern, boundFor } = this.#subscription;
    const { run, filters } = boundFor(client); // looked up now: the client may be gone when the method fails
    const call = new SubscribedCall(client, packet.data, ack, pattern);
    try {
      const result = run(call);
      if (isThenable(result) || isObservable(result)) return this.#follow(call, filters, result);
      this.#answer(call, result);
    } catch (error) {
      return this.#fail(call, filters, error);
    }
  }

  async #follow(call: SubscribedCall, filters: ApplyFilters | null, result: unknown): Promise<HandlerOutcome> {
    try {
      const value = await result;
      if (!isObservable(value)) this.#answer(call, value);
      else if (call.client.connected) await this.#stream(call, value);
    } catch (error) {
      return this.#fail(call, filters, error);
    }
  }

  /** Answers with each item until the Observable completes or the client leaves. */
  #stream(call: Call, items: Observable<unknown>): unknown {
    return lastOf(items.pipe(tap((item) => this.#answer(call, item))), call.client);
  }

  #answer(call: Call, result: unknown): void {
    if (result === undefined || result === null) return;
    const { event, data } = result as { readonly event?: string; readonly data?: unknown };
    if (event) call.client.emit(event, data);
    else if (!this.#subscription.takesAck) call.ack?.(...toAckArgs(result));
  }

  async #fail(call: SubscribedCall, filters: ApplyFilters | null, error: unknown): Promise<HandlerFailure> {
    await this.#answerFailure(call, filters, error);
    return new HandlerFailure(error, isRefusal(error));
  }

  async #answerFailure(call: SubscribedCall, filters: ApplyFilters | null, error: unknown): Promise<void> {
    const { where } = this.#subscription;
    const ack = this.#errors === 'event' ? undefined : call.ack;
    const filtered =
      filters === null || error instanceof RateLimitExceeded ? null : (call.filtered ?? (await filters(error, call)));
    if (filtered?.caught === true) {
      if (ack !== undefined) this.#acknowledge(call, ack, filtered.value, error);
      return;
    }
    const uncaught = filtered === null ? error : filtered.error;
    if (ack === undefined) logFailure(uncaught, call, where, this.#log);
    if (ack === undefined || this.#errors === 'both') emitException(uncaught, call, where, this.#log);
    if (ack !== undefined) this.#acknowledge(call, ack, undefined, uncaught);
  }

  /** Acknowledges with the value that a filter returned, or otherwise with a description of the error. */
  #acknowledge(call: Call, ack: Acknowledge, value: unknown, error: unknown): void {
    try {
      ack(...(value === undefined ? [{ error: this.#describe(error, call) }] : toAckArgs(value)));
    } catch (encodingError) {
      ack({ error: this.#describe(encodingError, call) });
    }
  }

  #describe(error: unknown, call: Call): unknown {
    return describeError(error, this.#subscription.where, this.#log, call);
  }
}

/**
 * Makes a handler do all its work before its promise settles, for a patch that is around it: the filters are applied
 * to its error, and the Observable that it returns, perhaps from an interceptor, has its first item.
 */
export function workingWithin(run: Run, filters: ApplyFilters | null): Run {
  const fail = async (call: Call, error: unknown): Promise<never> => {
    if (filters !== null) (call as SubscribedCall).filtered = await filters(error, call);
    throw error;
  };
  return (call) => {
    try {
      const result = run(call);
      if (isObservable(result)) return begun(result, call.client);
      if (!isThenable(result)) return result;
      return Promise.resolve(result)
        .then((value) => (isObservable(value) ? begun(value, call.client) : value))
        .catch((error: unknown) => fail(call, error));
    } catch (error) {
      return fail(call, error);
    }
  };
}

/** Handles one event with one method, for {@link Subscribers}. */
export interface SubscribedHandler {
  handle(client: Socket, packet: EventPacket, ack: Acknowledge | undefined, size: number): void | Promise<void>;
}

/** Runs a task of a client at once or later. @param size of the event, in bytes or characters */
type Defer = (client: Socket, size: number, task: () => void | Promise<void>) => void | Promise<void>;

/** Calls another handler in its turn: after earlier events of the client, or after `handleConnection` has settled. */
export class DeferredSubscription implements SubscribedHandler {
  readonly #handler: SubscribedHandler;
  readonly #defer: Defer;

  constructor(handler: SubscribedHandler, defer: Defer) {
    this.#handler = handler;
    this.#defer = defer;
  }

  handle(client: Socket, packet: EventPacket, ack: Acknowledge | undefined, size: number): void | Promise<void> {
    return this.#defer(client, size, () => this.#handler.handle(client, packet, ack, size));
  }
}

/** All methods that subscribed to one message of a namespace. Each is called; the first acknowledgement counts. */
export class Subscribers {
  readonly #handlers: SubscribedHandler[] = [];

  add(handler: SubscribedHandler): void {
    this.#handlers.push(handler);
  }

  readonly handle = (client: Socket, packet: EventPacket, size = 0): void | Promise<void> => {
    const ack = packet.id === undefined ? undefined : client.acknowledger(packet.id);
    const [first, ...others] = this.#handlers as [SubscribedHandler, ...SubscribedHandler[]];
    if (others.length === 0) return first.handle(client, packet, ack, size);
    const running = this.#handlers
      .map((handler) => handler.handle(client, packet, ack, size))
      .filter((result) => isThenable(result));
    return running.length === 0 ? undefined : Promise.all(running).then(() => undefined);
  };
}
