/** All that other layers use of this one. */
export * from './index.js';
export { AckCollector, type AllAcknowledged, type Settle } from './adapter/ack-collector.js';
export {
  type Adapter,
  type AdapterHost,
  type Audience,
  type ClusterReport,
  type Delivery,
  type Member,
  OwnAdapter,
  type ViewedNamespace,
} from './adapter/adapter.js';
export type { ObservedSocket, SocketObserver } from './adapter/socket-observer.js';
export { BroadcastTarget } from './adapter/broadcast-target.js';
export { decodeEvent, IncomingEvent } from './adapter/incoming-event.js';
export { LocalAdapter } from './adapter/local-adapter.js';
export { emitterLink, guardClient } from './broker/guard-client.js';
export { BrokerLink, MessageDropped } from './broker/broker-link.js';
export type { Serializer } from './broadcast/serializer.js';
export { Broadcasting } from './broadcast/broadcast-operator.js';
export { messageKey } from './broadcast/latest-key.js';
export {
  type AckResult,
  type AllButLast,
  checkEventNameBetweenServers,
  type EventNames,
  type EventNamesWithAck,
  type EventParams,
  type Last,
} from './broadcast/event-map.js';
export { areTexts } from './cluster/are-texts.js';
export { type Answers, type ChannelListener, type ClusterChannel, Channels } from './cluster/channels.js';
export { type ClusterHost, ClusterFactory, type ServerCluster } from './cluster/cluster.js';
export { installedClient } from './client-bundle.js';
export { type CodecName, type CodecOptions, resolveCodec } from './codec-option.js';
export { serverName } from './explain/create-report.js';
export { HANDLER_DURATIONS } from './telemetry/metrics/metric-table.js';
export { isServerReport, type ServerReport } from './explain/server-report.js';
export { type Handshake, sharedHandshake } from './handshake.js';
export { HistoryEntry } from './history/history-entry.js';
export type { HistoryByNamespace, ResolvedHistoryOptions } from './history/history-options.js';
export type { HistoryStore, StoredHistory } from './history/history-store.js';
export { Queue } from './recovery/queue.js';
export { SessionOwners } from './recovery/session-owners.js';
export { SessionSearches } from './recovery/session-searches.js';
export {
  isKept,
  mayResume,
  ownershipOf,
  type RecoverableSocket,
  type Recovery,
  RecoveryCursor,
  type RestoredSession,
  withoutOffset,
} from './adapter/recovery.js';
export type { ResolvedRecoveryOptions } from './recovery/recovery-options.js';
export { DistantSocket } from './hosted/distant-socket.js';
export { isForOthers } from './hosted/local-first-adapter.js';
export { namespacePath } from './namespace/namespace-path.js';
export type { NameRule } from './namespace/patterns.js';
export {
  type ResolvedServerOptions,
  resolveSerializer,
  resolveServerOptions,
  SERVER_DEFAULTS,
  SERVER_OPTION_NAMES,
} from './server-options.js';
export { isRefusalCode, type StreamRefusal, streamRefusal } from './streams/stream-refusal.js';
export type { StreamSource } from './streams/stream.js';
export { PendingAcks } from './socket/pending-acks.js';
export { Emission } from './telemetry/emission.js';
export { HandlerFailure, type HandlerOutcome } from './telemetry/handler-failure.js';
export type { EncodedEvent } from './telemetry/event-name.js';
export type { HandledEvent, Instrument } from './telemetry/instrument.js';
export { Instruments } from './telemetry/instruments.js';
export { watched } from './telemetry/watched.js';
