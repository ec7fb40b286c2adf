import cluster from 'node:cluster';
import { SocketIoError } from '../../errors.js';
import { refuseUnknownOptions } from '../../options.js';
import { type Broker, type BrokerContext, BrokerFactory } from '../broker/broker.js';
import { checkChannel, scopedChannel } from '../broker/channel.js';
import { NodeClusterChannel } from './node-cluster-channel.js';

/**
 * Options of {@link nodeClusterBroker}.
 * @publicApi
 */
export interface NodeClusterBrokerOptions {
  /** The name that the servers of a cluster share. @default 'nest-socketio' */
  readonly channel?: string | undefined;
}

class NodeClusterBrokerFactory extends BrokerFactory {
  readonly engine = "Node's cluster";
  readonly keepsEvents = false;
  readonly #channel: string;

  constructor(channel: string) {
    super();
    this.#channel = channel;
  }

  override async create(context: BrokerContext): Promise<Broker> {
    const { worker } = cluster;
    if (worker === undefined) {
      throw new SocketIoError(
        'INVALID_OPTION',
        'option "broker" must name a broker that this process can reach, got Node\'s cluster, ' +
          'but this process is not a worker of it: start it with cluster.fork(), or write another broker',
      );
    }
    return new NodeClusterChannel(worker, scopedChannel(this.#channel, context), context.clock);
  }
}

/**
 * Carries messages between the workers of one `node:cluster`, through the primary process, which has to call
 * `setupPrimary()`. Keeps no events, so `connectionStateRecovery` is not available.
 * @throws SocketIoError `INVALID_OPTION`, `UNKNOWN_OPTION`
 * @publicApi
 */
export function nodeClusterBroker(options: NodeClusterBrokerOptions = {}): BrokerFactory {
  refuseUnknownOptions(options, ['channel'], 'nodeClusterBroker()');
  return new NodeClusterBrokerFactory(checkChannel(options.channel));
}
