export { type Clock, systemClock, type Timer } from './clock.js';
export { Connection, type ConnectionHandler } from './connection/connection.js';
export type {
  ConnectionEvents,
  RawWebSocket,
  SendCallback,
  SendOptions,
  Transport,
} from './connection/connection-face.js';
export type { CloseReason, ConnectionState } from './connection/connection-state.js';
export { type DrainOptions, resolveDrainOptions } from './connection/connections.js';
export { Message } from './connection/message.js';
export type { EnginePacket } from './connection/shown-packets.js';
export { contain, isThenable } from './contain.js';
export { createId } from './create-id.js';
export { DeadlineQueue } from './deadline-queue.js';
export {
  type AllowRequest,
  ENGINE_OPTION_NAMES,
  type EngineOptions,
  type ObsoleteOptions,
  type PerMessageDeflateOptions,
  type ResolvedEngineOptions,
  resolveEngineOptions,
} from './engine-options.js';
export { type ConnectionError, type EngineEvents, EngineServer } from './engine-server.js';
export type { CookieOptions } from './handshake/cookie.js';
export type { EngineRequest, HandshakeRequest } from './handshake/handshake-request.js';
export { type AnyHttpServer, intercept } from './handshake/http-servers.js';
export type { EngineMiddleware, HttpMiddleware } from './handshake/middlewares.js';
export type { OriginRule } from './handshake/origin-policy.js';
export { type AnyListener, Listenable, type Listener, type Names } from './listenable.js';
export { consoleLog, type Log, type LogObserver, ObservedLog, ThrottledLog } from './log.js';
