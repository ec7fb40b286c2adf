import { createHash } from 'node:crypto';
import { SocketIoError } from '../../errors.js';
import { type Broker, type BrokerContext, BrokerFactory } from '../broker/broker.js';
import { parseBrokerUrl } from '../broker/broker-url.js';
import { checkChannel, scopedChannel } from '../broker/channel.js';
import { checkSourceOptions } from '../broker/source-options.js';
import { PostgresChannel } from './postgres-channel.js';
import { clientsOfPool, clientsOfUrl, type PostgresPool } from './postgres-client.js';

/** Bytes of the name of a channel. Source: PostgreSQL, NAMEDATALEN. */
const MAX_CHANNEL = 63;

/**
 * Options of {@link postgresBroker}: either `url` or `pool`.
 * @publicApi
 */
export interface PostgresBrokerOptions {
  /** Such as `postgres://user:password@localhost:5432/database`. Two connections are opened, and closed again. */
  readonly url?: string | undefined;
  /** A `Pool` of the package `pg`. Two connections with its configuration are opened, next to those of the pool. */
  readonly pool?: PostgresPool | undefined;
  /** The channel of `NOTIFY` that the servers share, at most 63 bytes. @default 'nest-socketio' */
  readonly channel?: string | undefined;
}

class PostgresBrokerFactory extends BrokerFactory {
  readonly engine = 'PostgreSQL';
  readonly keepsEvents = false;
  readonly #channel: string;
  readonly #source: string | PostgresPool;

  constructor(channel: string, source: string | PostgresPool) {
    super();
    this.#channel = channel;
    this.#source = source;
  }

  override async create(context: BrokerContext): Promise<Broker> {
    const source = this.#source;
    const create = await (typeof source === 'string' ? clientsOfUrl(source) : clientsOfPool(source));
    return new PostgresChannel(channelOf(this.#channel, context), create, context);
  }
}

/**
 * Carries messages between servers over PostgreSQL: `LISTEN` and `NOTIFY`, and a table for messages of more than about
 * 6,000 bytes, which is created if it is absent. Keeps no events, so `connectionStateRecovery` is not available.
 * Needs the package `pg`.
 * @throws SocketIoError `INVALID_OPTION`, `UNKNOWN_OPTION`
 * @publicApi
 */
export function postgresBroker(options: PostgresBrokerOptions): BrokerFactory {
  checkSourceOptions(options, 'postgresBroker', 'pool', 'postgres://user:password@localhost:5432/database');
  const { url, pool, channel } = options;
  if (pool !== undefined) {
    if (typeof pool?.options !== 'object' || typeof pool.connect !== 'function') {
      throw new SocketIoError(
        'INVALID_OPTION',
        'option "pool" must be a Pool of the package pg: write new Pool({ connectionString: ... })',
      );
    }
    return new PostgresBrokerFactory(checkName(channel), pool);
  }
  const parsed = parseBrokerUrl('url', url as string, ['postgres', 'postgresql']);
  return new PostgresBrokerFactory(checkName(channel ?? parsed.channel), parsed.url);
}

/** @returns the channel of a server; a hash if its name is too long for PostgreSQL */
function channelOf(channel: string, context: BrokerContext): string {
  const name = scopedChannel(channel, context);
  if (Buffer.byteLength(name) <= MAX_CHANNEL) return name;
  return createHash('sha256').update(name).digest('hex').slice(0, MAX_CHANNEL);
}

function checkName(channel: string | undefined): string {
  return checkChannel(
    channel,
    (name) => Buffer.byteLength(name) <= MAX_CHANNEL,
    `be a name of at most ${MAX_CHANNEL} bytes`,
  );
}
