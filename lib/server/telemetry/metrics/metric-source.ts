/** A server as its metrics see it: everything that is counted anyway, or can be looked up when metrics are read. */
import type { EngineServer, LimitCounts } from '../../../engine/internal.js';
import type { Cluster } from '../../cluster/cluster.js';
import type { BrokerLink } from '../../broker/broker-link.js';
import type { TelemetryOptions } from '../telemetry-options.js';
import type { Instrument } from '../instrument.js';
import type { WatchedNamespace } from '../watched-socket.js';

/** A namespace, with the number of its clients. */
interface CountedNamespace extends WatchedNamespace {
  readonly sockets: { readonly size: number };
}

/** It has getters, since options and parts of the server change when it starts to serve and when it serves again. */
export interface MetricSource {
  /** The label `server`, if the application has several servers. */
  readonly label: string | null;
  /** See {@link TelemetryOptions.metrics}; `null` without a value. */
  readonly option: TelemetryOptions['metrics'] | null;
  /** `null` until the server serves. */
  readonly engine: Pick<EngineServer, 'clientsCount' | 'traffic' | 'backlog'> | null;
  readonly namespaces: Iterable<CountedNamespace>;
  readonly limitCounts: LimitCounts;
  readonly failures: number;
  readonly draining: boolean;
  readonly link: BrokerLink;
  /** `null` without a broker. */
  readonly broker: Pick<Cluster, 'health' | 'nodes'> | null;
  /** `null` without connection state recovery. */
  readonly keptSessions: number | null;
  watch(instrument: Instrument): void;
}
