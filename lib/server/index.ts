export { AckCollector, AckError, type AllAcknowledged, PendingAcks } from './adapter/ack-collector.js';
export { type Adapter, type AdapterHost, type Delivery, OwnAdapter } from './adapter/adapter.js';
export type { AdapterTarget, NamespaceAdapter } from './adapter/adapter-view.js';
export { BroadcastOperator, Broadcasting, type Audience, type Rooms } from './broadcast/broadcast-operator.js';
export { BroadcastTarget, type Flags } from './adapter/broadcast-target.js';
export type { Client } from './socket/client.js';
export { ConnectionRefused } from './namespace/connection-refused.js';
export type {
  AckResult,
  AllButLast,
  DefaultEventsMap,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  Last,
} from './broadcast/event-map.js';
export { refuseReservedBetweenServers } from './broadcast/event-names.js';
export type { Handshake } from './handshake.js';
export type { ConnectHandler, ExtendedError, Middleware } from './namespace/middlewares.js';
export type { EventHandler } from './namespace/handlers.js';
export { isForOthers } from './hosted/local-first-adapter.js';
export { LocalAdapter } from './adapter/local-adapter.js';
export { type DisconnectHandler, Namespace } from './namespace/namespace.js';
export { namespacePath } from './namespace/namespace-path.js';
export type { NameRule, NamespaceMatcher } from './namespace/namespaces.js';
export { ParentNamespace } from './namespace/parent-namespace.js';
export type { RecoveryOptions } from './recovery/recovery-options.js';
export type { RemoteSocket } from './hosted/distant-socket.js';
export type { PublishedAdapterFactory } from './hosted/published-adapter.js';
export { Server } from './server.js';
export {
  type AdapterOption,
  type ResolvedServerOptions,
  resolveServerOptions,
  SERVER_DEFAULTS,
  SERVER_OPTION_NAMES,
  type ServerOptions,
} from './server-options.js';
export { Socket } from './socket/socket.js';
export type { EventTuple } from './socket/taps.js';
export type { DisconnectReason } from './socket/socket-state.js';
