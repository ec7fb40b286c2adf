/** A server as the cluster that it joins sees it. */
import type { ClientReason, Clock, Log, ResolvedLimits } from '../../engine/internal.js';
import type { Codec } from '../../protocol/internal.js';
import type { Adapter } from '../adapter/adapter.js';
import type { BrokerLink } from '../broker/broker-link.js';
import type { CodecName } from '../codec-option.js';
import type { HistoryByNamespace } from '../history/history-options.js';
import type { ResolvedRecoveryOptions } from '../recovery/recovery-options.js';
import type { ResolvedServerOptions } from '../server-options.js';
import type { Instruments } from '../telemetry/instruments.js';
import type { Channels } from './channels.js';
import type { ClusterHost } from './cluster.js';

/** The parts of a server that its cluster reads or calls. */
export interface JoiningServer {
  /** They may change until the server serves. */
  readonly options: ResolvedServerOptions;
  readonly broker: BrokerLink;
  readonly channels: Channels;
  readonly telemetry: { readonly instruments: Instruments | null };
  readonly namespaces: { get(name: string): { readonly delivery: Adapter } | undefined };
  /** Whether it is attached to an HTTP server, or may be. */
  readonly isReachable: boolean;
  disconnectUserHere(userId: string, reason: ClientReason): unknown;
}

export class ClusterMember implements ClusterHost {
  readonly link: BrokerLink;
  readonly channels: Channels;
  readonly #server: JoiningServer;

  constructor(server: JoiningServer) {
    this.link = server.broker; // a server that reopens joins again, with another link
    this.channels = server.channels;
    this.#server = server;
  }

  get clock(): Clock {
    return this.#server.options.engine.clock;
  }

  get log(): Log {
    return this.#server.options.engine.logger;
  }

  get limits(): ResolvedLimits {
    return this.#server.options.engine.limits;
  }

  get codec(): Codec {
    return this.#server.options.codec;
  }

  get codecName(): CodecName {
    return this.#server.options.codecName;
  }

  get recovery(): ResolvedRecoveryOptions | null {
    return this.#server.options.recovery;
  }

  get history(): HistoryByNamespace | null {
    return this.#server.options.history;
  }

  get serves(): boolean {
    return this.#server.isReachable;
  }

  get instruments(): Instruments | null {
    return this.#server.telemetry.instruments;
  }

  adapterOf(namespace: string): Adapter | undefined {
    return this.#server.namespaces.get(namespace)?.delivery;
  }

  disconnectUser(userId: string, reason: ClientReason): void {
    this.#server.disconnectUserHere(userId, reason);
  }
}
