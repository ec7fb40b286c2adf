/** The texts of this layer's start-up errors and log lines, in one place so that they keep one voice. */
import { RESERVED_EVENTS } from '../protocol/index.js';
import type { EnhancerKind } from './globals.js';

const ENHANCER: Readonly<Record<EnhancerKind, string>> = {
  guards: 'the guard',
  interceptors: 'the interceptor',
  pipes: 'the pipe',
  filters: 'the exception filter',
};

const CONSEQUENCE: Readonly<Record<EnhancerKind, string>> = {
  guards: 'and so denies',
  interceptors: 'and so does the event',
  pipes: 'and so does the event',
  filters: 'and is passed over',
};

const INSTEAD: Readonly<Record<string, string>> = {
  connect: 'use @OnConnect()',
  disconnect: 'use @OnDisconnect()',
  disconnecting: 'use @OnDisconnect()',
};

/** What stands round the handlers of a gateway. */
interface Bound {
  readonly enhancers: readonly string[];
  /** By kind, as `guards AuthGuard`. */
  readonly globals: readonly string[];
  readonly perConnection: boolean;
}

export const messages = {
  reservedEvent: (event: string, where: string) =>
    `@Event('${event}') on ${where}: no client can send an event of that name, the protocol keeps it: ` +
    `${INSTEAD[event] ?? 'choose another name'} (reserved: ${[...RESERVED_EVENTS].join(', ')})`,

  duplicateHandler: (event: string, namespace: string, first: string, second: string) =>
    `the event "${event}" of ${namespace} has two handlers, ${first} and ${second}: ` +
    `remove one, or rename its event in @Event('...')`,

  notAGateway: (where: string, type: string) =>
    `${where} is an event or lifecycle handler, but ${type} is no gateway: put @Gateway() on the class`,

  plainParameter: (where: string, index: number) =>
    `parameter ${index} of ${where} has no decorator, so nothing could be passed for it: ` +
    `add @MessageBody(), @ConnectedSocket(), @Ack(), @Args(${index}) or another parameter decorator`,

  noReason: (where: string) => `@Reason() on ${where}: only an @OnDisconnect() handler has a reason`,

  noAck: (where: string) =>
    `@Ack() on ${where}: connecting and disconnecting are not acknowledged; throw ConnectionRefused to refuse a client`,

  notServed: (where: string) =>
    `${where} has @SubscribeMessage(), which is not served here: replace it by @Event(), whose return value is the acknowledgement`,

  patternGateway: (namespace: string) =>
    `a gateway asks for the namespace ${namespace}: the namespace of a gateway is a string; ` +
    `for a pattern, inject Server and call server.of(pattern)`,

  ownPort: (port: number) =>
    `a gateway asks for port ${port}: gateways are served by the application's own HTTP server, remove the port`,

  otherAdapter: (name: string) =>
    `app.useWebSocketAdapter() has installed ${name} after SocketIoModule installed its own: ` +
    `gateways of this application will not work; remove that call`,

  noHttpServer: () => 'this application has no HTTP server: no client can connect, and a Broadcaster reaches nobody',

  serving: (
    type: string,
    namespace: string,
    parts: readonly string[],
    { enhancers, globals, perConnection }: Bound = { enhancers: [], globals: [], perConnection: false },
  ) =>
    [
      `${type} serves ${namespace}: ${parts.length === 0 ? 'nothing yet, no method has @Event()' : parts.join(', ')}`,
      ...(enhancers.length > 0 ? [`with ${enhancers.join(', ')}`] : []),
      ...(globals.length > 0 ? [`of the application ${globals.join(', ')}`] : []),
      ...(perConnection ? ['one instance per connection'] : []),
    ].join('; '),

  failed: (where: string, id: string) => `${where} failed; the client was told only the id ${id}`,

  enhancerFailed: (kind: EnhancerKind, name: string, event: string) =>
    `${ENHANCER[kind]} ${name} failed on the event ${event}, ${CONSEQUENCE[kind]}; if it is written for HTTP, ` +
    `have it look at getType() first, which is 'ws' here, or set globals: { ${kind}: false } ` +
    `in SocketIoModule.forRoot() if it is one of the application (said once)`,

  invalidGlobals: (given: string) =>
    `globals: ${given}: it is true, false, or an object with true or false for guards, pipes, interceptors and filters`,

  noHttpResponse: () => 'a socket has no HTTP response to send: return or throw the answer instead',

  notPrepared: (type: string) => `${type} was called for a client for which it was not made`,

  initFailed: (type: string) => `${type}.afterInit failed`,
};
