/**
 * The option `session: 'live'`: before a handler is called, the session is loaded from the store of
 * express-session, so that it is as HTTP routes have left it; when the handler has succeeded, what it changed is
 * saved, and only then is the client answered. A handler that fails changes nothing.
 *
 * - Each call has a session of its own, as each HTTP request has. `client.request.session` is the one of the call
 *   that reads it, across its awaits; outside a call, the one that was loaded last.
 * - Calls that run at the same time write what each of them changed, key by key: they overwrite each other
 *   only in a key that both have changed. That holds among all sockets of this process; an HTTP route writes
 *   the whole session, as it read it when its request began.
 * - Handlers of a client start in the order in which its events came.
 * - A session that has ended, by a logout or its expiry, is not brought back: the client is told
 *   `session_ended` and its connection is closed.
 */
import { WsException } from '@nestjs/websockets';
import { AsyncLocalStorage } from 'node:async_hooks';
import { concatWith, defer, from, ignoreElements, isObservable, Observable } from 'rxjs';
import type { Clock, Log } from '../../engine/index.js';
import type { Socket } from '../../server/index.js';
import type { Call } from '../call.js';
import { FilterAnswer } from '../events/answer.js';
import { messages } from '../messages.js';
import { SessionAccess } from './session-access.js';
import { type SessionData, SessionLease, type SessionRequest } from './call-session.js';

type Run = (call: Call) => unknown;

/** The session of a connection, whatever the number of its namespaces. */
interface Held {
  readonly request: SessionRequest;
  /** As it was at the handshake: what a client has whose session was never stored. */
  readonly initial: string;
  /** Whether the store has had it. */
  stored: boolean;
  last: SessionLease | null;
  /** Settles when the latest call has its session; never rejects. */
  turn: Promise<unknown>;
}

export class LiveSessions {
  readonly #access: SessionAccess;
  readonly #log: Log;
  readonly #running = new AsyncLocalStorage<SessionLease>();
  readonly #held = new WeakMap<object, Held>();
  #warned = false;

  constructor(clock: Clock, log: Log) {
    this.#access = new SessionAccess(clock);
    this.#log = log;
  }

  /**
   * @param leaving whether it runs for a client that leaves: it runs whatever became of the session
   * @returns the same, with the session loaded before and saved afterwards
   */
  around(run: Run, leaving = false): Run {
    return (call) => this.within(call.client, () => run(call), leaving);
  }

  /** Calls it with the session of a client, if it has one; see {@link around}. */
  within(client: Socket, work: () => unknown, leaving = false): unknown {
    const held = this.#of(client);
    return held === null ? work() : this.#within(client, held, work, leaving);
  }

  async #within(client: Socket, held: Held, work: () => unknown, leaving: boolean): Promise<unknown> {
    try {
      const lease = await this.#next(held, leaving);
      const result: unknown = await this.#running.run(lease, work);
      if (isObservable(result)) return this.#stream(client, held, lease, result);
      if (!(result instanceof FilterAnswer)) await this.#save(held, lease);
      return result;
    } catch (error) {
      endWith(error, client);
      throw error;
    }
  }

  /** The items of a stream are the call's, too; when it has ended well, the session is saved. */
  #stream(client: Socket, held: Held, lease: SessionLease, items: Observable<unknown>): Observable<unknown> {
    const saving = defer(() =>
      from(
        this.#save(held, lease).catch((error: unknown) => {
          endWith(error, client);
          throw error;
        }),
      ).pipe(ignoreElements()),
    );
    return new Observable((subscriber) =>
      this.#running.run(lease, () => items.pipe(concatWith(saving)).subscribe(subscriber)),
    );
  }

  /** The session for the next call: loads overlap, calls start in their order. */
  async #next(held: Held, leaving: boolean): Promise<SessionLease> {
    const loading = leaving ? this.#loadAnyhow(held) : this.#load(held);
    const start = Promise.all([loading, held.turn]);
    held.turn = start.catch(() => {});
    const [lease] = await start;
    held.last = lease;
    return lease;
  }

  async #load(held: Held): Promise<SessionLease> {
    const { request } = held;
    const data = await this.#access.read(request.sessionStore, request.sessionID);
    if (data !== null) held.stored = true;
    else if (held.stored) throw new SessionEnded();
    return new SessionLease(request, data ?? initialOf(held));
  }

  async #loadAnyhow(held: Held): Promise<SessionLease> {
    try {
      return await this.#load(held);
    } catch (error) {
      if (!(error instanceof SessionEnded)) this.#log.error(messages.sessionUnread(), error);
      return held.last ?? new SessionLease(held.request, initialOf(held));
    }
  }

  async #save(held: Held, lease: SessionLease): Promise<void> {
    const { session } = lease;
    const { request } = held;
    if (session === null || session === undefined) return; // it is destroyed: the next call will see that
    if (lease.id !== request.sessionID) {
      await this.#access.save(session);
      request.sessionID = lease.id; // regenerated: the connection goes on with it
    } else if (lease.changed.length > 0) await this.#access.inTurn(lease.id, () => this.#write(held, lease));
  }

  async #write(held: Held, lease: SessionLease): Promise<void> {
    const data = await this.#access.read(held.request.sessionStore, lease.id);
    if (data === null && held.stored) throw new SessionEnded();
    const merged = lease.onto(data ?? initialOf(held));
    await this.#access.save(merged);
    held.stored = true;
  }

  #of(client: Socket): Held | null {
    const request = client.request as unknown as SessionRequest;
    const known = this.#held.get(request);
    if (known !== undefined) return known;
    if (!isSessionRequest(request)) {
      if (!this.#warned) this.#log.warn(messages.noSession());
      this.#warned = true;
      return null;
    }
    const { session, sessionID } = request;
    const held: Held = {
      request,
      initial: JSON.stringify(session),
      stored: isNamed(sessionID, request.headers.cookie),
      last: null,
      turn: Promise.resolve(),
    };
    this.#held.set(request, held);
    this.#show(request, session);
    return held;
  }

  /** Has `request.session` be the session of whoever asks. */
  #show(request: SessionRequest, atHandshake: SessionRequest['session']): void {
    const current = (): SessionLease | null => {
      const lease = this.#running.getStore();
      return lease?.request === request ? lease : (this.#held.get(request)?.last ?? null);
    };
    Object.defineProperty(request, 'session', {
      configurable: true,
      enumerable: true,
      get: () => {
        const lease = current();
        return lease === null ? atHandshake : lease.session;
      },
      set: (session: SessionRequest['session']) => {
        const lease = current();
        if (lease === null) atHandshake = session;
        else lease.session = session;
      },
    });
  }
}

/** Not `internal`: the client is to know that it has to log in again. */
class SessionEnded extends WsException {
  constructor() {
    super({ code: 'session_ended', message: 'the session has ended' });
  }
}

/** Once the client is told. */
function endWith(error: unknown, client: Socket): void {
  if (error instanceof SessionEnded) setImmediate(() => client.disconnect(true));
}

/** A session that a cookie names was found in the store: for one that is not, another is made, with another id. */
function isNamed(id: string, cookie = ''): boolean {
  return cookie.includes(`s%3A${encodeURIComponent(id)}.`) || cookie.includes(`s:${id}.`);
}

function initialOf({ initial }: Held): SessionData {
  return JSON.parse(initial) as SessionData;
}

function isSessionRequest({ session, sessionStore }: Partial<SessionRequest>): boolean {
  if (session === undefined || session === null || sessionStore === undefined) return false;
  return typeof sessionStore.get === 'function' && typeof sessionStore.createSession === 'function';
}
