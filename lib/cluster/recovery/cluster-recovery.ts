/**
 * Connection state recovery of a node, for all its namespaces: the tail of the engine's log, and the sessions of its
 * clients. It waits for the engine only for a client that comes from another node.
 */
import { type Clock, DeadlineQueue } from '../../engine/internal.js';
import { SocketIoError } from '../../errors.js';
import type { BroadcastTarget, ClusterHost, ResolvedRecoveryOptions } from '../../server/internal.js';
import type { BrokerFactory, BrokerStore } from '../broker/broker.js';
import { EventTail } from './event-tail.js';
import { REFRESH, SessionKeeper } from './session-keeper.js';
import type { Offset } from './offset.js';

/** Messages that an engine keeps at most, whatever their age: a bound in case of a flood. */
export const MAX_STORED = 100_000;

/** ms that a client waits for the engine to find its session. After that it gets a new session. */
export const RESTORE_TIMEOUT = 5_000;

/** A node as its recovery uses it. */
export interface RecoveringNode {
  readonly id: string;
  /** Sends a broadcast to the other servers. @returns its number if it is kept; 0 if the node has left the cluster */
  broadcast(namespace: string, target: BroadcastTarget, wire: Buffer, isKept: boolean, at: number): number;
  /** Resolves when all that was in the log before this call has been read: `false` if that takes too long. */
  fence(timeout: number): Promise<boolean>;
  /** Notifies the other nodes that this one has taken a session. */
  tookSession(namespace: string, pid: string): void;
  failed(what: string, error: unknown): void;
}

export class ClusterRecovery {
  readonly tail: EventTail;
  readonly sessions: SessionKeeper;
  readonly node: RecoveringNode;
  readonly clock: Clock;
  /** Resolves with the part of the engine that keeps, once it is connected. */
  readonly store: Promise<BrokerStore>;
  #connected: (store: BrokerStore) => void = () => {};
  /** Users whose sessions are not resumed. */
  readonly #forgotten = new Set<string>();
  readonly #forgetting: DeadlineQueue<string>;

  constructor(node: RecoveringNode, { clock, limits }: ClusterHost, options: ResolvedRecoveryOptions) {
    this.node = node;
    this.clock = clock;
    this.tail = new EventTail(node.id, clock, { bytes: limits.recoveryBytes, age: keptFor(options) });
    this.sessions = new SessionKeeper({
      clock,
      lifetime: options.maxDisconnectionDuration,
      maxSessions: options.maxSessions,
      failed: (what, error) => node.failed(what, error),
    });
    this.store = new Promise((resolve) => {
      this.#connected = resolve;
    });
    this.#forgetting = new DeadlineQueue(keptFor(options), (userId) => this.#forgotten.delete(userId), clock);
  }

  open(store: BrokerStore): void {
    this.sessions.open(store);
    this.#connected(store);
  }

  /** Called when the engine may have lost messages, and with them the sessions. */
  gap(): void {
    this.tail.clear();
    this.sessions.rewrite();
  }

  /**
   * Sends an event to the other servers, and notes it.
   * @param at as for `ClusterPort.broadcast`
   * @returns its offset, for the clients of this node
   */
  emit(namespace: string, target: BroadcastTarget, wire: Buffer, at = 0): Offset {
    const event = this.node.broadcast(namespace, target, wire, true, at);
    return this.tail.emit(namespace, target, wire, event);
  }

  /** Forgets the sessions of a user, wherever they are: this node does not let anyone resume them. */
  forgetUser(namespace: string, userId: string): void {
    this.sessions.forgetUser(namespace, userId);
    this.#forgotten.add(userId);
    this.#forgetting.add(userId);
  }

  isForgotten(userId: string | undefined): boolean {
    return userId !== undefined && this.#forgotten.has(userId);
  }

  async close(): Promise<void> {
    this.#forgetting.clear();
    await this.sessions.close();
  }
}

/** ms for which events must be kept: as long as a session may be, and until a lost connection is noticed. */
export function keptFor({ maxAge, maxDisconnectionDuration }: ResolvedRecoveryOptions): number {
  return maxAge + maxDisconnectionDuration * REFRESH;
}

/** @throws SocketIoError `INVALID_OPTION` if the engine keeps no events */
export function requireEvents({ engine, keepsEvents }: BrokerFactory): void {
  if (keepsEvents) return;
  throw new SocketIoError(
    'INVALID_OPTION',
    `connectionStateRecovery needs a broker that keeps events, and ${engine} does not: use redis://, nats:// or ` +
      'memoryBroker(), or remove connectionStateRecovery',
  );
}
