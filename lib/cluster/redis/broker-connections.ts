/**
 * The two connections of a broker: a connection that receives can do nothing else. Combines their states into the calls
 * of one listener.
 */
import type { Clock } from '../../engine/internal.js';
import type { BrokerListener } from '../broker/broker.js';
import { unavailable } from '../broker/broker-failure.js';
import { ProblemReport } from '../broker/problem-report.js';
import type { RedisClient, RedisClients } from './redis-client.js';
import { type ConnectionObserver, RedisConnection } from './redis-connection.js';
import { permanentFailure } from './redis-failure.js';

/** ms that {@link BrokerConnections.close} waits for replies. */
const CLOSE_TIMEOUT = 500;

/** Prepares and uses the connections of a broker. */
export interface ConnectionUse {
  /** Makes a new client for publishing ready. */
  preparePublishing(client: RedisClient): Promise<unknown>;
  /** Makes a new client for receiving ready. */
  prepareReceiving(client: RedisClient): Promise<unknown>;
  /** @param isFirst whether there was no such connection before */
  receiving(client: RedisClient, isFirst: boolean): void;
}

type Name = 'publishing' | 'receiving';

export class BrokerConnections {
  readonly publishing: RedisConnection;
  readonly receiving: RedisConnection;
  readonly #clients: RedisClients;
  readonly #problems = new ProblemReport<Name>();
  /** The connections that have not been ready yet. */
  readonly #opening: Set<Name> = new Set(['publishing', 'receiving']);
  #listener: BrokerListener | null = null;
  #opened: { resolve(): void; reject(error: Error): void } | null = null;

  constructor(clients: RedisClients, clock: Clock, use: ConnectionUse) {
    this.#clients = clients;
    this.publishing = new RedisConnection(
      (events) => clients.forCommands(events),
      clock,
      this.#observe('publishing', {
        prepare: (client) => use.preparePublishing(client),
        ready: () => void this.#ready('publishing'),
      }),
    );
    this.receiving = new RedisConnection(
      (events) => clients.forSubscription(events),
      clock,
      this.#observe('receiving', {
        prepare: (client) => use.prepareReceiving(client),
        ready: (client) => use.receiving(client, this.#ready('receiving')),
      }),
    );
  }

  /** @throws SocketIoError `INVALID_OPTION` for a failure that retrying cannot fix */
  open(listener: BrokerListener): Promise<void> {
    this.#listener = listener;
    this.#problems.open(listener);
    return new Promise((resolve, reject) => {
      this.#opened = { resolve, reject };
      this.publishing.open();
      this.receiving.open();
    });
  }

  /** Waits up to {@link CLOSE_TIMEOUT} for the replies to published messages, and disconnects. Never rejects. */
  async close(): Promise<void> {
    this.receiving.close();
    await this.publishing.settled(CLOSE_TIMEOUT);
    this.publishing.close();
  }

  #observe(name: Name, part: Pick<ConnectionObserver, 'prepare' | 'ready'>): ConnectionObserver {
    return {
      ...part,
      lost: (error) => this.#lost(name, error),
      answering: (answers) =>
        this.#problems.set(name, answers ? null : unavailable(this.#clients.name, 'it does not answer')),
      interrupted: () => this.#listener?.gap(),
    };
  }

  /** @returns whether the connection is ready for the first time */
  #ready(name: Name): boolean {
    this.#problems.set(name, null);
    const isFirst = this.#opening.delete(name);
    if (isFirst && this.#opening.size === 0) this.#opened?.resolve();
    return isFirst;
  }

  #lost(name: Name, error: unknown): void {
    const failure = this.#opening.size > 0 ? permanentFailure(error) : null;
    if (failure === null) {
      this.#problems.set(name, unavailable(this.#clients.name, error));
      return;
    }
    this.publishing.close();
    this.receiving.close();
    this.#opened?.reject(failure);
  }
}
