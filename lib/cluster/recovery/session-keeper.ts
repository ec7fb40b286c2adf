/**
 * Keeps the sessions of a node's clients in the engine, so that they survive the node. A session is written behind: once
 * a turn for all clients that joined, left or were lost, and once a second for those whose data has changed. While the
 * client is connected, the engine drops the session unless it is written again in time, as the node of the client may
 * have been killed.
 *
 * The sessions of lost clients are kept in memory as well: a client that returns to its node does not wait for the
 * engine.
 */
import { createHash } from 'node:crypto';
import { type Clock, contain, type Timer } from '../../engine/internal.js';
import type { BrokerStore, StoredValue } from '../broker/broker.js';
import { encodeSession, type SessionRecord } from './session-record.js';

/** ms between two looks for changed data. */
const LOOK = 1_000;

/** The part of a session's lifetime after which the session of a connected client is written again. */
export const REFRESH = 0.25;

/** A socket whose session is kept. */
export interface KeptSocket {
  /** See {@link sessionKey}. */
  readonly key: string;
  /** The part of its state that changes without a call. */
  volatileState(): unknown;
  record(): SessionRecord;
}

interface Written {
  readonly socket: KeptSocket;
  /** JSON of its volatile state when it was written. */
  state: string;
  /** ms */
  at: number;
}

interface Lost {
  readonly record: SessionRecord;
  /** ms */
  readonly until: number;
}

export interface KeeperOptions {
  readonly clock: Clock;
  /** ms that a session is kept after its client was lost */
  readonly lifetime: number;
  /** The number of lost sessions in memory. */
  readonly maxSessions: number;
  readonly failed: (what: string, error: unknown) => void;
}

export class SessionKeeper {
  readonly #options: KeeperOptions;
  #store: BrokerStore | null = null;
  readonly #sockets = new Map<string, Written>();
  readonly #dirty = new Set<string>();
  /** Sessions of lost clients, the oldest first. */
  readonly #lost = new Map<string, Lost>();
  /** Values that are to be written, and keys whose values are to be removed. No key is in both. */
  readonly #values = new Map<string, StoredValue>();
  readonly #removed = new Set<string>();
  #writes = false;
  #writing: Promise<void> | null = null;
  /** Whether the last write failed: the next one waits for {@link LOOK}. */
  #hasFailed = false;
  #look: Timer | null = null;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** The number of lost clients whose sessions are in memory. */
  get size(): number {
    this.#dropExpired();
    return this.#lost.size;
  }

  // --- Public methods ---

  /** Starts to write. */
  open(store: BrokerStore): void {
    this.#store = store;
    this.#lookSoon();
    this.#writeSoon();
  }

  /** Keeps the session of a socket from now on. */
  add(socket: KeptSocket): void {
    this.#removed.delete(socket.key);
    this.#sockets.set(socket.key, { socket, state: '', at: this.#options.clock.now() });
    this.touch(socket);
  }

  /** Called when a socket has joined or left a room. */
  touch({ key }: KeptSocket): void {
    if (!this.#sockets.has(key)) return;
    this.#dirty.add(key);
    this.#writeSoon();
  }

  /** Forgets the session of a socket that has left for good. */
  remove(key: string): void {
    this.#forget(key);
    this.#removed.add(key);
    // While the engine is away, it drops by itself what it is not asked to remove.
    for (const oldest of this.#removed) {
      if (this.#removed.size <= this.#options.maxSessions) break;
      this.#removed.delete(oldest);
    }
    this.#writeSoon();
  }

  /** Keeps the session of a client whose connection was lost, for its lifetime. */
  lose(key: string, record: SessionRecord): void {
    this.#forget(key);
    const { clock, lifetime, maxSessions } = this.#options;
    this.#lost.set(key, { record, until: clock.now() + lifetime });
    this.#dropExpired(maxSessions);
    this.#encode(record, (bytes) => this.#put({ key, bytes, ttl: lifetime }));
  }

  /** Writes all sessions again: the engine may have lost them. */
  rewrite(): void {
    const now = this.#options.clock.now();
    for (const key of this.#sockets.keys()) this.#dirty.add(key);
    for (const [key, { record, until }] of this.#lost) {
      if (until > now) this.#encode(record, (bytes) => this.#put({ key, bytes, ttl: until - now }));
    }
    this.#writeSoon();
  }

  /** Returns the session of a client that this node has lost. */
  lost(key: string): SessionRecord | null {
    const lost = this.#lost.get(key);
    return lost === undefined || lost.until < this.#options.clock.now() ? null : lost.record;
  }

  /** Called when another node has taken a session: it is no longer kept here. */
  taken(key: string): void {
    this.#forget(key);
  }

  /** Takes a session out of the engine, once. */
  async take(key: string): Promise<Buffer | null> {
    if (this.#store === null) return null;
    const waiting = this.#values.get(key);
    const isOver = this.#lost.has(key) && this.lost(key) === null; // although it has not been written yet, perhaps
    if (waiting !== undefined || isOver) {
      this.remove(key);
      return isOver ? null : (waiting?.bytes ?? null);
    }
    await this.#writing; // the session may be on its way
    return this.#store.take(key);
  }

  /** Puts a session back that its claimant may not have. */
  restore(key: string, bytes: Buffer): void {
    this.#put({ key, bytes, ttl: this.#options.lifetime });
  }

  /** Forgets the sessions of a user that this node has lost. */
  forgetUser(namespace: string, userId: string): void {
    const start = hashOf(namespace);
    for (const [key, { record }] of this.#lost) {
      if (record.userId === userId && key.startsWith(start)) this.remove(key);
    }
  }

  /** Writes what is left, and ends. */
  async close(): Promise<void> {
    this.#look?.cancel();
    this.#look = null;
    await this.#writing;
    await this.#write();
    this.#store = null;
    this.#sockets.clear();
    this.#lost.clear();
  }

  // --- Inside ---

  #forget(key: string): void {
    this.#sockets.delete(key);
    this.#dirty.delete(key);
    this.#lost.delete(key);
    this.#values.delete(key);
  }

  /** @param maxSessions the number that is left at most */
  #dropExpired(maxSessions = Infinity): void {
    const now = this.#options.clock.now();
    for (const [oldest, { until }] of this.#lost) {
      if (until >= now && this.#lost.size <= maxSessions) break;
      this.#lost.delete(oldest);
      this.#values.delete(oldest);
    }
  }

  #put(value: StoredValue): void {
    this.#removed.delete(value.key);
    this.#values.set(value.key, value);
    this.#writeSoon();
  }

  /** Looks for sockets whose data has changed, and for those whose session would soon be dropped. */
  #lookSoon(): void {
    const { clock, lifetime } = this.#options;
    this.#look = clock.after(LOOK, () => {
      const due = clock.now() - lifetime * REFRESH;
      for (const [key, written] of this.#sockets) {
        if (written.at <= due || stateOf(written.socket) !== written.state) this.#dirty.add(key);
      }
      this.#hasFailed = false;
      this.#writeSoon();
      this.#lookSoon();
    });
  }

  #writeSoon(): void {
    if (this.#writes || this.#hasFailed || this.#store === null) return;
    if (this.#dirty.size + this.#values.size + this.#removed.size === 0) return;
    this.#writes = true;
    setImmediate(() => {
      this.#writes = false;
      this.#writing ??= this.#write().then(() => {
        this.#writing = null;
        this.#writeSoon(); // for what has changed meanwhile
      });
    });
  }

  /** Never rejects. One call at a time, so that nothing queues in the client library while the engine is away. */
  async #write(): Promise<void> {
    const { clock, lifetime, failed } = this.#options;
    const store = this.#store;
    if (store === null) return;
    const removed = [...this.#removed];
    const values = [...this.#values.values()];
    const dirty = [...this.#dirty];
    this.#removed.clear();
    this.#values.clear();
    this.#dirty.clear();
    for (const key of dirty) {
      const written = this.#sockets.get(key);
      if (written === undefined) continue;
      written.at = clock.now();
      written.state = stateOf(written.socket);
      this.#encode(written.socket.record(), (bytes) => {
        values.push({ key, bytes, ttl: lifetime * (1 + REFRESH) });
      });
    }
    const write = async (): Promise<void> => {
      if (removed.length > 0) await store.remove(removed);
      if (values.length > 0) await store.put(values);
    };
    await contain(write, (error) => {
      failed('writing sessions', error);
      this.#hasFailed = true;
      for (const key of removed) if (!this.#sockets.has(key) && !this.#lost.has(key)) this.#removed.add(key);
      for (const value of values) if (this.#lost.has(value.key)) this.#values.set(value.key, value);
      for (const key of dirty) if (this.#sockets.has(key)) this.#dirty.add(key);
    });
  }

  #encode(record: SessionRecord, done: (bytes: Buffer) => void): void {
    void contain(
      () => done(encodeSession(record)),
      (error) => this.#options.failed('encoding the data of a socket', error),
    );
  }
}

/** @returns the state as JSON; empty if it has none, or none that can be written */
function stateOf(socket: KeptSocket): string {
  try {
    return JSON.stringify(socket.volatileState()) ?? '';
  } catch {
    return '';
  }
}

/** The key of a session in the engine. It contains no secret, and no character that an engine refuses. */
export function sessionKey(namespace: string, pid: string): string {
  return `${hashOf(namespace)}.${hashOf(pid)}`;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
