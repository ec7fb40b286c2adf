/** The one session middleware of the application: routes and sockets get the same, hence the same sessions. */
import session from 'express-session';

declare module 'express-session' {
  interface SessionData {
    user: string;
    clicks: number;
  }
}

export type Session = session.Session & Partial<session.SessionData>;

/** A request that the middleware has seen. */
export interface SessionRequest {
  session: Session;
}

/** Sessions are kept in memory: several servers need a store that they share, as connect-redis is one. */
export function createSessions(secret: string) {
  return session({
    secret,
    resave: false,
    saveUninitialized: false, // no cookie for those who have not logged in
    cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto', maxAge: 8 * 3_600_000 },
  });
}
