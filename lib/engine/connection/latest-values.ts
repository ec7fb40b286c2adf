/**
 * The latest values that wait for one client: the newest message for each key. A newer one takes the place of the one
 * that it replaces, so the values leave in the order in which their keys began to wait, and none of them starves.
 */
import type { Message } from './message.js';

/** The bounds of what waits for one client. */
export interface LatestLimits {
  /** Number of keys. */
  readonly latestValues: number;
  /** Bytes of all values. */
  readonly backlogBytes: number;
}

export class LatestValues {
  readonly #limits: LatestLimits;
  readonly #byKey = new Map<string, Message>();
  #bytes = 0;
  /** Whether the connection waits until the client has taken what was written. */
  isAwaited = false;

  constructor(limits: LatestLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#byKey.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @returns `refused` if there is no room for the value; an older one of the same key is then dropped */
  put(key: string, message: Message): 'added' | 'replaced' | 'refused' {
    const older = this.#byKey.get(key);
    const bytes = this.#bytes - (older?.wire.length ?? 0) + message.wire.length;
    const { latestValues, backlogBytes } = this.#limits;
    if (bytes > backlogBytes || (older === undefined && this.size >= latestValues)) {
      this.#delete(key);
      return 'refused';
    }
    this.#byKey.set(key, message);
    this.#bytes = bytes;
    return older === undefined ? 'added' : 'replaced';
  }

  /** Removes the values that have waited longest, until they have `bytes`. At least one, if there is any. */
  take(bytes: number): Message[] {
    const taken: Message[] = [];
    const rest = this.#bytes - bytes;
    for (const [key, message] of this.#byKey) {
      this.#delete(key);
      taken.push(message);
      if (this.#bytes <= rest) break;
    }
    return taken;
  }

  /** Drops the values whose keys have this prefix. */
  drop(prefix: string): void {
    for (const key of this.#byKey.keys()) if (key.startsWith(prefix)) this.#delete(key);
  }

  #delete(key: string): void {
    this.#bytes -= this.#byKey.get(key)?.wire.length ?? 0;
    this.#byKey.delete(key);
  }
}
