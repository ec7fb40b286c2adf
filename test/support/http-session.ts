/** express-session in a test's hand: its store can be read, written and held up, and cookies made for its sessions. */
import session, { MemoryStore, type SessionData } from 'express-session';
import { createHmac } from 'node:crypto';

const SECRET = 'of the tests';

declare module 'node:http' {
  interface IncomingMessage {
    /** As an application declares it to have it on `socket.request`. */
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

  /** The headers of a client that has this session. */
  headers(id: string): { cookie: string } {
    const signature = createHmac('sha256', SECRET).update(id).digest('base64').replace(/=+$/, '');
    return { cookie: `theme=dark; connect.sid=${encodeURIComponent(`s:${id}.${signature}`)}` };
  }

  /** As an HTTP route would save it. */
  put(id: string, data: Record<string, unknown>): Promise<void> {
    const cookie = { originalMaxAge: null, expires: null, httpOnly: true, path: '/' };
    return new Promise((resolve) => {
      this.store.set(id, { cookie, ...data } as unknown as SessionData, () => resolve());
    });
  }

  /** What an HTTP route would find, without the cookie; `null` where there is none. */
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

  /** As a logout does. */
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
