/** The part of this layer that users see. Other layers import `internal.ts`. */
export { AckError } from './adapter/ack-collector.js';
export type { AdapterTarget, DirectEmitter, NamespaceAdapter, OwnAdapter, RemoteSocket } from './adapter/adapter.js';
export type { Flags, Rooms } from './adapter/broadcast-target.js';
export { BroadcastOperator } from './broadcast/broadcast-operator.js';
export type { DirectOperator } from './broadcast/direct-operator.js';
export type { Serialize } from './broadcast/serializer.js';
export type { DefaultEventsMap, EventsMap } from './broadcast/event-map.js';
export { guardBrokerClient } from './broker/guard-client.js';
export type { BrokerHealth } from './broker/broker-link.js';
export type { Cluster, ClusterFactory, ClusterHealth, ClusterNode } from './cluster/cluster.js';
export type { DeliveryOutcome, ExplainedClient, ExplainedDelivery, Explanation } from './explain/explanation.js';
export type { PublishedAdapterFactory } from './hosted/published-adapter.js';
export type { HistoryOptions } from './history/history-options.js';
export type { NamespaceHistory } from './history/namespace-history.js';
export type { PastEvent, ReadOptions, RewindOptions } from './history/past-event.js';
export type { Rewound } from './history/rewind.js';
export { type ConnectHandler, ConnectionRefused, type ExtendedError, type Middleware } from './namespace/admission.js';
export { type DisconnectHandler, type EventHandler, Namespace, type ReturnHandler } from './namespace/namespace.js';
export { ParentNamespace } from './namespace/parent-namespace.js';
export type { NamespaceMatcher } from './namespace/patterns.js';
export type { MetaUpdate, NamespacePresence, TrackableClient, TrackOptions } from './presence/namespace-presence.js';
export type { MergeMetas, PresenceOptions } from './presence/presence-options.js';
export type { PresenceDiff, PresentDevice, PresentUser, PresentUserDetails } from './presence/present-user.js';
export type { RecoveryOptions } from './recovery/recovery-options.js';
export type { AdapterOption, ServerOptions } from './server-options.js';
export { Server } from './server.js';
export type { Client } from './socket/client.js';
export type { CatchAllListener, EventMiddleware, EventTuple } from './socket/catch-all.js';
export type { DisconnectReason } from './socket/socket-state.js';
export { Socket } from './socket/socket.js';
export type { StreamsOptions } from './streams/stream-options.js';
export type {
  HistogramMetric,
  HistogramSample,
  Labels,
  Metric,
  MetricDescription,
  MetricKind,
  NumberMetric,
  Sample,
} from './telemetry/metrics/metric.js';
export type { ServerMetrics } from './telemetry/metrics/server-metrics.js';
export type { JournalOptions, TelemetryOptions } from './telemetry/telemetry-options.js';
export { type TraceContext, traceContext } from './telemetry/tracing/trace-context.js';
