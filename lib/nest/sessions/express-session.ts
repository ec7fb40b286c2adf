/** The parts of express-session that live sessions use. Source: express-session, `Session` and `Store`. */

/** The data of a session as a store keeps it. */
export interface SessionData {
  cookie: object;
  [key: string]: unknown;
}

/** The object behind `request.session`. */
export interface ExpressSession extends SessionData {
  readonly id: string;
  save(done: (error?: unknown) => void): unknown;
}

export interface SessionStore {
  get(id: string, done: (error: unknown, data?: SessionData | null) => void): unknown;
  createSession(request: object, data: SessionData): ExpressSession;
}

/** A request that has passed through the middleware `session(...)`. */
export interface SessionRequest {
  session?: ExpressSession | null | undefined;
  sessionID: string;
  readonly sessionStore: SessionStore;
  readonly headers: { readonly cookie?: string | undefined };
}
