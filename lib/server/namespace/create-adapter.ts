/** Which adapter a namespace gets by the options, and what of the namespace it sees. */
import { type Adapter, type AdapterHost, OwnAdapter } from '../adapter/adapter.js';
import { BrokerRecoveryAdapter, keepsNoSessions } from '../recovery/broker-recovery-adapter.js';
import { HostedAdapter } from '../hosted/hosted-adapter.js';
import { LocalAdapter } from '../adapter/local-adapter.js';
import { LocalFirstAdapter } from '../hosted/local-first-adapter.js';
import type { Namespace } from './namespace.js';
import { RecoveringAdapter } from '../recovery/recovering-adapter.js';
import type { ResolvedServerOptions } from '../server-options.js';

/** @throws SocketIoError `INVALID_OPTION` for recovery on an adapter that keeps no sessions */
export function createAdapter(namespace: Namespace, options: ResolvedServerOptions): Adapter {
  const host = hostOf(namespace, options);
  const { adapter, recovery } = options;
  if (adapter === null) return recovery === null ? new LocalAdapter(host) : new RecoveringAdapter(host, recovery);
  if (adapter instanceof OwnAdapter) {
    if (recovery !== null) throw keepsNoSessions();
    return adapter.create(host);
  }
  if (recovery !== null) return new BrokerRecoveryAdapter(adapter, host, recovery);
  return new LocalFirstAdapter(new HostedAdapter(adapter, host), host);
}

/** Some options may still change until the server serves: they are read when they are needed. */
function hostOf(namespace: Namespace, options: ResolvedServerOptions): AdapterHost {
  return {
    name: namespace.name,
    get clock() {
      return options.engine.clock;
    },
    get ackTimeout() {
      return options.ackTimeout;
    },
    get maxPendingAcks() {
      return options.maxPendingAcks;
    },
    get log() {
      return options.engine.logger;
    },
    audience: namespace,
    sockets: namespace.sockets,
    entering: namespace.entering,
    nextAckId: () => namespace.nextAckId(),
    encode: (packet) => options.codec.encode(packet),
    onIdle: () => namespace.checkEmpty(),
    onServerSideEmit: ([event, ...args]) => namespace.events.notify(String(event), args),
    failed: (what, error) => namespace.failed(what, error),
  };
}
