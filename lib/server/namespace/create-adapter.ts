/** Creates the adapter that the options require for a namespace. */
import { type Adapter, type AdapterHost, OwnAdapter } from '../adapter/adapter.js';
import { LocalAdapter } from '../adapter/local-adapter.js';
import { HostedAdapter } from '../hosted/hosted-adapter.js';
import { LocalFirstAdapter } from '../hosted/local-first-adapter.js';
import { BrokerRecoveryAdapter, noSessionsError } from '../recovery/broker-recovery-adapter.js';
import type { ServerCluster } from '../cluster/cluster.js';
import { RecoveringAdapter } from '../recovery/recovering-adapter.js';
import type { RecoveryBudget } from '../recovery/recovery-budget.js';
import type { ResolvedServerOptions } from '../server-options.js';

/**
 * @param budget shared by all namespaces of the server
 * @param cluster of the server, if it has the option `broker`
 * @throws SocketIoError `INVALID_OPTION` for recovery with an adapter that keeps no sessions
 */
export function createAdapter(
  host: AdapterHost,
  { adapter, recovery, engine }: ResolvedServerOptions,
  budget: RecoveryBudget,
  cluster: ServerCluster | null = null,
): Adapter {
  if (cluster !== null) return cluster.createAdapter(host);
  if (adapter === null) {
    return recovery === null ? new LocalAdapter(host) : new RecoveringAdapter(host, recovery, budget);
  }
  if (adapter instanceof OwnAdapter) {
    if (recovery !== null) throw noSessionsError();
    return adapter.create(host);
  }
  if (recovery !== null) return new BrokerRecoveryAdapter(adapter, host, recovery, engine);
  return new LocalFirstAdapter(new HostedAdapter(adapter, host), host);
}
