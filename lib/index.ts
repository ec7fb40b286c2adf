/** The public door: everything that an application may use, by name. */

// Nest
export {
  type AckArgs,
  ackArgs,
  Args,
  Auth,
  Broadcaster,
  type ErrorAnswer,
  type ErrorsOption,
  Event,
  EventName,
  Gateway,
  type GatewayOptions,
  getBroadcasterToken,
  type GlobalsOptions,
  Handshake,
  InjectBroadcaster,
  NamespaceParam,
  type NamespaceParams,
  type NamespacePredicate,
  OnConnect,
  OnDisconnect,
  Reason,
  type SessionOption,
  SocketIoAdapter,
  SocketIoEmitterModule,
  type SocketIoEmitterModuleOptions,
  type SocketIoEmitterOptionsFactory,
  SocketIoModule,
  type SocketIoModuleExtras,
  type SocketIoModuleOptions,
  type SocketIoOptionsFactory,
} from './nest/index.js';

// Several processes
export {
  createFlaskQueueAdapter,
  type EmitterChain,
  FlaskQueueEmitter,
  type FlaskQueueOptions,
  type PublishedEmitter,
  type QueueBroadcaster,
  type RedisPublisher,
  type RedisSubscriber,
} from './cluster/index.js';

// The server, with or without Nest
export {
  AckError,
  BroadcastOperator,
  type Client,
  ConnectionRefused,
  type AdapterOption,
  type DefaultEventsMap,
  type DisconnectReason,
  type EventsMap,
  type ExtendedError,
  type Middleware,
  type OwnAdapter,
  type PublishedAdapterFactory,
  Namespace,
  type NamespaceAdapter,
  type NamespaceMatcher,
  ParentNamespace,
  type RecoveryOptions,
  type RemoteSocket,
  Server,
  type ServerOptions,
  Socket,
} from './server/index.js';

// The engine and the codec, as far as options and types name them
export type {
  AllowRequest,
  AnyHttpServer,
  CloseReason,
  Clock,
  Connection,
  ConnectionError,
  ConnectionEvents,
  CookieOptions,
  EngineMiddleware,
  EnginePacket,
  EngineRequest,
  EngineServer,
  HandshakeRequest,
  HttpMiddleware,
  Log,
  OriginRule,
  Transport,
} from './engine/index.js';
export type { Json, Parser } from './protocol/index.js';
export { ERROR_CODES, type ErrorCode, ProtocolError, SocketIoError } from './errors.js';
