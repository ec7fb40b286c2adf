/** The option `broker` of a server. */
import { ClusterFactory, type ClusterHost, type ServerCluster } from '../server/internal.js';
import type { BrokerFactory, BrokerOption } from './broker/broker.js';
import { brokerOf } from './broker/broker-option.js';
import { BrokerCluster } from './node/broker-cluster.js';

class BrokerClusterFactory extends ClusterFactory {
  readonly #broker: BrokerFactory;
  readonly #scope: string;

  constructor(broker: BrokerFactory, scope: string) {
    super();
    this.#broker = broker;
    this.#scope = scope;
  }

  join(host: ClusterHost): ServerCluster {
    return new BrokerCluster(this.#broker, this.#scope, host);
  }
}

/**
 * The value of the option `broker` for a `Server` without Nest: `new Server(3000, { broker: createCluster(url) })`.
 * @param broker a URL such as `redis://localhost:6379`, or the result of `redisBroker(...)` and the like
 * @param scope separates servers that use one broker but do not belong together
 * @throws SocketIoError `INVALID_OPTION`
 * @publicApi
 */
export function createCluster(broker: BrokerOption | ClusterFactory, scope = ''): ClusterFactory {
  if (broker instanceof ClusterFactory) return broker;
  return new BrokerClusterFactory(brokerOf(broker), scope);
}
