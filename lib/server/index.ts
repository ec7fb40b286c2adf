export { AckCollector, AckError, type AllAcknowledged, type Settle } from './adapter/ack-collector.js';
export {
  type Adapter,
  type AdapterHost,
  type AdapterTarget,
  type Audience,
  type Delivery,
  type DirectEmitter,
  type Member,
  type NamespaceAdapter,
  OwnAdapter,
  type RemoteSocket,
  type ViewedNamespace,
} from './adapter/adapter.js';
export { BroadcastTarget, type Flags, type Rooms } from './adapter/broadcast-target.js';
export { LocalAdapter } from './adapter/local-adapter.js';
export { BroadcastOperator, Broadcasting } from './broadcast/broadcast-operator.js';
export type { DirectOperator } from './broadcast/direct-operator.js';
export {
  type AckResult,
  type AllButLast,
  type DefaultEventsMap,
  type EventNames,
  type EventNamesWithAck,
  type EventParams,
  type EventsMap,
  type Last,
  refuseReservedBetweenServers,
} from './broadcast/event-map.js';
export type { Handshake } from './handshake.js';
export { isForOthers } from './hosted/local-first-adapter.js';
export type { PublishedAdapterFactory } from './hosted/published-adapter.js';
export { type ConnectHandler, ConnectionRefused, type ExtendedError, type Middleware } from './namespace/admission.js';
export { type DisconnectHandler, type EventHandler, Namespace } from './namespace/namespace.js';
export { namespacePath } from './namespace/namespace-path.js';
export type { NameRule, NamespaceMatcher } from './namespace/namespaces.js';
export { ParentNamespace } from './namespace/parent-namespace.js';
export type { RecoveryOptions } from './recovery/recovery-options.js';
export { Server } from './server.js';
export {
  type AdapterOption,
  type ResolvedServerOptions,
  resolveServerOptions,
  SERVER_DEFAULTS,
  SERVER_OPTION_NAMES,
  type ServerOptions,
} from './server-options.js';
export type { Client } from './socket/client.js';
export { PendingAcks } from './socket/pending-acks.js';
export { Socket } from './socket/socket.js';
export type { CatchAllListener, EventMiddleware, EventTuple } from './socket/socket-face.js';
export type { DisconnectReason } from './socket/socket-state.js';
