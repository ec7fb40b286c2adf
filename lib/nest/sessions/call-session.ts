/**
 * The session of one call of a handler: loaded for this call, and invisible to other calls. When the call is over, the
 * session is compared with the loaded data. Only the keys that the call changed are written, into the data that the
 * store has by then.
 */
import type { ExpressSession, SessionData, SessionRequest } from './express-session.js';

export class CallSession {
  /** The request of the handshake. */
  readonly request: SessionRequest;
  /** The request that this session refers to, so that `destroy` and `regenerate` affect this call only. */
  readonly #own: SessionRequest;
  readonly #loaded: ReadonlyMap<string, string | undefined>;

  constructor(request: SessionRequest, data: SessionData) {
    this.request = request;
    this.#own = ownRequest(request);
    this.#loaded = serialized(request.sessionStore.createSession(this.#own, data));
  }

  /** `null` or `undefined` after the handler has destroyed it. */
  get session(): ExpressSession | null | undefined {
    return Object.hasOwn(this.#own, 'session') ? this.#own.session : undefined;
  }

  set session(session: ExpressSession | null | undefined) {
    Object.defineProperty(this.#own, 'session', { value: session, writable: true, configurable: true });
  }

  get id(): string {
    return this.#own.sessionID;
  }

  /** The keys that the call has set, changed or deleted. */
  get changed(): string[] {
    const now = serialized(this.session ?? {});
    return [...new Set([...this.#loaded.keys(), ...now.keys()])].filter(
      (key) => now.get(key) !== this.#loaded.get(key),
    );
  }

  /** A session with the given data, as the store has it now, and the changes of this call. */
  mergedInto(data: SessionData): ExpressSession {
    const session = this.request.sessionStore.createSession(ownRequest(this.request), data);
    for (const key of this.changed) {
      const value = this.session?.[key];
      if (value === undefined) delete session[key];
      else session[key] = value;
    }
    return session;
  }
}

/** A request with its own session and session id. It inherits everything else from the request of the handshake. */
function ownRequest(request: SessionRequest): SessionRequest {
  return Object.create(request, {
    session: { value: undefined, writable: true, configurable: true, enumerable: true },
    sessionID: { value: request.sessionID, writable: true, configurable: true, enumerable: true },
  }) as SessionRequest;
}

/** The value of each key as a store would write it. */
function serialized(session: object): Map<string, string | undefined> {
  return new Map(
    Object.entries(session).map(([key, value]) => [key, JSON.stringify(value) as string | undefined] as const),
  );
}
