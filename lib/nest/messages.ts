/** The texts of this layer's start-up errors and log lines, in one place so that they keep one style. */
import { inspect } from 'node:util';
import { didYouMean } from '../errors.js';
import { describeValue } from '../options.js';
import { RESERVED_EVENTS } from '../protocol/internal.js';
import { namespacePath } from '../server/internal.js';
import type { NestGatewayMetadata } from './decorators/metadata.js';
import type { EnhancerKind } from './enhancers/enhancer-kind.js';

const ENHANCER: Readonly<Record<EnhancerKind, string>> = {
  guards: 'the guard',
  interceptors: 'the interceptor',
  pipes: 'the pipe',
  filters: 'the exception filter',
};

const CONSEQUENCE: Readonly<Record<EnhancerKind, string>> = {
  guards: 'so the event is denied',
  interceptors: 'so the event fails',
  pipes: 'so the event fails',
  filters: 'so the filter is skipped',
};

/** The decorator to use instead of one that names a reserved event. */
const ALTERNATIVE: Readonly<Record<string, string>> = {
  connect: 'use @OnConnect()',
  disconnect: 'use @OnDisconnect()',
  disconnecting: 'use @OnDisconnect()',
  '*': "use @Event('*')",
};

/** The enhancers and the scope of a gateway. */
interface GatewayDetails {
  readonly enhancers: readonly string[];
  /** The global enhancers by kind, like `guards AuthGuard`. */
  readonly globals: readonly string[];
  readonly perConnection: boolean;
}

/** A gateway whose events have guards. */
export interface GuardedGateway {
  readonly name: string;
  readonly dropIn: boolean;
  /** The names of the guards, if each method with an event has its own and neither class nor application has any. */
  readonly onMethods: readonly string[];
}

export const messages = {
  adminOpen: (path: string) =>
    `the admin page ${path} is open to everybody: give it a guard, admin: { guard: AdminGuard }. ` +
    'In production (NODE_ENV=production) it does not exist without one',

  adminOff: (path: string) =>
    `the admin page ${path} does not exist, because it has no guard and NODE_ENV is production: ` +
    'write admin: { guard: AdminGuard }, or admin: false',

  adminNeedsClient: (path: string) =>
    `the admin page ${path} needs the stock client, which is not installed: npm install socket.io-client`,

  adminCodec: (path: string) =>
    `the admin page ${path} cannot connect to a server with a parser of its own: remove the option parser or json, ` +
    'or write admin: false',

  adminNamespace: (gateway: string) => `${gateway} has it: write admin: { path: '/_other' }`,

  reservedEvent: (event: string, where: string) =>
    `@Event('${event}') on ${where}: the protocol reserves this name, so no client can send such an event: ` +
    `${ALTERNATIVE[event] ?? 'choose another name'} (reserved: ${[...RESERVED_EVENTS].join(', ')})`,

  duplicateHandler: (event: string, namespace: string, first: string, second: string) =>
    `the event "${event}" of ${namespace} must have one handler, got ${first} and ${second}: ` +
    `remove one, or rename its event in @Event('...')`,

  notAGateway: (where: string, type: string) =>
    `${where} is an event or lifecycle handler, but ${type} is not a gateway: put @Gateway() on the class`,

  undecoratedParameter: (where: string, index: number) =>
    `parameter ${index} of ${where} must have a decorator, otherwise it gets no value: ` +
    `add @MessageBody(), @ConnectedSocket(), @Ack(), @Args(${index}) or another parameter decorator`,

  generator: (where: string) =>
    `${where} must be a plain or async method, or an async generator, got a generator: write async *, so that clients ` +
    `get its values as a stream`,

  lifecycleGenerator: (where: string) =>
    `${where} must be a plain or async method, got a generator, which would never run: only @Event() handlers stream ` +
    `values to a client`,

  streamWithAck: (where: string) =>
    `${where} must acknowledge or return a stream, got both, but a stream is acknowledged with its id: remove @Ack()`,

  streamFailed: (where: string) => `the stream of ${where} failed after it had been cancelled`,

  noReason: (where: string) =>
    `@Reason() on ${where} has no value, because only a disconnect has a reason: use it in an @OnDisconnect() ` +
    `or @OnDrop() handler, or remove the parameter`,

  neverReturns: (where: string, kind: 'drop' | 'return') =>
    `${where} has @${kind === 'drop' ? 'OnDrop' : 'OnReturn'}(), which needs connection state recovery, got none, so it ` +
    `never runs: set connectionStateRecovery: {} in SocketIoModule.forRoot()`,

  noPattern: (where: string, type: string) =>
    `@NamespaceParam() on ${where}: the namespace of ${type} has no parameters: ` +
    `add them to its name, like @Gateway('/rooms/:id'), or as named groups of a RegExp`,

  noSuchParam: (where: string, name: string, pattern: string, names: readonly string[]) =>
    `@NamespaceParam('${name}') on ${where}: ${pattern} has no such parameter` +
    (didYouMean(name, names) || (names.length === 0 ? ', and no other' : ` (it has ${names.join(', ')})`)),

  plainBroadcaster: (type: string, namespace: string) =>
    `${type} serves ${namespace}, but the Broadcaster in its constructor sends to /: put ` +
    `@InjectBroadcaster('${namespace}') before that parameter, or @InjectBroadcaster('/') if it should send to /`,

  patternInjected: (what: 'Broadcaster' | 'History', namespace: string) =>
    `the namespace of a ${what} must be a name, got the pattern ${namespace}: inject ${what} and call ` +
    `of('${namespace.replace(/:\w+/g, '7')}') with the name of a namespace`,

  patternPresence: (namespace: string) =>
    `the namespace of a Presence must be a name, got the pattern ${namespace}: use client.nsp.presence in a handler`,

  presenceWithoutBroker: () =>
    'presence is not known to a process with a published emitter: give SocketIoEmitterModule the option "broker" of ' +
    'the servers instead of "emitter"',
  noHistory: (namespace: string) =>
    `the History of ${namespace} needs the option "history": write history: { '${namespace}': {} } in the options of ` +
    'the module',

  unservedHistory: (name: string, served: readonly string[]) =>
    `the option "history" names ${name}, which no gateway serves, so nothing is kept there: correct the name` +
    (didYouMean(namespacePath(name), served) || ` (served: ${served.join(', ')})`),

  unservedPresence: (type: string, namespace: string, served: readonly string[]) =>
    `${type} injects the Presence of ${namespace}, which no gateway serves, so it is always empty: correct ` +
    `the name${didYouMean(namespace, served) || ` (served: ${served.join(', ')})`}`,

  notAStream: (where: string, result: unknown) =>
    `${where} has the option { stream: true }, so it must return an Observable or an async iterable, got ` +
    `${describeValue(result)}: return of(value) for a single value, or remove the option`,

  historyWithoutServer: () =>
    'a History needs a server or the option "broker", and this process has a published emitter: write ' +
    'SocketIoEmitterModule.forRoot({ broker }), or read the history in a process with a server',

  noAck: (where: string) =>
    `@Ack() on ${where} has no value, because a connect or disconnect has no acknowledgement: remove the parameter; ` +
    `to refuse a client, throw ConnectionRefused`,

  subscriptionOutsideGateway: (where: string, type: string) =>
    `${where} has @SubscribeMessage(), but ${type} is not a gateway, so it is never called: put @WebSocketGateway() ` +
    `on the class`,

  unreachableMessage: (where: string, message: unknown) =>
    `${where} has @SubscribeMessage(${inspect(message)}), which no client can send, so it is never called: ` +
    (ALTERNATIVE[String(message)] ?? 'subscribe to a string that is not reserved'),

  subscribedGenerator: (where: string) =>
    `${where} is a generator, so clients get nothing of its values, as with @nestjs/platform-socket.io: return an ` +
    `Observable, or use @Event()`,

  valuelessParameter: (where: string, index: number) =>
    `parameter ${index} of ${where} has no decorator, but others have one, so it is always undefined: ` +
    `add @MessageBody(), @ConnectedSocket() or @Ack()`,

  moduleOptionUsed: (option: string, gateway: string) =>
    `@WebSocketGateway() of ${gateway} and SocketIoModule.forRoot() both set ${option}: the value of forRoot() is used`,

  conflictingOption: (option: string, first: string, second: string) =>
    `@WebSocketGateway() of ${first} and of ${second} set different values of ${option}, but one server serves both: ` +
    `set it in SocketIoModule.forRoot({ ${option} }) and remove it from the gateways`,

  lateEndpoint: (type: string, { port, options: { path } }: NestGatewayMetadata) =>
    `${type} sets ` +
    [port === 0 ? [] : `port ${port}`, path === undefined ? [] : `path ${path}`].flat().join(' and ') +
    `, but its module was loaded after start-up, when ports and paths were fixed: remove them from ` +
    `@WebSocketGateway(), or import the module at start-up`,

  lateOption: (type: string, option: string) =>
    `@WebSocketGateway() of ${type} sets ${option}, but its module was loaded after start-up, so it is ignored: ` +
    `set it in SocketIoModule.forRoot({ ${option} })`,

  decoratorOf: (gateway: string) => `@WebSocketGateway() of ${gateway}`,

  noPolling: (gateway: string) =>
    `@WebSocketGateway() of ${gateway} lists long polling in its transports, but only WebSocket is served: ` +
    `set transports: ['websocket'] here and in the options of its clients`,

  noOldClients: (gateway: string) =>
    `@WebSocketGateway() of ${gateway} sets allowEIO3, but clients of Socket.IO 2 are not served: update them to 3 ` +
    `or later`,

  ignoredOption: (refusal: string) => `${refusal}: it is ignored`,

  cannotListen: (port: number, gateways: readonly string[]) =>
    `cannot listen on port ${port}, set by @WebSocketGateway(${port}) of ${gateways.join(', ')}`,

  otherAdapter: (name: string) =>
    `the WebSocket adapter must be that of SocketIoModule, got ${name} from app.useWebSocketAdapter(), so two ` +
    `servers would serve the clients of the gateways: remove that call, and move the options of ${name} to ` +
    `SocketIoModule.forRoot()`,

  missingModule: (gateway: string, root: string, imported: readonly string[]) => {
    const unserved = `${gateway} has decorators of nest-socketio, but no module serves them`;
    if (imported.includes('SocketIoModule')) {
      return `${unserved}: SocketIoModule is from another copy of nest-socketio. Install it once: npm ls nest-socketio`;
    }
    return imported.includes('SocketIoEmitterModule')
      ? `${unserved}: SocketIoEmitterModule only sends. Import SocketIoModule.forRoot() instead, or remove ${gateway} ` +
          `from the providers`
      : `${unserved}: add SocketIoModule.forRoot() to the imports of ${root}`;
  },

  doubledModule: (importers: readonly string[]) => {
    const [first = 'the root module', second] = importers;
    return (
      `SocketIoModule.forRoot() must be imported once, got it ` +
      (second === undefined ? 'twice' : `in ${importers.join(' and in ')}`) +
      (second === first
        ? `: keep one of them`
        : `: keep it in ${first} and remove it from the imports of ${second ?? 'the other module'}, which ` +
          `gets the same providers without it`)
    );
  },

  plainModule: (importer = 'a module') =>
    `SocketIoModule must be imported with forRoot(), got SocketIoModule alone in the imports of ${importer}: write ` +
    `SocketIoModule.forRoot() there, or remove it if another module has it`,

  patchesUnavailable: () =>
    'handlers are not traced by tools that patch WsContextCreator of @nestjs/websockets, such as @nestjs/observe, ' +
    'because this version of @nestjs/websockets has changed it',

  noHttpServer: () =>
    `this application has no HTTP server, so no client can connect. To serve clients, create it with ` +
    `NestFactory.create(), and add its microservice with connectMicroservice(), or give its Server a port: ` +
    `app.get(Server).listen(3000)`,

  noClients: () =>
    `a Broadcaster or a History was used in an application without an HTTP server, which has no clients. To reach the ` +
    `clients of other servers, connect it to them: SocketIoModule.forRoot({ broker: 'redis://...' }), or with their ` +
    `adapter. In a worker, import SocketIoEmitterModule instead. In a test, connect a TestClient first, or replace the ` +
    `provider: overrideProvider(Broadcaster)`,

  twoBroadcasterModules: () =>
    `an application must import only one of SocketIoModule and SocketIoEmitterModule, because both provide ` +
    `Broadcaster: remove SocketIoEmitterModule, and reach the clients of other servers through ` +
    `SocketIoModule.forRoot({ broker })`,

  brokerAndEmitter: () =>
    `SocketIoEmitterModule needs one of the options "broker" and "emitter", got both: remove "emitter" if the ` +
    `servers have the option "broker"`,

  httpStillOpen: (timeout: number) =>
    `HTTP responses are still open ${timeout} ms (httpShutdownTimeout) after all Socket.IO clients were disconnected, ` +
    `and are now cut off so that the application can close: end streams in beforeApplicationShutdown()`,

  unguardedConnects: ({ name, dropIn, onMethods }: GuardedGateway) =>
    `the guards of ${name} run for its events only, so any client may connect and receive its broadcasts: ` +
    (dropIn
      ? 'check clients in a middleware (server.use() in afterInit())'
      : onMethods.length === 0
        ? 'add @OnConnect() connect() {} to the class, and the guards run for connects too'
        : `add @OnConnect() @UseGuards(${onMethods.join(', ')}) connect() {} to the class`),

  unserializedEvents: (type: string) =>
    `ClassSerializerInterceptor applies to the acknowledgements of ${type}, but not to the events that are emitted: these ` +
    `have all properties of an instance, also those with @Exclude(). Set serialize: instanceToPlain, imported from ` +
    `class-transformer, in SocketIoModule.forRoot(), or serialize: false to send them as they are`,

  connectionHookOverdue: (where: string, timeout: number) =>
    `${where} did not finish within connectTimeout, ${timeout} ms, while events waited for it: the client is disconnected`,

  idleRateLimit: (where: string, what: 'class' | 'method') =>
    what === 'method'
      ? `@RateLimit() on ${where} has no effect, because the method handles no event: put @Event() or @SubscribeMessage() on it, or remove @RateLimit()`
      : `@RateLimit() on ${where} has no effect, because the class is not a gateway: put @Gateway() on it, or remove @RateLimit()`,

  rateLimited: (where: string, client: string, points: number, per: number) =>
    `a client of ${client} exceeded @RateLimit(${points}, { per: ${per} }) of ${where}: its calls are refused`,

  wholeSeconds: (where: string, per: number) =>
    `option "per" of @RateLimit() on ${where} must be a multiple of 1000 ms with the option rateLimiter, got ${per}: ` +
    `stores count in whole seconds`,

  rateLimitStoreFailed: (where: string) =>
    `the store of @RateLimit() of ${where} failed, so each connection is limited alone: check that it is connected`,

  serving: (type: string, namespace: string, handlers: readonly string[]) =>
    `${type} serves ${namespace}: ` +
    (handlers.length === 0 ? 'nothing yet, no method has @Event()' : handlers.join(', ')),

  /** `null` for a gateway without any of these. */
  details: (type: string, { enhancers, globals, perConnection }: GatewayDetails): string | null => {
    const details = [
      ...(enhancers.length > 0 ? [`with ${enhancers.join(', ')}`] : []),
      ...(globals.length > 0 ? [`with the global ${globals.join(', ')}`] : []),
      ...(perConnection ? ['one instance per connection'] : []),
    ];
    return details.length === 0 ? null : `${type} is served ${details.join('; ')}`;
  },

  failed: (where: string, id: string) => `${where} failed; the client got only the id ${id}`,

  enhancerFailed: (kind: EnhancerKind, name: string, event: string) =>
    `${ENHANCER[kind]} ${name} failed on the event ${event}, ${CONSEQUENCE[kind]}. If it is written for HTTP, let it ` +
    `check getType(), which is 'ws' here; if it is global, you can instead set ` +
    `globals: { ${kind}: false } in SocketIoModule.forRoot() (logged once)`,

  filterNotMade: () =>
    'a request-scoped or transient APP_FILTER could not be made when a call failed, so the client is answered without it',

  invalidGlobals: (given: string) =>
    `option "globals" must be true, false, or an object with true or false for guards, pipes, interceptors and ` +
    `filters, got ${given}`,

  noHttpResponse: () => 'a socket has no HTTP response: return or throw the answer instead',

  noSession: () =>
    "session: 'live' finds no session on the request of a client, so its handlers run without one: put " +
    'session({ ... }) of express-session in the option "use", and check that its store is connected (logged once)',

  sessionNotLoaded: () =>
    'could not load the session of a client that is leaving: its disconnect handlers get the session of ' +
    'its previous event',

  storeTimeout: (time: number) => `the session store did not answer within ${time} ms`,

  missingInstance: (type: string) => `a handler of ${type} was called for a client that has no instance of ${type}`,
};
