/** Clients of the package `redis`, of version 5 or later. */
import { contain } from '../../engine/internal.js';
import { nameOf, type RedisAddress } from './redis-address.js';
import type { ClientEvents, RedisClient, RedisClients, RedisCommand } from './redis-client.js';

/** The part of the package that is used here. */
export interface NodeRedisModule {
  createClient(options: object): NodeRedis;
  createSentinel(options: object): NodeRedis;
}

/** A client of one server, of a cluster or of sentinels. `sendCommand` takes the arguments of {@link Send}. */
export interface NodeRedis {
  readonly isOpen: boolean;
  readonly options?: { readonly socket?: object };
  duplicate(options: object): NodeRedis;
  connect(): Promise<unknown>;
  destroy(): unknown;
  /** Only the client of one server has these. */
  ref?(): void;
  unref?(): void;
  sendCommand(...args: unknown[]): Promise<unknown>;
  subscribe(channel: string, listener: (bytes: Buffer) => void, bufferMode: true): Promise<unknown>;
  on(event: string, listener: (...args: never[]) => void): unknown;
}

interface NodeRedisCluster extends NodeRedis {
  readonly masters: readonly object[];
  nodeClient(node: object): NodeRedis | Promise<NodeRedis>;
}

type Send = (client: NodeRedis, command: RedisCommand) => Promise<unknown>;

/** Texts as buffers, and maps as arrays, by their type in the protocol (`$` and `%`). No timer for each command. */
const COMMAND_OPTIONS = { typeMapping: { 36: Buffer, 37: Array }, timeout: 0 };

/** A client connects once: a lost connection ends it, and rejects the commands that were sent and not answered. */
function singleUse(socket?: object): object {
  return {
    socket: { ...socket, reconnectStrategy: false },
    disableOfflineQueue: true,
    pingInterval: undefined,
    commandOptions: undefined,
    commandsQueueMaxLength: undefined,
  };
}

const sendToServer: Send = (client, command) => client.sendCommand(command, COMMAND_OPTIONS);
const sendToMaster: Send = (client, command) => client.sendCommand(false, command, COMMAND_OPTIONS);

/** In a cluster, the key decides which server gets the command. */
const sendToCluster: Send = (client, command) => client.sendCommand(keyOf(command), false, command, COMMAND_OPTIONS);

function keyOf(command: RedisCommand): unknown {
  return command[0] === 'xread' ? command[command.indexOf('STREAMS') + 1] : command[1];
}

/** Creates clients for a URL. */
export function nodeRedisClientsAt(library: NodeRedisModule, address: RedisAddress): RedisClients {
  const { hosts, path, master, tls, username, password, database } = address;
  const login = { username, password, database };
  if (master !== undefined) {
    const options = { name: master, sentinelRootNodes: [...hosts], nodeClientOptions: login };
    return clientsOfSentinels(nameOf(address), () => library.createSentinel(options));
  }
  const socket = path !== undefined ? { path } : { ...hosts[0], ...(tls === undefined ? {} : { tls: true, ...tls }) };
  const create = (events: ClientEvents): RedisClient =>
    new SingleUseNodeRedis(library.createClient({ ...login, ...singleUse(socket) }), sendToServer, events);
  return { name: nameOf(address), forCommands: create, forSubscription: create };
}

/** Creates clients with the configuration of a client of the application. */
export function nodeRedisClientsLike(client: NodeRedis): RedisClients {
  if ('masters' in client) return clientsOfCluster(client as NodeRedisCluster);
  if ('acquire' in client) return clientsOfSentinels('Redis', () => client.duplicate({}));
  const create = (events: ClientEvents): RedisClient => like(client, events);
  return { name: 'Redis', forCommands: create, forSubscription: create };
}

function like(client: NodeRedis, events: ClientEvents): RedisClient {
  return new SingleUseNodeRedis(client.duplicate(singleUse(client.options?.socket)), sendToServer, events);
}

/** The client of sentinels follows the master itself. */
function clientsOfSentinels(name: string, createClient: () => NodeRedis): RedisClients {
  const create = (events: ClientEvents): RedisClient => {
    const client = createClient();
    client.on('topology-change', (change: { type?: string }) => {
      if (change.type === 'MASTER_CHANGE') events.interrupted();
    });
    return new SingleUseNodeRedis(client, sendToMaster, events);
  };
  return { name, forCommands: create, forSubscription: create };
}

/** Each node of a cluster has all messages of pub/sub, so a subscription is a connection to one node. */
function clientsOfCluster(cluster: NodeRedisCluster): RedisClients {
  return {
    name: 'Redis Cluster',
    forCommands: (events) => new SingleUseNodeRedis(cluster.duplicate({}), sendToCluster, events),
    forSubscription: (events) => new ClusterSubscriber(cluster, events),
  };
}

class SingleUseNodeRedis implements RedisClient {
  readonly #client: NodeRedis;
  readonly #send: Send;
  readonly #lost: (error: unknown) => void;

  constructor(client: NodeRedis, send: Send, { lost }: ClientEvents) {
    this.#client = client;
    this.#send = send;
    this.#lost = lost;
    client.unref?.(); // an attempt to connect, which cannot be cancelled, does not keep the process alive
    client.on('error', lost);
    client.on('end', () => lost(new Error('the connection was closed')));
  }

  async connect(): Promise<void> {
    await this.#client.connect();
    this.#client.ref?.();
  }

  command(command: RedisCommand): Promise<unknown> {
    return this.#send(this.#client, command).catch(this.#failed);
  }

  batch(commands: readonly RedisCommand[]): Promise<unknown> {
    return Promise.all(commands.map((command) => this.command(command)));
  }

  subscribe(channel: string, received: (bytes: Buffer) => void): Promise<unknown> {
    return this.#client.subscribe(channel, received, true);
  }

  disconnect(): void {
    void contain(
      () => this.#client.destroy(),
      () => {},
    );
  }

  readonly #failed = (error: Error): never => {
    // After a failover, the former master rejects writes.
    if (error.message.startsWith('READONLY')) this.#lost(error);
    throw error;
  };
}

/** A connection to one node of a cluster, with the configuration that the cluster has for it. */
class ClusterSubscriber implements RedisClient {
  readonly #cluster: NodeRedisCluster;
  readonly #events: ClientEvents;
  #node: RedisClient | null = null;
  #disconnected = false;

  constructor(cluster: NodeRedisCluster, events: ClientEvents) {
    this.#cluster = cluster;
    this.#events = events;
  }

  async connect(): Promise<void> {
    const { masters } = this.#cluster;
    const master = masters[Math.floor(Math.random() * masters.length)];
    if (master === undefined) throw new Error('the client of the cluster is not connected');
    const client = await this.#cluster.nodeClient(master);
    if (this.#disconnected) return;
    this.#node = like(client, this.#events);
    await this.#node.connect();
  }

  command(command: RedisCommand): Promise<unknown> {
    return this.#connected.command(command);
  }

  batch(commands: readonly RedisCommand[]): Promise<unknown> {
    return this.#connected.batch(commands);
  }

  subscribe(channel: string, received: (bytes: Buffer) => void): Promise<unknown> {
    return this.#connected.subscribe(channel, received);
  }

  disconnect(): void {
    this.#disconnected = true;
    this.#node?.disconnect();
  }

  get #connected(): RedisClient {
    if (this.#node === null) throw new Error('the client is not connected');
    return this.#node;
  }
}
