export { type AckArgs, ackArgs, type ErrorAnswer } from './events/answer.js';
export { Broadcaster, getBroadcasterToken, InjectBroadcaster } from './broadcaster/broadcaster.js';
export { Event } from './decorators/event.decorator.js';
export { Gateway, type GatewayOptions } from './decorators/gateway.decorator.js';
export { OnConnect, OnDisconnect } from './decorators/lifecycle.decorators.js';
export { NamespaceParam } from './decorators/namespace-param.decorator.js';
export { Args, Auth, EventName, Handshake, Reason } from './decorators/parameter.decorators.js';
export type { NamespacePredicate } from './gateways/gateway-namespace.js';
export type { NamespaceParams } from './gateways/namespace-pattern.js';
export { SocketIoEmitterModule } from './broadcaster/emitter.module.js';
export type { SocketIoEmitterModuleOptions, SocketIoEmitterOptionsFactory } from './broadcaster/emitter.module.js';

export type { GlobalsOptions } from './enhancers/globals.js';
export type {
  ErrorsOption,
  SessionOption,
  SocketIoModuleExtras,
  SocketIoModuleOptions,
  SocketIoOptionsFactory,
} from './module-options.js';
export { SocketIoAdapter } from './socket-io.adapter.js';
export { SocketIoModule } from './socket-io.module.js';
