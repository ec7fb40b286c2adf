/**
 * Reads from and writes to a store of express-session. A request that the store does not answer in time fails. The
 * writes to one session run one after the other.
 */
import type { Clock } from '../../engine/internal.js';
import { messages } from '../messages.js';
import type { ExpressSession, SessionData, SessionStore } from './express-session.js';

/** The time in ms that a store may take for one answer. */
const STORE_TIMEOUT = 10_000;

export class SessionAccess {
  readonly #clock: Clock;
  /** The latest write to each session, by session id. */
  readonly #writes = new Map<string, Promise<unknown>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The data of a session; `null` if the store has none. */
  async read(store: SessionStore, id: string): Promise<SessionData | null> {
    try {
      return (await this.#request<SessionData | null>((done) => store.get(id, done))) ?? null;
    } catch (error) {
      // As in express-session: a store on disk found no file.
      if ((error as { readonly code?: unknown } | null)?.code === 'ENOENT') return null;
      throw error;
    }
  }

  async save(session: ExpressSession): Promise<void> {
    await this.#request((done) => session.save(done));
  }

  /** Runs a write when all earlier writes to this session have settled. */
  async inTurn(id: string, write: () => Promise<void>): Promise<void> {
    const running = (this.#writes.get(id) ?? Promise.resolve()).then(write);
    const settled = running.catch(() => {});
    this.#writes.set(id, settled);
    try {
      await running;
    } finally {
      if (this.#writes.get(id) === settled) this.#writes.delete(id);
    }
  }

  #request<T>(send: (done: (error?: unknown, answer?: T) => void) => unknown): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const timeout = this.#clock.after(STORE_TIMEOUT, () => reject(new Error(messages.storeTimeout(STORE_TIMEOUT))));
      send((error, answer) => {
        timeout.cancel();
        if (error === undefined || error === null) resolve(answer);
        else reject(error);
      });
    });
  }
}
