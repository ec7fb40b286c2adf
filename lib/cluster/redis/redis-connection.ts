/**
 * A connection to Redis that reconnects. It creates one client after another, each of which connects once. Commands
 * wait while there is no connection. Commands that were sent when the connection was lost are rejected and not sent
 * again, because Redis may have executed them.
 */
import { type Clock, inTime, type Timer } from '../../engine/internal.js';
import { BackOff } from '../broker/back-off.js';
import { brokerClosed } from '../broker/broker-failure.js';
import type { ClientEvents, RedisClient } from './redis-client.js';

/** ms that an attempt to connect may take. */
const ATTEMPT_TIMEOUT = 5000;

/** ms between two checks of whether Redis answers. */
const CHECK_INTERVAL = 2500;

/** Unanswered checks after which the connection is dropped. A server that is stopped for less time loses no client. */
const CHECKS = 4;

const NO_ANSWER = 'it does not answer';

/** Notified by a connection. */
export interface ConnectionObserver {
  /** Makes a new client ready, for example by subscribing. If it fails, the connection counts as lost. */
  prepare(client: RedisClient): Promise<unknown>;
  /** The connection is ready. */
  ready(client: RedisClient): void;
  /** An attempt to connect has failed, or the connection was lost. */
  lost(error: unknown): void;
  /** Redis has stopped or resumed answering. */
  answering(answers: boolean): void;
  /** The client has restored its subscription, and may have missed messages. */
  interrupted(): void;
}

interface Waiting {
  readonly start: (client: RedisClient) => void;
  readonly reject: (error: Error) => void;
}

export class RedisConnection {
  readonly #create: (events: ClientEvents) => RedisClient;
  readonly #clock: Clock;
  readonly #observer: ConnectionObserver;
  /** The client that is connecting or connected. */
  #client: RedisClient | null = null;
  #isReady = false;
  #isClosed = false;
  readonly #backOff = new BackOff();
  #waiting: Waiting[] = [];
  #timer: Timer | null = null;
  /** Keeps the process alive while no connection does. */
  #keepAlive: NodeJS.Timeout | null = null;
  #unanswered = 0;

  constructor(create: (events: ClientEvents) => RedisClient, clock: Clock, observer: ConnectionObserver) {
    this.#create = create;
    this.#clock = clock;
    this.#observer = observer;
  }

  // --- Public methods ---

  /** Connects. */
  open(): void {
    if (this.#isClosed) return;
    this.#keepAlive ??= setInterval(() => {}, 2 ** 30);
    this.#connect();
  }

  /** Calls `task` with the client, now or once one is ready. Tasks start in the order of the calls. */
  use<T>(task: (client: RedisClient) => Promise<T>): Promise<T> {
    if (this.#isReady) return task(this.#client as RedisClient);
    if (this.#isClosed) return Promise.reject(brokerClosed());
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ start: (client) => void task(client).then(resolve, reject), reject });
    });
  }

  /** Whether a client is still the one of this connection. */
  isCurrent(client: RedisClient): boolean {
    return this.#client === client;
  }

  /** Resolves when Redis has answered all commands that were sent, or after `timeout` ms. Never rejects. */
  async settled(timeout: number): Promise<void> {
    if (this.#isReady) await inTime(this.#ping(this.#client as RedisClient), timeout, this.#clock, () => {});
  }

  /** Disconnects. Rejects waiting commands. */
  close(): void {
    this.#isClosed = true;
    this.#end();
    this.#releaseProcess();
    for (const { reject } of this.#waiting.splice(0)) reject(brokerClosed());
  }

  // --- Inside ---

  readonly #connect = (): void => {
    let client: RedisClient | null = null;
    const lost = (error: unknown): void => {
      if (this.#client === client) this.#lost(error);
    };
    const interrupted = (): void => {
      if (this.#isReady && this.#client === client) this.#observer.interrupted();
    };
    try {
      client = this.#create({ lost, interrupted });
    } catch (error) {
      this.#lost(error);
      return;
    }
    this.#client = client;
    this.#timer = this.#clock.after(ATTEMPT_TIMEOUT, () => lost(new Error(NO_ANSWER)));
    this.#prepare(client).then(() => this.#ready(client), lost);
  };

  async #prepare(client: RedisClient): Promise<void> {
    await client.connect();
    await client.command(['ping']); // rejected while Redis loads its data
    await this.#observer.prepare(client);
  }

  #ready(client: RedisClient): void {
    if (this.#client !== client) return;
    this.#backOff.reset();
    this.#unanswered = 0;
    this.#releaseProcess();
    this.#timer?.cancel();
    this.#timer = this.#clock.after(CHECK_INTERVAL, this.#check);
    this.#isReady = true;
    for (const { start } of this.#waiting.splice(0)) start(client);
    this.#observer.ready(client);
  }

  #lost(error: unknown): void {
    if (this.#isClosed) return;
    this.#end();
    this.#keepAlive ??= setInterval(() => {}, 2 ** 30);
    this.#timer = this.#clock.after(this.#backOff.next(), this.#connect);
    this.#observer.lost(error);
  }

  #end(): void {
    const client = this.#client;
    this.#client = null;
    this.#isReady = false;
    this.#timer?.cancel();
    this.#timer = null;
    client?.disconnect();
  }

  #releaseProcess(): void {
    if (this.#keepAlive !== null) clearInterval(this.#keepAlive);
    this.#keepAlive = null;
  }

  /** Finds out whether Redis still answers, which TCP reports only after many minutes. */
  readonly #check = (): void => {
    if (this.#unanswered >= CHECKS) {
      this.#lost(new Error(NO_ANSWER));
      return;
    }
    if (this.#unanswered === 1) this.#observer.answering(false);
    this.#timer = this.#clock.after(CHECK_INTERVAL, this.#check);
    if (this.#unanswered++ > 0) return;
    const client = this.#client as RedisClient;
    void this.#ping(client).then(() => {
      if (this.#client !== client) return;
      if (this.#unanswered > 1) this.#observer.answering(true);
      this.#unanswered = 0;
    });
  };

  #ping(client: RedisClient): Promise<unknown> {
    return client.command(['ping']).catch(() => {}); // any reply proves that Redis answers
  }
}
