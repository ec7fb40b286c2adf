/** The texts of this layer's start-up errors and log lines, in one place so that they keep one voice. */
import { RESERVED_EVENTS } from '../protocol/index.js';

const INSTEAD: Readonly<Record<string, string>> = {
  connect: 'use @OnConnect()',
  disconnect: 'use @OnDisconnect()',
  disconnecting: 'use @OnDisconnect()',
};

export const messages = {
  reservedEvent: (event: string, where: string) =>
    `@Event('${event}') on ${where}: no client can send an event of that name, the protocol keeps it: ` +
    `${INSTEAD[event] ?? 'choose another name'} (reserved: ${[...RESERVED_EVENTS].join(', ')})`,

  duplicateHandler: (event: string, namespace: string, first: string, second: string) =>
    `the event "${event}" of ${namespace} has two handlers, ${first} and ${second}: ` +
    `remove one, or rename its event in @Event('...')`,

  notAGateway: (where: string, type: string) =>
    `${where} is an event or lifecycle handler, but ${type} is no gateway: put @Gateway() on the class`,

  gatewayInScope: (type: string) =>
    `${type} is request-scoped or transient, or depends on something request-scoped: a gateway serves many clients at once, ` +
    `make it a singleton and keep what belongs to one client in client.data`,

  globalInScope: (kind: string) =>
    `a global ${kind} is request-scoped or transient: it cannot run for the events of a gateway, and leaving it out silently ` +
    `could let in what it is there to keep out; provide it in the default scope`,

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

  serving: (type: string, namespace: string, parts: readonly string[]) =>
    `${type} serves ${namespace}: ${parts.length === 0 ? 'nothing yet, no method has @Event()' : parts.join(', ')}`,

  failed: (where: string, id: string) => `${where} failed; the client was told only the id ${id}`,

  filterFailed: (where: string) =>
    `an exception filter of ${where} failed, perhaps since it was written for HTTP; it is passed over`,
};
