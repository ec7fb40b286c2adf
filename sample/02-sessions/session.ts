/** The session middleware. Routes and sockets use the same instance and so share their sessions. */
import session from 'express-session';

declare module 'express-session' {
  interface SessionData {
    user: string;
    clicks: number;
  }
}

export type Session = session.Session & Partial<session.SessionData>;

/** A request that has passed through the middleware. */
export interface SessionRequest {
  session: Session;
}

/** Sessions are kept in memory. Several servers need a shared store, such as connect-redis. */
export function createSessions(secret: string) {
  return session({
    secret,
    resave: false,
    saveUninitialized: false, // no cookie before login
    cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto', maxAge: 8 * 3_600_000 },
  });
}
