/**
 * The searches for sessions in a broker that have not ended. A broker returns a session once. A client that claims its
 * session again, because it has lost its connection during the search, gets the result of that search.
 */
import type { RestoredSession } from '../adapter/recovery.js';

type Found = Promise<RestoredSession | null>;

interface Search {
  readonly offset: string | undefined;
  readonly userId: string | undefined;
  readonly found: Found;
  /** The number of connections that have claimed the session. Only the latest one gets it. */
  claims: number;
}

export class SessionSearches {
  /** By the pid of the session. */
  readonly #open = new Map<string, Search>();

  /** @param find starts a search. Never rejects */
  async find(pid: string, offset: string | undefined, userId: string | undefined, find: () => Found): Found {
    let search = this.#open.get(pid);
    if (search === undefined || search.offset !== offset || search.userId !== userId) {
      search = { offset, userId, found: find(), claims: 0 };
      this.#open.set(pid, search);
    }
    const claim = ++search.claims;
    const session = await search.found;
    if (this.#open.get(pid) === search) this.#open.delete(pid);
    return claim === search.claims ? session : null;
  }
}
