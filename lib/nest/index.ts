export { type AckArgs, ackArgs } from './ack-args.js';
export { Broadcaster, getBroadcasterToken, InjectBroadcaster } from './broadcaster.js';
export { Event } from './decorators/event.decorator.js';
export { Gateway, type GatewayOptions } from './decorators/gateway.decorator.js';
export { OnConnect, OnDisconnect } from './decorators/lifecycle.decorators.js';
export { NamespaceParam } from './decorators/namespace-param.decorator.js';
export { Args, Auth, EventName, Handshake, Reason } from './decorators/parameter.decorators.js';
export type { NamespacePredicate } from './gateway-namespace.js';
export type { NamespaceParams } from './namespace-pattern.js';
export { SocketIoEmitterModule } from './emitter.module.js';
export type { SocketIoEmitterModuleOptions, SocketIoEmitterOptionsFactory } from './emitter-options.js';
export type { ErrorAnswer } from './error-answer.js';
export type { GlobalsOptions } from './globals.js';
export type {
  ErrorsOption,
  SessionOption,
  SocketIoModuleExtras,
  SocketIoModuleOptions,
  SocketIoOptionsFactory,
} from './module-options.js';
export { SocketIoAdapter } from './socket-io.adapter.js';
export { SocketIoModule } from './socket-io.module.js';
