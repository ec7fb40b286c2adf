/** All that other layers use of this one. */
export * from './index.js';
export { systemClock } from './clock.js';
export { CLOSE_REASONS, type ConnectionState } from './connection/connection-state.js';
export { ClientReason } from './connection/client-reason.js';
export { TokenBucket } from './token-bucket.js';
export { Connection, type ConnectionHandler } from './connection/connection.js';
export { resolveDrainOptions } from './connection/connections.js';
export { arePacketFrames, Message } from './connection/message.js';
export { contain, isThenable } from './contain.js';
export { createId } from './create-id.js';
export { DeadlineQueue } from './deadline-queue.js';
export {
  ENGINE_OPTION_NAMES,
  type ObsoleteOptions,
  type ResolvedEngineOptions,
  resolveEngineOptions,
  unservedTransports,
} from './engine-options.js';
export { EventLoopDelay, eventLoopDelay } from './event-loop-delay.js';
export { inTime } from './in-time.js';
export { clientAddress } from './handshake/client-address.js';
export type { HandshakeData } from './handshake/handshake-request.js';
export { createHttpServer } from './handshake/create-http-server.js';
export type { RefusalCode } from './handshake/refusal.js';
export { Histogram } from './metrics/histogram.js';
export { CONNECTION_DURATIONS, Traffic } from './metrics/traffic.js';
/** @internal Left out of the declarations, which would need the package `@opentelemetry/api`. */
export { type OpenTelemetry, openTelemetry } from './open-telemetry.js';
export { intercept } from './handshake/http-servers.js';
export { LimitReport } from './limit-report.js';
export { LIMITS, type ResolvedLimits, resolveLimits } from './limits.js';
export { type AnyListener, Listenable, type Listener, type Names } from './listenable.js';
export { inlined, type Loggable, unmentioned } from './log-fields.js';
export { consoleLog, type FailureLog, type LogObserver, ObservedLog, ThrottledLog } from './log.js';
