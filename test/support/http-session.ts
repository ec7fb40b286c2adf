/** An express-session for tests, which can read and write its store and create cookies for its sessions. */
import session, { MemoryStore, type SessionData } from 'express-session';
import { createHmac } from 'node:crypto';

const SECRET = 'of the tests';

declare module 'node:http' {
  interface IncomingMessage {
    /** Declared as in an application, for `socket.request`. */
    session?: session.Session & Partial<SessionData>;
    sessionID?: string;
  }
}

declare module 'express-session' {
  interface SessionData {
    [key: string]: unknown;
  }
}

export class HttpSessions {
  readonly store = new MemoryStore();
  readonly middleware = session({ secret: SECRET, store: this.store, resave: false, saveUninitialized: false });

  /** Returns the headers of a client that has this session. */
  headers(id: string): { cookie: string } {
    const signature = createHmac('sha256', SECRET).update(id).digest('base64').replace(/=+$/, '');
    return { cookie: `theme=dark; connect.sid=${encodeURIComponent(`s:${id}.${signature}`)}` };
  }

  /** Saves a session as an HTTP route would. */
  put(id: string, data: Record<string, unknown>): Promise<void> {
    const cookie = { originalMaxAge: null, expires: null, httpOnly: true, path: '/' };
    return new Promise((resolve) => {
      this.store.set(id, { cookie, ...data } as unknown as SessionData, () => resolve());
    });
  }

  /** Resolves with the session as an HTTP route would read it, without the cookie; `null` if there is none. */
  read(id: string): Promise<Record<string, unknown> | null> {
    return new Promise((resolve, reject) => {
      this.store.get(id, (error: unknown, data) => {
        if (error) return reject(error);
        if (!data) return resolve(null);
        const { cookie: _, ...rest } = data;
        resolve(rest);
      });
    });
  }

  /** Destroys a session as a logout would. */
  end(id: string): Promise<void> {
    return new Promise((resolve) => {
      this.store.destroy(id, () => resolve());
    });
  }

  ids(): Promise<string[]> {
    return new Promise((resolve) => {
      this.store.all((_error, all) => resolve(Object.keys(all ?? {})));
    });
  }
}
