export { type Clock, systemClock, type Timer } from './clock.js';
export { Connection, type ConnectionHandler } from './connection/connection.js';
export type { ConnectionEvents, SendCallback, SendOptions } from './connection-events.js';
export type { CloseReason, ConnectionState } from './connection/connection-state.js';
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
export { type DrainOptions, resolveDrainOptions } from './drain.js';
export type { EnginePacket } from './connection/shown-packets.js';
export { type ConnectionError, type EngineEvents, EngineServer } from './engine-server.js';
export { Message } from './connection/message.js';
export { contain, isThenable } from './contain.js';
export type { CookieOptions } from './handshake/cookie.js';
export type { EngineRequest, HandshakeRequest } from './handshake/handshake-request.js';
export { type AnyHttpServer, intercept } from './handshake/http-servers.js';
export type { EngineMiddleware, HttpMiddleware } from './handshake/middlewares.js';
export { createId } from './create-id.js';
export { type LogObserver, ObservedLog } from './journal.js';
export { type AnyListener, Listenable, type Listener, type Names } from './listenable.js';
export { consoleLog, type Log, ThrottledLog } from './log.js';
export type { OriginRule } from './handshake/origin-policy.js';
export type { RawWebSocket, Transport } from './transport.js';
