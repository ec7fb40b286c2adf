/**
 * Counts the entries that this server has added to each list. An engine that does not bound a list itself need not
 * measure the list for each entry.
 */

/** The part of its bound by which a list may exceed it. */
const EXCESS = 0.25;

/** Lists that are counted. Rooms come and go, so the list to which nothing has been added for longest is forgotten. */
const MAX_LISTS = 10_000;

export class ListGrowth {
  readonly #added = new Map<string, number>();

  /** The number of lists that are counted. */
  get size(): number {
    return this.#added.size;
  }

  /**
   * Counts an entry.
   * @param bound the number of entries that the list may have
   * @returns whether the oldest entries must be removed now. The count of the list then starts from 0
   */
  add(list: string, bound: number): boolean {
    const added = (this.#added.get(list) ?? 0) + 1;
    this.#added.delete(list); // as the newest
    if (added > bound * EXCESS) return true;
    this.#added.set(list, added);
    if (this.#added.size <= MAX_LISTS) return false;
    const [oldest] = this.#added.keys();
    if (oldest !== undefined) this.#added.delete(oldest);
    return false;
  }
}
