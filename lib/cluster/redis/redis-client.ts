/**
 * The calls of a Redis client that this folder uses, with an implementation for each client library. A client connects
 * once: it neither reconnects nor queues commands while it is not connected, since {@link RedisConnection} does both.
 */

export type RedisArgument = string | Buffer;

export type RedisCommand = readonly RedisArgument[];

export interface RedisClient {
  /** Connects and authenticates. Called once. */
  connect(): Promise<unknown>;

  /**
   * Sends a command. Rejects if Redis rejects it, or if the connection is lost before the reply arrives.
   * @param command starts with the name in lower case
   * @returns the reply, in which texts are buffers
   */
  command(command: RedisCommand): Promise<unknown>;

  /** Sends commands at once. Rejects with the first failure. */
  batch(commands: readonly RedisCommand[]): Promise<unknown>;

  /** Resolves when Redis has confirmed the subscription. */
  subscribe(channel: string, received: (bytes: Buffer) => void): Promise<unknown>;

  /** Closes the connection at once, in whatever state it is. Never throws. */
  disconnect(): void;
}

/** Notified by a client. */
export interface ClientEvents {
  /** The client cannot be used any more. */
  readonly lost: (error: unknown) => void;
  /** The client has restored its subscription, and may have missed messages in between. */
  readonly interrupted: () => void;
}

/** Creates clients with the same configuration. */
export interface RedisClients {
  /** The server in messages, such as `Redis at localhost:6379`. Contains no password. */
  readonly name: string;
  /** @throws Error if no client can be created at present */
  forCommands(events: ClientEvents): RedisClient;
  /** @throws Error if no client can be created at present */
  forSubscription(events: ClientEvents): RedisClient;
}
