/** A server as its metrics see it: everything that is counted anyway, or can be looked up when metrics are read. */
import type { EngineServer } from '../../../engine/internal.js';
import type { Cluster } from '../../cluster/cluster.js';
import type { BrokerLink } from '../../broker/broker-link.js';
import type { ResolvedServerOptions } from '../../server-options.js';
import type { Instrument } from '../instrument.js';
import type { WatchedNamespace } from '../watched-socket.js';

/** A namespace, with the number of its clients. */
interface CountedNamespace extends WatchedNamespace {
  readonly sockets: { readonly size: number };
  /** Whether it is left out: it shows what others have done. */
  readonly isUnwatched: boolean;
}

/** Options and parts of the server change when it starts to serve and when it serves again. */
export interface MetricSource {
  /** The label `server`, if the application has several servers. */
  readonly label: string | null;
  readonly options: ResolvedServerOptions;
  /** `null` until the server serves. */
  readonly serving: { readonly engine: Pick<EngineServer, 'clientsCount' | 'traffic' | 'backlog'> } | null;
  readonly namespaces: { readonly served: Iterable<CountedNamespace> };
  readonly draining: boolean;
  readonly broker: BrokerLink;
  /** `null` without the option `broker`. */
  readonly joined: { readonly keptSessions: number } | null;
  readonly cluster: Pick<Cluster, 'health' | 'nodes'>;
  readonly recoveryBudget: { readonly sessions: { readonly size: number } };
  readonly telemetry: { watch(instrument: Instrument): unknown };
}
