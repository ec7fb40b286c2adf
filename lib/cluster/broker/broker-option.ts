/** The option `broker`: a URL, or the result of a function such as `redisBroker()`. */
import { SocketIoError } from '../../errors.js';
import { natsBroker } from '../nats/nats-broker.js';
import { nodeClusterBroker } from '../node-cluster/node-cluster-broker.js';
import { postgresBroker } from '../postgres/postgres-broker.js';
import { redisBroker } from '../redis/redis-broker.js';
import { BrokerFactory, type BrokerOption } from './broker.js';
import { parseBrokerUrl, type Scheme } from './broker-url.js';

type Create = (options: { url: string; channel: string }) => BrokerFactory;

const FACTORIES: Readonly<Record<Scheme, Create>> = {
  redis: redisBroker,
  rediss: redisBroker,
  valkey: redisBroker,
  valkeys: redisBroker,
  'redis+sentinel': redisBroker,
  unix: redisBroker,
  nats: natsBroker,
  tls: natsBroker,
  postgres: postgresBroker,
  postgresql: postgresBroker,
  cluster: ({ channel }) => nodeClusterBroker({ channel }),
};

/**
 * @param option the value of the option `broker`
 * @throws SocketIoError `INVALID_OPTION` with the line to write instead
 */
export function brokerOf(option: BrokerOption): BrokerFactory {
  if (option instanceof BrokerFactory) return option;
  if (typeof option === 'string') {
    const { scheme, url, channel } = parseBrokerUrl('broker', option);
    return FACTORIES[scheme]({ url, channel });
  }
  const [got, hint] = describe(option);
  throw new SocketIoError(
    'INVALID_OPTION',
    `option "broker" must be a URL such as redis://localhost:6379 or the result of redisBroker(), natsBroker(), ` +
      `postgresBroker(), nodeClusterBroker() or memoryBroker(), got ${got}${hint === undefined ? '' : `: ${hint}`}`,
  );
}

/** Describes a wrong value without its contents, since clients contain passwords. */
function describe(option: unknown): [got: string, hint?: string] {
  if (typeof option === 'function') {
    return ['a function', `call it, or write adapter: ... if it creates a published adapter`];
  }
  if (typeof option !== 'object' || option === null) return [String(option)];
  const has = (...names: readonly string[]): boolean => names.every((name) => name in option);
  if (has('then')) return ['a promise', 'write await before it'];
  if (has('query', 'totalCount')) return ['a pool of pg', 'write postgresBroker({ pool })'];
  if (has('query')) return ['a client of pg', 'write postgresBroker({ pool }) with a Pool'];
  if (has('publish', 'drain')) return ['a connection to NATS', 'write natsBroker({ connection })'];
  if (has('publish')) return ['a client of Redis', 'write redisBroker({ client })'];
  if (has('client')) return ['an object', 'write redisBroker({ client })'];
  if (has('url')) return ['an object', 'write the URL itself'];
  return ['an object'];
}
