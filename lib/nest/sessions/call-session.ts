/**
 * A session as one call of a handler has it: loaded for this call, seen by no other, and compared with what was
 * loaded when the call is over. Only what the call changed is written, onto what the store has by then.
 * Source: express-session, `Session` and `Store`.
 */

/** What a store keeps. */
export interface SessionData {
  cookie: object;
  [key: string]: unknown;
}

/** The object behind `request.session`. */
export interface Session extends SessionData {
  readonly id: string;
  save(done: (error?: unknown) => void): unknown;
}

export interface SessionStore {
  get(id: string, done: (error: unknown, data?: SessionData | null) => void): unknown;
  createSession(request: object, data: SessionData): Session;
}

/** A request that `session(...)` of express-session has seen. */
export interface SessionRequest {
  session?: Session | null | undefined;
  sessionID: string;
  readonly sessionStore: SessionStore;
  readonly headers: { readonly cookie?: string | undefined };
}

export class SessionLease {
  /** Of the handshake. */
  readonly request: SessionRequest;
  /** The request as the session of this call knows it, so that `destroy` and `regenerate` concern this call alone. */
  readonly own: SessionRequest;
  readonly #loaded: ReadonlyMap<string, string | undefined>;

  constructor(request: SessionRequest, data: SessionData) {
    this.request = request;
    this.own = ownRequest(request);
    this.#loaded = texts(request.sessionStore.createSession(this.own, data));
  }

  /** `null` or `undefined` once the handler has destroyed it. */
  get session(): Session | null | undefined {
    return Object.hasOwn(this.own, 'session') ? this.own.session : undefined;
  }

  set session(session: Session | null | undefined) {
    Object.defineProperty(this.own, 'session', { value: session, writable: true, configurable: true });
  }

  get id(): string {
    return this.own.sessionID;
  }

  /** The keys that the call has set, changed or deleted. */
  get changed(): string[] {
    const now = texts(this.session ?? {});
    return [...new Set([...this.#loaded.keys(), ...now.keys()])].filter(
      (key) => now.get(key) !== this.#loaded.get(key),
    );
  }

  /** What the store has by now, with what this call has changed. */
  onto(data: SessionData): Session {
    const session = this.request.sessionStore.createSession(ownRequest(this.request), data);
    for (const key of this.changed) {
      const value = this.session?.[key];
      if (value === undefined) delete session[key];
      else session[key] = value;
    }
    return session;
  }
}

/** A request for one session alone; all else is that of the handshake. */
function ownRequest(request: SessionRequest): SessionRequest {
  return Object.create(request, {
    session: { value: undefined, writable: true, configurable: true, enumerable: true },
    sessionID: { value: request.sessionID, writable: true, configurable: true, enumerable: true },
  }) as SessionRequest;
}

/** Every key with its value as a store would write it. */
function texts(session: object): Map<string, string | undefined> {
  return new Map(
    Object.entries(session).map(([key, value]) => [key, JSON.stringify(value) as string | undefined] as const),
  );
}
