/** All instruments of a server: passes each notice to each of them, and times handlers and acknowledgements. */
import { SocketIoError } from '../../errors.js';
import type { EventPacket } from '../../protocol/internal.js';
import type { Settle } from '../adapter/ack-collector.js';
import { BroadcastTarget } from '../adapter/broadcast-target.js';
import type { DisconnectReason } from '../socket/socket-state.js';
import { Emission } from './emission.js';
import { runHandler } from './handler-run.js';
import type { ConnectRefusal, Instrument, HandledEvent, Tracer } from './instrument.js';
import type { WatchedSocket } from './watched-socket.js';

export class Instruments {
  /** `null` without traces. */
  readonly tracer: Tracer | null;
  readonly #all: readonly Instrument[];
  /** The instruments with a notice that each event causes: how its handler ended, its arrival, its sending. */
  readonly #timing: readonly Instrument[];
  readonly #receiving: readonly Instrument[];
  readonly #sending: readonly Instrument[];
  readonly #now: () => number;
  #emission: Emission | null = null;

  /** @param now ms */
  private constructor(all: readonly Instrument[], tracer: Tracer | null, now: () => number) {
    this.#all = all;
    this.#timing = all.filter((one) => 'eventHandled' in one);
    this.#receiving = all.filter((one) => 'eventReceived' in one);
    this.#sending = all.filter((one) => 'eventSent' in one);
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
    const { tracer } = this;
    if (this.#timing.length === 0) return tracer === null ? run() : tracer.handle(event, run);
    for (const one of this.#timing) one.handlerStarted?.(event);
    const started = this.#now();
    return runHandler(
      () => (tracer === null ? run() : tracer.handle(event, run)),
      (result, error) => {
        const duration = this.#now() - started;
        for (const one of this.#timing) one.eventHandled?.(event, result, error, duration);
      },
    );
  }

  /** Whether an instrument counts or times the events that arrive. */
  get areReceiving(): boolean {
    return this.#receiving.length > 0;
  }

  /** @param label see {@link Instrument.eventReceived} */
  received(socket: WatchedSocket, packet: EventPacket, label: string, size: number): void {
    for (const one of this.#receiving) one.eventReceived?.(socket, packet, label, size);
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
    this.#count(emission, () => (this.tracer === null ? run() : this.tracer.emit(emission, run)));
    for (const one of this.#all) one.emitted?.(emission);
  }

  /**
   * Runs the delivery of an event of another server, in the context of its emit.
   * @returns whether the context can be read, or is not needed
   */
  deliver(context: Uint8Array, namespace: string, run: () => void): boolean {
    const { tracer } = this;
    const emission = new Emission(namespace, namespace, '', BroadcastTarget.everybody, false, false);
    if (tracer !== null) return this.#count(emission, () => tracer.deliver(context, emission, run));
    run();
    return true;
  }

  sent(socket: WatchedSocket, packet: EventPacket, bytes: number, isDropped: boolean): void {
    const emission = this.#emission;
    if (emission !== null) {
      emission.bytes += isDropped ? 0 : bytes;
      if (isDropped) emission.dropped++;
      else emission.receivers++;
    }
    for (const one of this.#sending) one.eventSent?.(socket, packet, bytes, isDropped);
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

  refused(namespace: string, reason: ConnectRefusal, socket: WatchedSocket | null, error?: unknown): void {
    for (const one of this.#all) one.clientRefused?.(namespace, reason, socket, error);
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

  /** Counts the events that `run` sends. */
  #count<R>(emission: Emission, run: () => R): R {
    const outer = this.#emission; // a listener of outgoing events may emit in turn
    this.#emission = emission;
    try {
      return run();
    } finally {
      this.#emission = outer;
    }
  }
}
