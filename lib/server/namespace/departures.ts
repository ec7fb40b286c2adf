/**
 * The handlers of clients that leave a namespace, are lost, or return. If recovery keeps the session of a client that
 * leaves, the handlers of its end wait until its absence has ended.
 */
import type { Loggable } from '../../engine/internal.js';
import { label } from '../../errors.js';
import type { Adapter } from '../adapter/adapter.js';
import type { ObservedSocket, SocketObservers } from '../adapter/socket-observer.js';
import { RECOVERY_DEFAULTS } from '../recovery/recovery-options.js';
import type { ResolvedServerOptions } from '../server-options.js';
import type { DisconnectReason } from '../socket/socket-state.js';
import { Absences, type Departure } from './absences.js';
import { HandlerList } from './handler-list.js';
import type { OpenClients } from './open-clients.js';
import type { Deadlines } from './patterns.js';

type Leave<S> = (socket: S, reason: DisconnectReason, description: unknown) => unknown;

interface LeaveHandler<S> {
  readonly run: Leave<S>;
  /** Whether it waits for a client that may return. */
  readonly atEnd: boolean;
}

/** The end of a socket that was connected. */
export interface Leaving extends Departure {
  /** Whether recovery has kept its session. */
  readonly mayReturn: boolean;
}

/** The event between servers that carries the notices of {@link Absences}. */
export const ABSENCE_NOTICE = 'nest-socketio:absence';

/** The namespace, as its departures see it. */
export interface DepartedNamespace<S extends ObservedSocket & Loggable> {
  readonly name: string;
  readonly delivery: Adapter;
  readonly observers: SocketObservers | null;
  readonly server: {
    /** `null` until the server serves. */
    readonly serving: { readonly deadlines: { readonly leaving: Deadlines<() => void> } } | null;
  };
  readonly departures: Departures<S>;
  /** The namespace whose handlers apply to all namespaces, if there is one. */
  readonly wildcard: DepartedNamespace<S> | undefined;
  contain(what: string, call: () => unknown, of?: Loggable): Promise<void> | null;
  checkEmpty(): void;
}

/** @typeParam S the type of a socket */
export class Departures<S extends ObservedSocket & Loggable> {
  readonly #namespace: DepartedNamespace<S>;
  readonly #clients: OpenClients;
  readonly #options: ResolvedServerOptions;
  readonly #disconnects = new HandlerList<LeaveHandler<S>>();
  readonly #drops = new HandlerList<LeaveHandler<S>>();
  readonly #returns = new HandlerList<(socket: S) => unknown>();
  #absences: Absences<S> | null = null;

  constructor(namespace: DepartedNamespace<S>, clients: OpenClients, options: ResolvedServerOptions) {
    this.#namespace = namespace;
    this.#clients = clients;
    this.#options = options;
  }

  // --- Public attributes ---

  /** The clients that may return; `null` unless observers or handlers follow them. */
  get absences(): Absences<S> | null {
    if (this.#absences === null && this.#namespace.wildcard?.departures.followsAbsences === true) this.follow();
    return this.#absences;
  }

  get followsAbsences(): boolean {
    return this.#absences !== null;
  }

  /** Whether an empty namespace must stay, for clients that may return. */
  get awaitsClients(): boolean {
    return this.#namespace.delivery.recovery?.keepsAny === true || (this.#absences?.size ?? 0) > 0;
  }

  // --- Public methods ---

  /** Follows the clients that may return, from now on. */
  follow(): void {
    this.#absences ??= this.#createAbsences();
  }

  onDisconnect(run: Leave<S>, always: boolean): void {
    this.#disconnects.add({ run, atEnd: false }, always);
  }

  onEnd(run: Leave<S>, always: boolean): void {
    this.#disconnects.add({ run, atEnd: true }, always);
    this.follow();
  }

  onDrop(run: Leave<S>): void {
    this.#drops.add({ run, atEnd: false });
    this.follow();
  }

  onReturn(handler: (socket: S) => unknown): void {
    this.#returns.add(handler);
    this.follow();
  }

  /** Copies the handlers of a parent namespace. */
  inherit(parent: Departures<S>): void {
    this.#disconnects.inherit(parent.#disconnects);
    this.#drops.inherit(parent.#drops);
    this.#returns.inherit(parent.#returns);
    if (parent.followsAbsences) this.follow();
  }

  /** Called when a socket has been accepted: runs the return handlers if its client resumes a session. */
  accepted(socket: S): void {
    if (!socket.recovered) return this.#namespace.observers?.connected(socket);
    const { absences } = this;
    if (absences === null) return undefined;
    absences.returned(socket);
    for (const handler of this.#all((of) => of.#returns)) {
      const running = this.#namespace.contain('a return handler', () => handler(socket), socket);
      if (running !== null) void this.#clients.track(running, running);
    }
    return undefined;
  }

  /**
   * Called when a socket leaves. Runs the disconnect handlers, then calls `done`. If its client may return, the drop
   * handlers run as well, and the handlers of its end run later.
   */
  left(socket: S, { mayReturn, reason, description }: Leaving, done: () => void): void {
    const absences = mayReturn && this.#outlives(reason) ? this.absences : null;
    const departure = { reason, description };
    const handlers = this.#all((of) => of.#disconnects);
    if (absences === null) return this.#end(socket, departure, handlers, done);
    absences.add(socket, departure);
    const due = handlers.filter(({ atEnd }) => !atEnd);
    return this.#run(socket, departure, [...due, ...this.#all((of) => of.#drops)], done);
  }

  // --- Inside ---

  /** Whether a session is still kept after a disconnect for this reason: those in memory die with the server. */
  #outlives(reason: DisconnectReason): boolean {
    return reason !== 'server shutting down' || this.#namespace.delivery.recovery?.isShared === true;
  }

  #end(socket: S, departure: Departure, handlers: readonly LeaveHandler<S>[], done: () => void): void {
    this.#run(socket, departure, handlers, () => {
      this.#namespace.observers?.ended(socket, departure.reason);
      done();
    });
  }

  /** Runs handlers of a client that counts as open. Then calls `done` and counts it no longer. */
  #run(socket: S, { reason, description }: Departure, handlers: readonly LeaveHandler<S>[], done: () => void): void {
    const gone = (): void => {
      done();
      this.#clients.leave();
    };
    if (handlers.length === 0) return gone();
    const pending = handlers
      .map(({ run }) => this.#namespace.contain('a disconnect handler', () => run(socket, reason, description), socket))
      .filter((result) => result !== null);
    if (pending.length === 0) return gone();
    this.#leaveAfter(pending, gone);
  }

  /** Calls `gone` when the disconnect handlers have finished or `limits.disconnectHandlerTime` has passed. */
  #leaveAfter(pending: readonly Promise<void>[], gone: () => void): void {
    const { server, name } = this.#namespace;
    const leaving = server.serving?.deadlines.leaving;
    const { limits, limitReport } = this.#options.engine;
    let left = false;
    const leave = (): void => {
      if (left) return;
      left = true;
      gone();
    };
    const giveUp = (): void => {
      this.#clients.forget(pending);
      const what = `disconnect handlers in ${label(name)} did not finish`;
      limitReport.reached('disconnectHandlerTime', what, { logFields: { namespace: name } });
      leave();
    };
    if (limits.disconnectHandlerTime !== Infinity) leaving?.add(giveUp);
    const finished = Promise.all(pending).then(() => {
      leaving?.delete(giveUp);
      leave();
    });
    void this.#clients.track(pending, finished);
  }

  /** The handlers of one list to run, with those of the wildcard namespace. */
  #all<H>(listOf: (departures: Departures<S>) => HandlerList<H>): readonly H[] {
    const common = this.#namespace.wildcard?.departures;
    return listOf(this).with(common === undefined ? undefined : listOf(common));
  }

  #createAbsences(): Absences<S> {
    const namespace = this.#namespace;
    const options = this.#options;
    return new Absences({
      get clock() {
        return options.engine.clock;
      },
      get observers() {
        return namespace.observers;
      },
      get isShared() {
        return namespace.delivery.recovery?.isShared === true;
      },
      get bounds() {
        return options.recovery ?? RECOVERY_DEFAULTS;
      },
      ended: (socket, departure, done) => {
        this.#clients.enter();
        const due = this.#all((of) => of.#disconnects).filter(({ atEnd }) => atEnd);
        this.#end(socket, departure, due, done);
      },
      notifyOthers: (...notice) => namespace.delivery.serverSideEmit([ABSENCE_NOTICE, ...notice]),
      checkEmpty: () => namespace.checkEmpty(),
    });
  }
}
