/**
 * The contract of an engine that carries messages between the servers of a cluster: Redis, NATS, PostgreSQL, the
 * channel of Node's `cluster`, or memory. One file per engine implements it. An engine moves bytes and knows nothing of
 * rooms and events.
 */
import type { Clock, Log } from '../../engine/internal.js';

/**
 * The option `broker`, once it is an object. It holds the configuration, and no connection: each server that uses it
 * gets a {@link Broker} of its own.
 * @publicApi
 */
export abstract class BrokerFactory {
  /** The name of the engine in messages, such as `Redis`. */
  abstract readonly engine: string;
  /** Whether the engine can keep events, as `connectionStateRecovery` needs. */
  abstract readonly keepsEvents: boolean;

  /**
   * Creates the broker of one server. Loads the client library, but does not connect.
   * @throws SocketIoError `INVALID_OPTION` if the client library is not installed, with the line that installs it
   * @internal
   */
  abstract create(context: BrokerContext): Promise<Broker>;
}

/**
 * The option `broker`.
 * @publicApi
 */
export type BrokerOption = string | BrokerFactory;

/** The server that uses a broker. */
export interface BrokerContext {
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Letters, digits and hyphens. Servers of different scopes do not reach each other, see {@link scopedChannel}.
   * Usually empty.
   */
  readonly scope: string;
  /** Events are kept in the engine for this time, in ms; `null` if it need not keep any. */
  readonly keepFor: number | null;
  /** The number of messages that the engine keeps at most, if it keeps any. */
  readonly keepAtMost: number;
  /** The lists that the engine keeps; `null` if it need not keep any. */
  readonly lists?: ListLimits | null;
}

/** The most that any list needs. */
export interface ListLimits {
  /** Entries without a key. */
  readonly size: number;
  /** ms */
  readonly ttl: number;
}

/** One server's connection to an engine. */
export interface Broker {
  /**
   * Set if the engine keeps events: every message is then stored and has a position, and all servers receive all
   * messages in the same order.
   */
  readonly store: BrokerStore | null;
  /** Set if the engine keeps lists, and {@link BrokerContext.lists} asks for it. */
  readonly lists?: BrokerLists | null;

  /**
   * Connects, and subscribes to the channel. Resolves when messages published from now on arrive. If the engine is
   * absent, it retries until {@link close}, and the promise stays pending, so the caller limits its wait.
   * Whenever the connection is lost, it reconnects and subscribes again.
   * @throws SocketIoError `INVALID_OPTION` for a failure that retrying cannot fix, such as a wrong password
   */
  open(listener: BrokerListener): Promise<void>;

  /**
   * Publishes a message to all servers of the channel. Messages arrive in the order of the calls.
   * Resolves when the engine has accepted the message. After a rejection, it may or may not have.
   * Calls made while the connection is lost may wait for it; the caller bounds their number.
   */
  publish(bytes: Buffer): Promise<void>;

  /** Disconnects. Resolves within a second, whatever state the engine is in, and never rejects. */
  close(): Promise<void>;
}

/** Receives the messages and the state of a broker. None of these calls throws. */
export interface BrokerListener {
  /**
   * A message has arrived. The server's own messages arrive, too, if the engine keeps events; otherwise they may.
   * @param bytes may be kept by the callee
   * @param position of the message in the engine; `null` if it keeps none
   */
  received(bytes: Buffer, position: string | null): void;

  /** @param problem the reason for which messages do not arrive at present; `null` when they do again */
  connection(problem: string | null): void;

  /** Messages that the engine accepted may have been lost, for example while the subscription was interrupted. */
  gap(): void;
}

/** A message as it is kept. */
export interface StoredMessage {
  readonly position: string;
  readonly bytes: Buffer;
}

/** A value to keep under a key. */
export interface StoredValue {
  readonly key: string;
  readonly bytes: Buffer;
  /** ms after which it is dropped */
  readonly ttl: number;
}

/** The part of an engine that keeps messages, and values with an expiry. Positions are opaque texts without spaces. */
export interface BrokerStore {
  /**
   * Reads messages in order, from a position to another. Both ends are included.
   * @returns `null` if the message at `from` is not kept any more, so that later ones may be missing, too
   */
  read(from: string, to: string): Promise<readonly StoredMessage[] | null>;

  /** Stores values, replacing earlier ones. */
  put(values: readonly StoredValue[]): Promise<void>;

  /** Returns a value and removes it, as one step: of several servers that take it, one gets it. */
  take(key: string): Promise<Buffer | null>;

  /** Removes values. */
  remove(keys: readonly string[]): Promise<void>;
}

/** An entry of a list, with the bounds of the list. */
export interface ListEntry {
  /** Letters, digits, `-` and `_`. */
  readonly list: string;
  readonly bytes: Buffer;
  /** Replaces the entry with the same key. `null` for an entry that stays until there are `size` newer ones. */
  readonly key: string | null;
  readonly size: number;
  /** ms without another entry after which the list is dropped. An entry may be dropped at that age. */
  readonly ttl: number;
  /** The number of keys of the list; an engine may keep a few more. */
  readonly keys: number;
}

export interface ListContent {
  /** The entries without a key, oldest first. */
  readonly entries: readonly Buffer[];
  /** One for each key. */
  readonly latest: readonly Buffer[];
}

/** The part of an engine that keeps lists. Unlike a {@link BrokerStore}, it needs no positions of messages. */
export interface BrokerLists {
  /** Appends entries, in order. After a rejection, some may have been appended. */
  append(entries: readonly ListEntry[]): Promise<void>;
  /** @param limit of entries without a key: the newest ones are returned */
  read(list: string, limit: number): Promise<ListContent>;
  clear(list: string): Promise<void>;
}
