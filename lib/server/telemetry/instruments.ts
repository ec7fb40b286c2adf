/** All instruments of a server: passes each notice to each of them, and times handlers and acknowledgements. */
import { isThenable } from '../../engine/internal.js';
import { SocketIoError } from '../../errors.js';
import type { EventPacket } from '../../protocol/internal.js';
import type { Settle } from '../adapter/ack-collector.js';
import type { DisconnectReason } from '../socket/socket-state.js';
import type { Emission } from './emission.js';
import { HandlerFailure } from './handler-failure.js';
import type { ConnectRefusal, HandlerResult, Instrument, HandledEvent, Tracer } from './instrument.js';
import type { WatchedSocket } from './watched-socket.js';

export class Instruments {
  /** `null` without traces. */
  readonly tracer: Tracer | null;
  readonly #all: readonly Instrument[];
  readonly #now: () => number;
  #emission: Emission | null = null;

  /** @param now ms */
  private constructor(all: readonly Instrument[], tracer: Tracer | null, now: () => number) {
    this.#all = all;
    this.tracer = tracer;
    this.#now = now;
  }

  /** @returns `null` if there are none */
  static of(all: readonly Instrument[], tracer: Tracer | null, now: () => number): Instruments | null {
    const every = tracer === null ? all : [...all, tracer];
    return every.length === 0 ? null : new Instruments(every, tracer, now);
  }

  // --- Events of clients ---

  /**
   * Runs the handler of an event.
   * @param run may throw, and returns a {@link HandlerFailure} for a failure that it has answered itself
   */
  handle<R>(event: HandledEvent, run: () => R): R {
    for (const one of this.#all) one.handlerStarted?.(event);
    const started = this.#now();
    let result: R;
    try {
      result = this.tracer === null ? run() : this.tracer.handle(event, run);
    } catch (error) {
      this.#handled(event, new HandlerFailure(error, false), started);
      throw error;
    }
    if (!isThenable(result)) {
      this.#handled(event, result, started);
      return result;
    }
    return result.then(
      (outcome) => {
        this.#handled(event, outcome, started);
        return outcome;
      },
      (error: unknown) => {
        this.#handled(event, new HandlerFailure(error, false), started);
        throw error;
      },
    ) as R;
  }

  /** @param label see {@link Instrument.eventReceived} */
  received(socket: WatchedSocket, packet: EventPacket, label: string, size: number): void {
    for (const one of this.#all) one.eventReceived?.(socket, packet, label, size);
  }

  unhandled(socket: WatchedSocket, packet: EventPacket): void {
    for (const one of this.#all) one.eventUnhandled?.(socket, packet);
  }

  rateLimited(socket: WatchedSocket, label: string): void {
    for (const one of this.#all) one.eventRateLimited?.(socket, label);
  }

  // --- Events to clients ---

  /** Runs an emit. */
  emit(emission: Emission, run: () => void): void {
    const outer = this.#emission; // a listener of outgoing events may emit in turn
    this.#emission = emission;
    try {
      if (this.tracer === null) run();
      else this.tracer.emit(emission, run);
    } finally {
      this.#emission = outer;
    }
    for (const one of this.#all) one.emitted?.(emission);
  }

  sent(socket: WatchedSocket, packet: EventPacket, bytes: number, isDropped: boolean): void {
    const emission = this.#emission;
    if (emission !== null) {
      emission.bytes += isDropped ? 0 : bytes;
      if (isDropped) emission.dropped++;
      else emission.receivers++;
    }
    for (const one of this.#all) one.eventSent?.(socket, packet, bytes, isDropped);
  }

  /** @returns a callback in place of `settle`, which notifies the instruments and keeps the present context */
  awaitAck(socket: WatchedSocket, settle: Settle): Settle {
    const sentAt = this.#now();
    const bound = this.tracer === null ? settle : this.tracer.bind(settle);
    return (error, answer) => {
      const outcome =
        error === null
          ? 'answered'
          : error instanceof SocketIoError && error.code === 'ACK_TIMEOUT'
            ? 'timed_out'
            : 'lost';
      for (const one of this.#all) one.ackSettled?.(socket, outcome, this.#now() - sentAt);
      bound(error, answer);
    };
  }

  // --- Clients ---

  connected(socket: WatchedSocket): void {
    for (const one of this.#all) one.clientConnected?.(socket);
  }

  disconnected(socket: WatchedSocket, reason: DisconnectReason): void {
    for (const one of this.#all) one.clientDisconnected?.(socket, reason);
  }

  refused(namespace: string, reason: ConnectRefusal, socket: WatchedSocket | null): void {
    for (const one of this.#all) one.clientRefused?.(namespace, reason, socket);
  }

  claimed(socket: WatchedSocket, isRestored: boolean): void {
    for (const one of this.#all) one.sessionClaimed?.(socket, isRestored);
  }

  joined(socket: WatchedSocket, room: string): void {
    for (const one of this.#all) one.roomJoined?.(socket, room);
  }

  left(socket: WatchedSocket, room: string): void {
    for (const one of this.#all) one.roomLeft?.(socket, room);
  }

  // --- Inside ---

  #handled(event: HandledEvent, outcome: unknown, started: number): void {
    const duration = this.#now() - started;
    const failure = outcome instanceof HandlerFailure ? outcome : null;
    const result: HandlerResult = failure === null ? 'ok' : failure.isRefusal ? 'rejected' : 'failed';
    for (const one of this.#all) one.eventHandled?.(event, result, failure?.error, duration);
  }
}
