/** The part of this layer that users see. Other layers import `internal.ts`. */
export type { Clock, Timer } from './clock.js';
export type {
  ConnectionEvents,
  RawWebSocket,
  SendCallback,
  SendOptions,
  Transport,
} from './connection/connection-face.js';
export type { ClientReason, ReasonGiven } from './connection/client-reason.js';
export type { CloseReason } from './connection/connection-state.js';
export type { Connection } from './connection/connection.js';
export type { SlowClient, SlowClients } from './connection/lag.js';
export type { RateLimitOptions } from './connection/rate.js';
export type { DrainOptions } from './connection/connections.js';
export type { EnginePacket } from './connection/shown-packets.js';
export type { AllowRequest, EngineOptions, PerMessageDeflateOptions } from './engine-options.js';
export { type ConnectionError, type EngineEvents, EngineServer } from './engine-server.js';
export type { CookieOptions } from './handshake/cookie.js';
export type { EngineRequest, HandshakeRequest } from './handshake/handshake-request.js';
export type { AnyHttpServer } from './handshake/http-servers.js';
export type { EngineMiddleware, HttpMiddleware } from './handshake/middlewares.js';
export type { OriginRule } from './handshake/origin-policy.js';
export type { TrustProxy } from './handshake/proxy-trust.js';
export type { LimitCounts } from './limit-report.js';
export type { LimitName, Limits } from './limits.js';
export type { LogFields } from './log-fields.js';
export type { Log } from './log.js';
