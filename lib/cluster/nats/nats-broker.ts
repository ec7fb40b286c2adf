import { invalidOption, refuseUnknownOptions } from '../../options.js';
import { SocketIoError } from '../../errors.js';
import { type Broker, type BrokerContext, BrokerFactory, scopedChannel } from '../broker/broker.js';
import { DEFAULT_CHANNEL, parseBrokerUrl } from '../broker/broker-url.js';
import { loadJetStream } from './jetstream.js';
import { NatsChannel } from './nats-channel.js';
import type { NatsConnection } from './nats-client.js';
import { NatsLog } from './nats-log.js';
import { connectionsTo } from './open-connection.js';

/**
 * Options of {@link natsBroker}: either `url` or `connection`.
 * @publicApi
 */
export interface NatsBrokerOptions {
  /**
   * Such as `nats://user:password@localhost:4222`, `tls://token@host`, or several hosts with commas between them. One
   * connection is opened, and closed again.
   */
  readonly url?: string | undefined;
  /**
   * A connection of the package `@nats-io/transport-node`, which stays open when the server closes. Connect with
   * `maxReconnectAttempts: -1`: by default, the package gives up after ten attempts.
   */
  readonly connection?: NatsConnection | undefined;
  /**
   * The subject that the servers share. Its subjects `<channel>.part.>` and `<channel>.value.>` are used, too.
   * @default 'nest-socketio'
   */
  readonly channel?: string | undefined;
}

class NatsBrokerFactory extends BrokerFactory {
  readonly engine = 'NATS';
  readonly keepsEvents = true;
  readonly #channel: string;
  readonly #source: string | NatsConnection;

  constructor(channel: string, source: string | NatsConnection) {
    super();
    this.#channel = channel;
    this.#source = source;
  }

  override async create(context: BrokerContext): Promise<Broker> {
    const source = this.#source;
    const keeps = context.keepFor !== null;
    const connection = typeof source === 'string' ? await connectionsTo(source, keeps) : source;
    const channel = scopedChannel(this.#channel, context);
    if (!keeps) return new NatsChannel(channel, connection);
    return new NatsLog(channel, connection, await loadJetStream(), context);
  }
}

/**
 * Carries messages between servers over NATS. Needs the package `@nats-io/transport-node`. With
 * `connectionStateRecovery`, events are kept in JetStream, which needs the package `@nats-io/jetstream`, and servers
 * that run with JetStream.
 * @throws SocketIoError `INVALID_OPTION`, `UNKNOWN_OPTION`
 * @publicApi
 */
export function natsBroker(options: NatsBrokerOptions): BrokerFactory {
  refuseUnknownOptions(options, ['url', 'connection', 'channel'], 'natsBroker()');
  const { url, connection } = options;
  if ((url === undefined) === (connection === undefined)) {
    throw new SocketIoError('INVALID_OPTION', 'natsBroker() must have one of the options "url" and "connection"');
  }
  if (connection !== undefined) {
    if (typeof connection?.publish !== 'function' || typeof connection.status !== 'function') {
      throw new SocketIoError(
        'INVALID_OPTION',
        'option "connection" must be a connection of the package @nats-io/transport-node: write await connect({ ... })',
      );
    }
    return new NatsBrokerFactory(checkChannel(options.channel ?? DEFAULT_CHANNEL), connection);
  }
  const parsed = parseBrokerUrl('url', url as string, ['nats', 'tls']);
  const [, parameter] = /\?([^=&]*)/.exec(parsed.url) ?? [];
  if (parameter !== undefined) {
    const rule = 'option "url" must be a URL of NATS with no parameter but "channel"';
    throw new SocketIoError('INVALID_OPTION', `${rule}, got "${parameter}": remove the parameter`);
  }
  return new NatsBrokerFactory(checkChannel(options.channel ?? parsed.channel), parsed.url);
}

/** The channel is a subject, a prefix of subjects, and the name of a stream: characters with a meaning are refused. */
function checkChannel(channel: string): string {
  if (typeof channel === 'string' && /^[\w-]{1,100}$/.test(channel)) return channel;
  return invalidOption('channel', channel, 'be a name of at most 100 letters, digits, "-" and "_"');
}
