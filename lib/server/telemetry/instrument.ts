/**
 * The contracts of those that watch a server: an `Instrument` is notified of what happens, a `Tracer` also runs
 * application code within a context of its own. A server without any has no `Instruments`, and asks nothing more.
 */
import type { EventPacket } from '../../protocol/internal.js';
import type { DisconnectReason } from '../socket/socket-state.js';
import type { Emission } from './emission.js';
import type { HandlerResult } from './handler-run.js';
import type { WatchedSocket } from './watched-socket.js';

/** Why a CONNECT was refused. A fixed list: a label of metrics. */
export type ConnectRefusal =
  | 'middleware' // of the application
  | 'handler' // a connect handler of the application, or a guard of it
  | 'failed' // a middleware or connect handler threw an unexpected error
  | 'timeout' // it was not decided within `connectTimeout`
  | 'namespace' // there is no such namespace
  | 'too_large'
  | 'too_many_connections' // of its user
  | 'expired'
  | 'backlog' // too much was sent to it before it was accepted
  | 'left'; // the client left, or was disconnected, before it was decided

/** How a request for an acknowledgement ended. */
export type AckOutcome = 'answered' | 'timed_out' | 'lost';

/** A call of the handler, or of the listeners, of an event of a client. */
export interface HandledEvent {
  readonly socket: WatchedSocket;
  readonly packet: EventPacket;
  /** The name as declared: that of the event, or `*` if a catch-all handler got it. Clients cannot choose it. */
  readonly label: string;
  /** Class and method of the handler, as `ChatGateway.say`; `null` for listeners and handlers without a name. */
  readonly handler: string | null;
  /** See {@link Instrument.eventReceived}. */
  readonly size: number;
}

/** All members are notices: they must return at once, and what they throw is a fault of this package. */
export interface Instrument {
  clientConnected?(socket: WatchedSocket): void;
  /** Called before the disconnect handlers run. The socket is still in its rooms. */
  clientDisconnected?(socket: WatchedSocket, reason: DisconnectReason): void;
  /**
   * @param socket `null` if the CONNECT was refused before there was one
   * @param error why it was refused, if application code threw it
   */
  clientRefused?(namespace: string, reason: ConnectRefusal, socket: WatchedSocket | null, error?: unknown): void;
  /** A client has presented a session, to resume it. */
  sessionClaimed?(socket: WatchedSocket, isRestored: boolean): void;
  roomJoined?(socket: WatchedSocket, room: string): void;
  roomLeft?(socket: WatchedSocket, room: string): void;
  /**
   * An event that has a handler or listeners has arrived.
   * @param label as in {@link HandledEvent}
   * @param size bytes or characters on the wire; 0 if it waited for the answer to CONNECT
   */
  eventReceived?(socket: WatchedSocket, packet: EventPacket, label: string, size: number): void;
  /** Called when the handler is called. {@link eventHandled} follows. */
  handlerStarted?(event: HandledEvent): void;
  /** Called when the handler has settled. @param duration ms */
  eventHandled?(event: HandledEvent, result: HandlerResult, error: unknown, duration: number): void;
  /** An event without a handler. */
  eventUnhandled?(socket: WatchedSocket, packet: EventPacket): void;
  /** An event was refused by `@RateLimit`. @param label as in {@link HandledEvent} */
  eventRateLimited?(socket: WatchedSocket, label: string): void;
  /** The application has emitted, and the receivers of this server have been served. */
  emitted?(emission: Emission): void;
  /** An event is sent to a client, or dropped. @param bytes of the encoded event */
  eventSent?(socket: WatchedSocket, packet: EventPacket, bytes: number, isDropped: boolean): void;
  /** @param duration ms since the event was sent */
  ackSettled?(socket: WatchedSocket, outcome: AckOutcome, duration: number): void;
}

/** Runs application code in the context of a span. */
export interface Tracer extends Instrument {
  handle<T>(event: HandledEvent, run: () => T): T;
  /** Called around an emit; `emission` has its counts when `run` returns. */
  emit(emission: Emission, run: () => void): void;
  /** Called around the decision on a CONNECT. `clientConnected` or `clientRefused` follows, or `disconnect`. */
  connect(socket: WatchedSocket, run: () => void): void;
  /** Called around the end of a client. `run` starts its disconnect handlers and calls `ended` when they have settled. */
  disconnect(socket: WatchedSocket, reason: DisconnectReason, run: (ended: () => void) => void): void;
  /** Binds a callback to the present context. */
  bind<F extends (...args: never[]) => unknown>(callback: F): F;
  /** The present context for other servers, or `null` if it is not recorded. */
  carry(): Uint8Array | null;
  /**
   * Runs the delivery of an event of another server; `emission` has its counts when `run` returns.
   * @param context see {@link carry}
   * @returns whether the context can be read. If not, the event is delivered without it
   */
  deliver(context: Uint8Array, emission: Emission, run: () => void): boolean;
}
