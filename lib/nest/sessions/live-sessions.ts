/**
 * The option `session: 'live'`. Before a handler is called, its session is loaded from the store of express-session,
 * so the handler sees the changes that HTTP routes have made. When the handler has succeeded, its changes are saved,
 * and only then is the client answered. A handler that fails changes nothing.
 *
 * - Each call has its own session, as each HTTP request has. `client.request.session` is the session of the call that
 *   reads it, even after an `await`. Outside a call, it is the session that was loaded last.
 * - Calls that run at the same time write the keys that each of them changed. They overwrite each other only if both
 *   changed the same key. This holds for all sockets of this process. An HTTP route writes the whole session, starting
 *   from the session at the beginning of its request.
 * - Handlers of a client start in the order in which its events arrived.
 * - A session that has ended, by a logout or because it expired, is not restored: the client gets the error
 *   `session_ended` and its connection is closed.
 */
import { WsException } from '@nestjs/websockets';
import { AsyncLocalStorage } from 'node:async_hooks';
import { concatWith, defer, from, ignoreElements, isObservable, Observable } from 'rxjs';
import type { Clock, Log } from '../../engine/internal.js';
import type { Socket } from '../../server/internal.js';
import type { Run } from '../connection-scope.js';
import { FilterAnswer } from '../events/answer.js';
import { messages } from '../messages.js';
import { CallSession } from './call-session.js';
import type { SessionData, SessionRequest } from './express-session.js';
import { SessionAccess } from './session-access.js';

/**
 * Whether a handler needs its session. `required`: it is not called if the session has ended or cannot be loaded.
 * `optional`: it is called anyway, because its client is leaving.
 */
export type SessionUse = 'required' | 'optional';

/** The session of a connection. The namespaces of the connection share it. */
interface ConnectionSession {
  readonly request: SessionRequest;
  /** The session at the handshake, as JSON. It is the session of a client until the first save. */
  readonly initial: string;
  /** Whether the store has had the session. If the store then lacks it, the session has ended. */
  stored: boolean;
  last: CallSession | null;
  /** Settles when the latest call has its session, so that the next call may start. Never rejects. */
  latestStart: Promise<unknown>;
}

export class LiveSessions {
  readonly #access: SessionAccess;
  readonly #log: Log;
  readonly #current = new AsyncLocalStorage<CallSession>();
  readonly #sessions = new WeakMap<object, ConnectionSession>();
  #warned = false;

  constructor(clock: Clock, log: Log) {
    this.#access = new SessionAccess(clock);
    this.#log = log;
  }

  /** Wraps a handler: loads the session before it and saves the changes after it. */
  around(run: Run, use: SessionUse): Run {
    return (call) => this.within(call.client, () => run(call), use);
  }

  /** Like {@link around}, for a single call. If the client has no session, only calls `work`. */
  within(client: Socket, work: () => unknown, use: SessionUse): unknown {
    const session = this.#of(client);
    return session === null ? work() : this.#within(client, session, work, use);
  }

  async #within(client: Socket, session: ConnectionSession, work: () => unknown, use: SessionUse): Promise<unknown> {
    try {
      const own = await this.#next(session, use);
      const result: unknown = await this.#current.run(own, work);
      if (isObservable(result)) return this.#stream(client, session, own, result);
      if (!(result instanceof FilterAnswer)) await this.#save(session, own);
      return result;
    } catch (error) {
      disconnectIfEnded(error, client);
      throw error;
    }
  }

  /** The items of an Observable belong to the call too. If it completes without an error, the session is saved. */
  #stream(
    client: Socket,
    session: ConnectionSession,
    own: CallSession,
    items: Observable<unknown>,
  ): Observable<unknown> {
    const saving = defer(() =>
      from(
        this.#save(session, own).catch((error: unknown) => {
          disconnectIfEnded(error, client);
          throw error;
        }),
      ).pipe(ignoreElements()),
    );
    return new Observable((subscriber) =>
      this.#current.run(own, () => items.pipe(concatWith(saving)).subscribe(subscriber)),
    );
  }

  /** The session for the next call. Sessions are loaded concurrently, but calls start in the order of their events. */
  async #next(session: ConnectionSession, use: SessionUse): Promise<CallSession> {
    const loading = use === 'required' ? this.#load(session) : this.#loadIfPossible(session);
    const start = Promise.all([loading, session.latestStart]);
    session.latestStart = start.catch(() => {});
    const [own] = await start;
    session.last = own;
    return own;
  }

  async #load(session: ConnectionSession): Promise<CallSession> {
    const { request } = session;
    const data = await this.#access.read(request.sessionStore, request.sessionID);
    if (data !== null) session.stored = true;
    else if (session.stored) throw new SessionEnded();
    return new CallSession(request, data ?? initialOf(session));
  }

  async #loadIfPossible(session: ConnectionSession): Promise<CallSession> {
    try {
      return await this.#load(session);
    } catch (error) {
      if (!(error instanceof SessionEnded)) this.#log.error(messages.sessionNotLoaded(), error);
      return session.last ?? new CallSession(session.request, initialOf(session));
    }
  }

  async #save(session: ConnectionSession, own: CallSession): Promise<void> {
    const { request } = session;
    if (own.session === null || own.session === undefined) return; // destroyed: the next call finds that it has ended
    if (own.id !== request.sessionID) {
      await this.#access.save(own.session);
      request.sessionID = own.id; // regenerated: the connection continues with the new session
    } else if (own.changed.length > 0) await this.#access.inTurn(own.id, () => this.#write(session, own));
  }

  async #write(session: ConnectionSession, own: CallSession): Promise<void> {
    const data = await this.#access.read(session.request.sessionStore, own.id);
    if (data === null && session.stored) throw new SessionEnded();
    await this.#access.save(own.mergedInto(data ?? initialOf(session)));
    session.stored = true;
  }

  #of(client: Socket): ConnectionSession | null {
    const request = client.request as unknown as SessionRequest;
    const known = this.#sessions.get(request);
    if (known !== undefined) return known;
    if (!hasSession(request)) {
      if (!this.#warned) this.#log.warn(messages.noSession());
      this.#warned = true;
      return null;
    }
    const { session: atHandshake, sessionID } = request;
    const session: ConnectionSession = {
      request,
      initial: JSON.stringify(atHandshake),
      stored: cookieNames(sessionID, request.headers.cookie),
      last: null,
      latestStart: Promise.resolve(),
    };
    this.#sessions.set(request, session);
    this.#defineSession(request, atHandshake);
    return session;
  }

  /** Makes `request.session` the session of the call that reads it. */
  #defineSession(request: SessionRequest, atHandshake: SessionRequest['session']): void {
    const current = (): CallSession | null => {
      const own = this.#current.getStore();
      return own?.request === request ? own : (this.#sessions.get(request)?.last ?? null);
    };
    Object.defineProperty(request, 'session', {
      configurable: true,
      enumerable: true,
      get: () => {
        const own = current();
        return own === null ? atHandshake : own.session;
      },
      set: (session: SessionRequest['session']) => {
        const own = current();
        if (own === null) atHandshake = session;
        else own.session = session;
      },
    });
  }
}

/** Not an `internal` error: the client must know that it has to log in again. */
class SessionEnded extends WsException {
  constructor() {
    super({ code: 'session_ended', message: 'the session has ended' });
  }
}

/** Disconnects after the client has received the error. */
function disconnectIfEnded(error: unknown, client: Socket): void {
  if (error instanceof SessionEnded) setImmediate(() => client.disconnect(true));
}

/** Whether a cookie has the id. Then the session was found in the store: express-session gives a new one a new id. */
function cookieNames(id: string, cookie = ''): boolean {
  return cookie.includes(`s%3A${encodeURIComponent(id)}.`) || cookie.includes(`s:${id}.`);
}

function initialOf({ initial }: ConnectionSession): SessionData {
  return JSON.parse(initial) as SessionData;
}

function hasSession({ session, sessionStore }: Partial<SessionRequest>): boolean {
  if (session === undefined || session === null || sessionStore === undefined) return false;
  return typeof sessionStore.get === 'function' && typeof sessionStore.createSession === 'function';
}
