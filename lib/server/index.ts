export { AckCollector, AckError, type AllAcknowledged, PendingAcks } from './acks.js';
export { type Adapter, type AdapterHost, type Delivery, OwnAdapter } from './adapter.js';
export type { AdapterTarget, NamespaceAdapter } from './adapter-view.js';
export { BroadcastOperator, Broadcasting, type Audience, type Rooms } from './broadcasting.js';
export { BroadcastTarget, type Flags } from './broadcast-target.js';
export type { Client } from './client.js';
export { ConnectionRefused } from './connection-refused.js';
export type {
  AckResult,
  AllButLast,
  DefaultEventsMap,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  Last,
} from './events.js';
export { refuseReservedBetweenServers } from './event-names.js';
export type { Handshake } from './handshake.js';
export type { ConnectHandler, ExtendedError, Middleware } from './admission.js';
export type { EventHandler } from './event-table.js';
export { isForOthers } from './local-first-adapter.js';
export { LocalAdapter } from './local-adapter.js';
export { type DisconnectHandler, Namespace } from './namespace.js';
export { namespacePath } from './namespace-path.js';
export type { NameRule, NamespaceMatcher } from './namespaces.js';
export { ParentNamespace } from './parent-namespace.js';
export type { RecoveryOptions } from './recovery-options.js';
export type { RemoteSocket } from './remote-socket.js';
export type { PublishedAdapterFactory } from './published-adapter.js';
export { Server } from './server.js';
export {
  type AdapterOption,
  type ResolvedServerOptions,
  resolveServerOptions,
  SERVER_DEFAULTS,
  SERVER_OPTION_NAMES,
  type ServerOptions,
} from './server-options.js';
export { Socket } from './socket.js';
export type { EventTuple } from './taps.js';
export type { DisconnectReason } from './socket-state.js';
