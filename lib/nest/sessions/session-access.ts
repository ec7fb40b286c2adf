/** Questions to the store of express-session: each is answered in time or fails, and one session is written by one at a time. */
import type { Clock } from '../../engine/index.js';
import { messages } from '../messages.js';
import type { Session, SessionData, SessionStore } from './call-session.js';

/** ms that a store may take for one answer. */
const STORE_TIMEOUT = 10_000;

export class SessionAccess {
  readonly #clock: Clock;
  /** By session: the turn that was begun last. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What the store has of a session; `null` if it has none. */
  async read(store: SessionStore, id: string): Promise<SessionData | null> {
    try {
      return (await this.#ask<SessionData | null>((done) => store.get(id, done))) ?? null;
    } catch (error) {
      if ((error as { readonly code?: unknown } | null)?.code === 'ENOENT') return null; // as express-session: of stores on disk
      throw error;
    }
  }

  async save(session: Session): Promise<void> {
    await this.#ask((done) => session.save(done));
  }

  /** Runs when all that came before for this session has ended, well or not. */
  async inTurn(id: string, work: () => Promise<void>): Promise<void> {
    const running = (this.#turns.get(id) ?? Promise.resolve()).then(work);
    const ended = running.catch(() => {});
    this.#turns.set(id, ended);
    try {
      await running;
    } finally {
      if (this.#turns.get(id) === ended) this.#turns.delete(id);
    }
  }

  #ask<T>(question: (done: (error?: unknown, answer?: T) => void) => unknown): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const late = this.#clock.after(STORE_TIMEOUT, () => reject(new Error(messages.storeSilent(STORE_TIMEOUT))));
      question((error, answer) => {
        late.cancel();
        if (error === undefined || error === null) resolve(answer);
        else reject(error);
      });
    });
  }
}
