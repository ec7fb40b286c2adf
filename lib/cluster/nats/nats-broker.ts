import { SocketIoError } from '../../errors.js';
import { type Broker, type BrokerContext, BrokerFactory } from '../broker/broker.js';
import { type BrokerUrl, parseBrokerUrl } from '../broker/broker-url.js';
import { checkChannel, scopedChannel } from '../broker/channel.js';
import { loadClientLibraries } from '../broker/client-library.js';
import { checkSourceOptions } from '../broker/source-options.js';
import { jetStreamOf } from './jetstream.js';
import { NatsChannel } from './nats-channel.js';
import type { NatsLink } from './nats-link.js';
import { NatsLists } from './nats-lists.js';
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
   * The subject that the servers share. Its subjects `<channel>.part.>`, `<channel>.value.>`, `<channel>.list.>` and
   * `<channel>.latest.>` are used, too.
   * @default 'nest-socketio'
   */
  readonly channel?: string | undefined;
}

class NatsBrokerFactory extends BrokerFactory {
  readonly engine = 'NATS';
  readonly keepsEvents = true;
  readonly #channel: string;
  readonly #source: BrokerUrl | NatsConnection;

  constructor(channel: string, source: BrokerUrl | NatsConnection) {
    super();
    this.#channel = channel;
    this.#source = source;
  }

  override async create(context: BrokerContext): Promise<Broker> {
    const source = this.#source;
    const keeps = context.keepFor !== null;
    const { lists = null } = context;
    const url = 'publish' in source ? null : source;
    const { '@nats-io/transport-node': transport, '@nats-io/jetstream': jetStream } = await loadClientLibraries(
      'NATS',
      {
        '@nats-io/transport-node': url !== null ? () => import('@nats-io/transport-node') : null,
        '@nats-io/jetstream': keeps || lists !== null ? () => import('@nats-io/jetstream') : null,
      },
    );
    const isOpened = url !== null && transport !== null;
    const connection = isOpened ? connectionsTo(transport, url, keeps) : (source as NatsConnection);
    const channel = scopedChannel(this.#channel, context);
    const openJetStream = jetStream === null ? null : jetStreamOf(jetStream);
    const listsOver = (link: () => NatsLink): NatsLists | null =>
      openJetStream === null || lists === null
        ? null
        : new NatsLists(channel, openJetStream, { ...context, lists }, link);
    if (openJetStream === null || !keeps) return new NatsChannel(channel, connection, listsOver);
    return new NatsLog(channel, connection, openJetStream, context, listsOver);
  }
}

/**
 * Carries messages between servers over NATS. Needs the package `@nats-io/transport-node`. With
 * `connectionStateRecovery` or `history`, events are kept in JetStream, which needs the package `@nats-io/jetstream`,
 * and servers that run with JetStream.
 * @throws SocketIoError `INVALID_OPTION`, `UNKNOWN_OPTION`
 * @publicApi
 */
export function natsBroker(options: NatsBrokerOptions): BrokerFactory {
  checkSourceOptions(options, 'natsBroker', 'connection', 'nats://localhost:4222');
  const { url, connection, channel } = options;
  if (connection !== undefined) {
    if (typeof connection?.publish !== 'function' || typeof connection.status !== 'function') {
      throw new SocketIoError(
        'INVALID_OPTION',
        'option "connection" must be a connection of the package @nats-io/transport-node: write await connect({ ... })',
      );
    }
    return new NatsBrokerFactory(checkSubject(channel), connection);
  }
  const parsed = parseBrokerUrl('url', url as string, ['nats', 'tls']);
  return new NatsBrokerFactory(checkSubject(channel ?? parsed.channel), parsed);
}

/** The channel is a subject, a prefix of subjects and the name of a stream, so special characters are refused. */
function checkSubject(channel: string | undefined): string {
  const rule = 'be a name of at most 100 letters, digits, "-" and "_"';
  return checkChannel(channel, (name) => /^[\w-]{1,100}$/.test(name), rule);
}
