/**
 * The contract between a server and its cluster, the other servers that share its broker. The layer `cluster/`
 * implements it; a server without a broker is alone, see {@link LoneServer}.
 */
import type { ClientReason, Clock, Log, ResolvedLimits } from '../../engine/internal.js';
import type { Codec } from '../../protocol/internal.js';
import type { Adapter, AdapterHost } from '../adapter/adapter.js';
import type { BrokerHealth, BrokerLink } from '../broker/broker-link.js';
import type { CodecName } from '../codec-option.js';
import type { Instruments } from '../telemetry/instruments.js';
import type { HistoryByNamespace } from '../history/history-options.js';
import type { HistoryStore } from '../history/history-store.js';
import type { Channels, NodeMessages } from './channels.js';
import type { ResolvedRecoveryOptions } from '../recovery/recovery-options.js';

/**
 * A server or worker of the cluster, as another one knows it.
 * @publicApi
 */
export interface ClusterNode {
  readonly id: string;
  /** Host and process, as `web-1:4711`. */
  readonly name: string;
  /** The version of this package that it runs. */
  readonly version: string;
  /** Whether clients can connect to it. A worker has none. */
  readonly serves: boolean;
  /** ms since it was last heard of; 0 for this node. */
  readonly age: number;
}

/**
 * How a server gets on with its cluster.
 * @publicApi
 */
export interface ClusterHealth extends BrokerHealth {
  /** Messages of other servers that did not arrive: dropped by their sender, or lost by the broker. */
  readonly missed: number;
}

/**
 * The servers that share a broker.
 * @publicApi
 */
export interface Cluster {
  /** All nodes that were heard of lately, this one first. */
  readonly nodes: readonly ClusterNode[];
  readonly health: ClusterHealth;
}

/** A cluster as its server uses it. */
export interface ServerCluster extends Cluster, NodeMessages {
  /** The number of sessions that this node keeps in memory, see {@link Recovery}. */
  readonly keptSessions: number;
  /** The store that the servers share; `null` if the broker keeps no lists. */
  readonly history: HistoryStore | null;
  /** Creates the adapter of a namespace. */
  createAdapter(host: AdapterHost): Adapter;
  /**
   * Connects to the broker. Resolves when messages of other servers arrive; pending while the broker is absent.
   * @throws SocketIoError `INVALID_OPTION` if the broker cannot be used at all
   */
  open(): Promise<void>;
  /** Ends the connections of a user on the other servers. */
  disconnectUser(userId: string, reason: ClientReason): void;
  /** Leaves the cluster. Never rejects. */
  close(): Promise<void>;
}

/** A server as its cluster sees it. It has getters, since options may change until the server serves. */
export interface ClusterHost {
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: ResolvedLimits;
  readonly link: BrokerLink;
  readonly codec: Codec;
  readonly codecName: CodecName;
  readonly recovery: ResolvedRecoveryOptions | null;
  readonly history: HistoryByNamespace | null;
  /** Whether clients can connect. */
  readonly serves: boolean;
  /** `null` unless the server is watched, by traces for example. */
  readonly instruments: Instruments | null;
  readonly channels: Channels;
  /** The adapter of a namespace that clients can be in. */
  adapterOf(namespace: string): Adapter | undefined;
  /** Ends the connections of a user on this server. */
  disconnectUser(userId: string, reason: ClientReason): void;
}

/**
 * The option `broker` of a server: joins it to a cluster. `createCluster('redis://...')` returns one.
 * @publicApi
 */
export abstract class ClusterFactory {
  /** @internal */
  abstract join(host: ClusterHost): ServerCluster;
}
