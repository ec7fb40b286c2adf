/**
 * The sessions of clients that lost their connection. Each is kept for the same time and can be taken once. Their
 * number is bounded; the oldest session is evicted first.
 */
import { type Clock, DeadlineQueue } from '../../engine/internal.js';

export class SessionStore<S> {
  readonly #limit: number;
  readonly #sessions = new Map<string, S>();
  readonly #expiry: DeadlineQueue<string>;
  readonly #onEmpty: () => void;

  /**
   * @param duration ms that a session is kept
   * @param onEmpty called when the last session has expired
   */
  constructor(clock: Clock, duration: number, limit: number, onEmpty: () => void) {
    this.#limit = limit;
    this.#onEmpty = onEmpty;
    this.#expiry = new DeadlineQueue(duration, (pid) => this.#expire(pid), clock);
  }

  get size(): number {
    return this.#sessions.size;
  }

  keep(pid: string, session: S): void {
    this.#sessions.set(pid, session);
    this.#expiry.add(pid);
    if (this.#sessions.size > this.#limit) this.take(this.#sessions.keys().next().value as string);
  }

  /** Returns a session and keeps it. */
  get(pid: string): S | undefined {
    return this.#sessions.get(pid);
  }

  /** Forgets the sessions that match. Takes a step for each session. */
  forget(matches: (session: S) => boolean): void {
    for (const [pid, session] of this.#sessions) {
      if (!matches(session)) continue;
      this.#expiry.delete(pid);
      this.#expire(pid);
    }
  }

  /** Returns a session and forgets it. */
  take(pid: string): S | undefined {
    const session = this.#sessions.get(pid);
    this.#sessions.delete(pid);
    this.#expiry.delete(pid);
    return session;
  }

  clear(): void {
    this.#sessions.clear();
    this.#expiry.clear();
  }

  #expire(pid: string): void {
    this.#sessions.delete(pid);
    if (this.#sessions.size === 0) this.#onEmpty();
  }
}
