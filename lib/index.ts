/** The public door: everything that an application may use, by name. */

// Nest
export {
  type AckArgs,
  ackArgs,
  Args,
  Auth,
  Broadcaster,
  type ErrorAnswer,
  Event,
  EventName,
  Gateway,
  type GatewayOptions,
  getBroadcasterToken,
  Handshake,
  InjectBroadcaster,
  NamespaceParam,
  type NamespaceParams,
  type NamespacePredicate,
  OnConnect,
  OnDisconnect,
  Reason,
  SocketIoAdapter,
  SocketIoModule,
  type SocketIoModuleExtras,
  type SocketIoModuleOptions,
  type SocketIoOptionsFactory,
} from './nest/index.js';

// The server, with or without Nest
export {
  AckError,
  BroadcastOperator,
  ConnectionRefused,
  type DefaultEventsMap,
  type DisconnectReason,
  type EventsMap,
  type Middleware,
  type PublishedAdapterFactory,
  Namespace,
  type NamespaceMatcher,
  ParentNamespace,
  type RecoveryOptions,
  type RemoteSocket,
  Server,
  type ServerOptions,
  Socket,
} from './server/index.js';

// The engine and the codec, as far as options and types name them
export type { AllowRequest, CloseReason, Clock, Connection, ConnectionError, Log, OriginRule } from './engine/index.js';
export type { Parser } from './protocol/index.js';
export { ERROR_CODES, type ErrorCode, ProtocolError, SocketIoError } from './errors.js';
