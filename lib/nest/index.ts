export type { AdminOptions } from './admin/admin-options.js';
export { Broadcaster, getBroadcasterToken, InjectBroadcaster } from './broadcaster/broadcaster.js';
export {
  SocketIoEmitterModule,
  type SocketIoEmitterModuleOptions,
  type SocketIoEmitterOptionsFactory,
} from './broadcaster/emitter.module.js';
export { Event, type EventOptions, SocketEvent } from './decorators/event.decorator.js';
export { Gateway, type GatewayOptions } from './decorators/gateway.decorator.js';
export { OnConnect, OnDisconnect, OnDrop, OnReturn } from './decorators/lifecycle.decorators.js';
export {
  HANDLER_METADATA,
  type HandlerMetadata,
  type LifecycleKind,
  RATE_LIMIT_METADATA,
} from './decorators/metadata.js';
export { NamespaceParam } from './decorators/namespace-param.decorator.js';
export { Args, Auth, EventName, Handshake, Reason } from './decorators/parameter.decorators.js';
export {
  RateLimit,
  type RateLimiterFactory,
  type HandlerRateLimit,
  type RateLimitMetadata,
  type RateLimitStore,
} from './decorators/rate-limit.decorator.js';
export type { EventDecorator } from './decorators/typed-events.js';
export { getHistoryToken, History, InjectHistory } from './history/history.js';
export type { EnhancerKind } from './enhancers/enhancer-kind.js';
export type { GlobalsOptions } from './enhancers/globals.js';
export { type AckArgs, ackArgs, type ErrorAnswer } from './events/answer.js';
export type { ValidationIssue } from './events/validation-issues.js';
export { RateLimits } from './events/rate-limits.js';
export type { NamespacePredicate } from './gateways/gateway-namespace.js';
export type { NamespaceParams } from './gateways/namespace-pattern.js';
export {
  type ErrorsOption,
  type SessionOption,
  SOCKETIO_OPTIONS,
  type SocketIoModuleExtras,
  type SocketIoModuleOptions,
  type SocketIoOptionsFactory,
} from './module-options.js';
export { getPresenceToken, InjectPresence, Presence } from './presence/presence.js';
export { Signal } from './streams/signal.decorator.js';
export { SocketIoAdapter } from './socket-io.adapter.js';
export { SocketIoModule } from './socket-io.module.js';
