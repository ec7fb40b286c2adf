/** The cluster of a server without the option `broker`. Its health is that of the broker of a published adapter. */
import type { BrokerLink } from '../broker/broker-link.js';
import type { Cluster, ClusterHealth, ClusterNode } from './cluster.js';

export class LoneServer implements Cluster {
  readonly nodes: readonly ClusterNode[] = [];
  readonly #link: BrokerLink;

  constructor(link: BrokerLink) {
    this.#link = link;
  }

  get health(): ClusterHealth {
    return { ...this.#link.health, missed: 0 };
  }
}
