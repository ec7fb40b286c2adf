export { type Clock, systemClock, type Timer } from './clock.js';
export { Connection, type ConnectionHandler } from './connection.js';
export type { CloseReason, ConnectionState } from './connection-state.js';
export { DeadlineQueue } from './deadline-queue.js';
export {
  type AllowRequest,
  checkMilliseconds,
  checkPositive,
  ENGINE_OPTION_NAMES,
  type EngineOptions,
  type PerMessageDeflateOptions,
  refuseUnknownOptions,
  type ResolvedEngineOptions,
  resolveEngineOptions,
  withoutUndefined,
} from './engine-options.js';
export { type DrainOptions, resolveDrainOptions } from './drain.js';
export { type ConnectionError, type EngineEvents, EngineServer } from './engine-server.js';
export { Message } from './frame.js';
export { guarded, isThenable } from './guard.js';
export type { HandshakeRequest } from './handshake-request.js';
export { createId } from './ids.js';
export { type AnyListener, Listenable, type Listener } from './listenable.js';
export { consoleLog, type Log, Seldom } from './log.js';
export type { OriginRule } from './origin-policy.js';
