/** The texts of this layer's start-up errors and log lines, in one place so that they keep one voice. */
import { inspect } from 'node:util';
import { didYouMean } from '../errors.js';
import { RESERVED_EVENTS } from '../protocol/index.js';
import type { EnhancerKind } from './enhancers/globals.js';
import type { NestGatewayMetadata } from './decorators/metadata.js';

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
  '*': "use @Event('*')",
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

  noPattern: (where: string, type: string) =>
    `@NamespaceParam() on ${where}: the namespace of ${type} has no parameters; ` +
    `write them in its name, as @Gateway('/rooms/:id'), or as named groups of a RegExp`,

  noSuchParam: (where: string, name: string, pattern: string, names: readonly string[]) =>
    `@NamespaceParam('${name}') on ${where}: ${pattern} has no such parameter` +
    (didYouMean(name, names) || (names.length === 0 ? ', it has none' : ` (it has ${names.join(', ')})`)),

  plainBroadcaster: (type: string, namespace: string) =>
    `${type} serves ${namespace}, but the Broadcaster in its constructor is that of /: put @InjectBroadcaster('${namespace}') ` +
    `before that parameter, or @InjectBroadcaster('/') if clients of / are meant`,

  patternBroadcaster: (namespace: string) =>
    `a Broadcaster sends to one namespace, and ${namespace} is a pattern: inject Broadcaster and call ` +
    `of('${namespace.replace(/:\w+/g, '7')}') with the name of one`,

  noAck: (where: string) =>
    `@Ack() on ${where}: connecting and disconnecting are not acknowledged; throw ConnectionRefused to refuse a client`,

  strayMessage: (where: string, type: string) =>
    `${where} has @SubscribeMessage(), but ${type} is no gateway, so it is never called: put @WebSocketGateway() on the class`,

  neverHeard: (where: string, message: unknown) =>
    `${where} has @SubscribeMessage(${inspect(message)}), which no client can send, so it is never called: ` +
    (INSTEAD[String(message)] ?? 'subscribe to a string that is not reserved'),

  unfilledParameter: (where: string, index: number) =>
    `parameter ${index} of ${where} has no decorator while others have one: it is always undefined; ` +
    `add @MessageBody(), @ConnectedSocket() or @Ack()`,

  moduleWins: (option: string, gateway: string) =>
    `@WebSocketGateway() of ${gateway} sets ${option}, and so does SocketIoModule.forRoot(): that of forRoot() holds`,

  contradiction: (option: string, first: string, second: string) =>
    `@WebSocketGateway() of ${first} and of ${second} set different values of ${option}, but one server serves both: ` +
    `set it in SocketIoModule.forRoot({ ${option} }) and remove it from the gateways`,

  latePlace: (type: string, { port, options: { path } }: NestGatewayMetadata) =>
    `${type} asks for ${[port === 0 ? [] : `port ${port}`, path === undefined ? [] : `path ${path}`].flat().join(' and ')}, ` +
    `but its module was loaded after the start, when ports and paths were settled: remove that from @WebSocketGateway(), ` +
    `or import the module in one that is there from the start`,

  lateOption: (type: string, option: string) =>
    `@WebSocketGateway() of ${type} sets ${option}, but its module was loaded after the start: it is left out; ` +
    `set it in SocketIoModule.forRoot({ ${option} })`,

  decoratorOf: (gateway: string) => `@WebSocketGateway() of ${gateway}`,

  noPolling: (gateway: string) =>
    `@WebSocketGateway() of ${gateway} asks for long polling in its transports, but only WebSocket is served: ` +
    `set transports: ['websocket'] here and in the options of its clients`,

  noOldClients: (gateway: string) =>
    `@WebSocketGateway() of ${gateway} sets allowEIO3, but clients of Socket.IO 2 are not served: update them to 3 or later`,

  withoutEffect: (refusal: string) => `${refusal}; it is left out`,

  portTaken: (port: number, gateways: readonly string[]) =>
    `cannot listen on port ${port}, which @WebSocketGateway(${port}) of ${gateways.join(', ')} asks for`,

  otherAdapter: (name: string) =>
    `app.useWebSocketAdapter() has installed ${name} over the adapter of SocketIoModule, so two servers would answer the ` +
    `clients of the gateways: remove that call, and what ${name} was there for goes into SocketIoModule.forRoot()`,

  noHttpServer: () =>
    `this application has no HTTP server: no client can connect. To serve clients, make it with NestFactory.create() ` +
    `(and connectMicroservice() for what else it is), or give its Server a port: app.get(Server).listen(3000)`,

  nobodyHere: () =>
    `a Broadcaster was used in an application without an HTTP server, where no client can be. To reach the clients of ` +
    `other servers, it needs the message queue that they share: SocketIoModule.forRoot({ adapter }), as with createAdapter() ` +
    `of @socket.io/redis-adapter. Where none will ever be, as in a worker, import SocketIoEmitterModule instead. In a test, replace it: overrideProvider(Broadcaster)`,

  twoBroadcasterModules: () =>
    `SocketIoEmitterModule stands beside SocketIoModule, and a Broadcaster cannot be of both: remove SocketIoEmitterModule, ` +
    `the Broadcaster of a server reaches the other servers by SocketIoModule.forRoot({ adapter })`,

  httpStillOpen: (timeout: number) =>
    `HTTP responses are still open ${timeout} ms (shutdownTimeout) after all clients of Socket.IO were ended: they are cut off, ` +
    `so that the application can end; end streams in beforeApplicationShutdown()`,

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

  noSession: () =>
    "session: 'live' finds no session on the request of a client, so its handlers run without: put session({ ... }) " +
    'of express-session into the option use, and see that its store is connected (said once)',

  sessionUnread: () => 'the session of a client that leaves could not be loaded: its handlers get the one before',

  storeSilent: (time: number) => `the session store did not answer within ${time} ms`,

  notPrepared: (type: string) => `${type} was called for a client for which it was not made`,
};
