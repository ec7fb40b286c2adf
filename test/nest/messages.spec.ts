import { describe, expect, it } from 'vitest';
import { messages } from '../../lib/nest/messages.js';
import { RESERVED_EVENTS } from '../../lib/protocol/internal.js';

describe('messages', () => {
  it.each([
    ['connect', 'use @OnConnect()'],
    ['disconnect', 'use @OnDisconnect()'],
    ['disconnecting', 'use @OnDisconnect()'],
    ['connect_error', 'choose another name'],
    ['newListener', 'choose another name'],
    ['removeListener', 'choose another name'],
  ])('say what to do instead of @Event(%j): %s', (event, hint) => {
    expect(messages.reservedEvent(event, 'Chat.enter')).toBe(
      `@Event('${event}') on Chat.enter: the protocol reserves this name, so no client can send such an event: ${hint} ` +
        '(reserved: connect, connect_error, disconnect, disconnecting, newListener, removeListener)',
    );
  });

  it('have a hint for every reserved name', () => {
    for (const event of RESERVED_EVENTS) {
      expect(messages.reservedEvent(event, 'Chat.enter')).toMatch(/use @On\w+\(\)|choose another name/);
    }
  });

  it('name both handlers of an event', () => {
    expect(messages.duplicateHandler('say', '/chat', 'A.say', 'B.talk')).toBe(
      'the event "say" of /chat must have one handler, got A.say and B.talk: ' +
        "remove one, or rename its event in @Event('...')",
    );
  });

  it.each([
    [messages.notAGateway('Chat.say', 'Chat'), ['Chat.say', 'Chat is not a gateway', '@Gateway()']],
    [messages.undecoratedParameter('Chat.say', 1), ['parameter 1 of Chat.say', '@MessageBody()', '@Args(1)']],
    [messages.noPattern('Chat.say', 'Chat'), ['@NamespaceParam() on Chat.say', 'Chat', "@Gateway('/rooms/:id')"]],
    [messages.noSuchParam('Chat.say', 'ide', '/a/:id', ['id']), ["'ide'", '/a/:id', 'did you mean "id"?']],
    [messages.noSuchParam('Chat.say', 'name', '/a/:id', ['id']), ['no such parameter (it has id)']],
    [messages.noSuchParam('Chat.say', 'name', '/a/', []), ['no such parameter, and no other']],
    [messages.plainBroadcaster('Chat', '/chat'), ['Chat serves /chat', "@InjectBroadcaster('/chat')", "('/') if"]],
    [messages.httpStillOpen(7), ['7 ms (httpShutdownTimeout)', 'cut off', 'beforeApplicationShutdown()']],
    [
      messages.noClients(),
      ["SocketIoModule.forRoot({ broker: 'redis://...' })", 'SocketIoEmitterModule', 'overrideProvider(Broadcaster)'],
    ],
    [messages.twoBroadcasterModules(), ['remove SocketIoEmitterModule', 'SocketIoModule.forRoot({ broker })']],
    [messages.brokerAndEmitter(), ['options "broker" and "emitter", got both', 'remove "emitter"']],
    [messages.noAck('Chat.enter'), ['@Ack() on Chat.enter', 'ConnectionRefused']],
    [messages.noReason('Chat.say'), ['@Reason() on Chat.say', '@OnDisconnect() or @OnDrop()']],
    [messages.neverReturns('Chat.drop', 'drop'), ['Chat.drop has @OnDrop()', 'connectionStateRecovery: {}']],
    [messages.neverReturns('Chat.back', 'return'), ['Chat.back has @OnReturn()', 'connectionStateRecovery: {}']],
    [
      messages.subscriptionOutsideGateway('Chat.say', 'Chat'),
      ['Chat.say has @SubscribeMessage()', '@WebSocketGateway() on the class'],
    ],
    [messages.unreachableMessage('Chat.say', 'disconnect'), ["@SubscribeMessage('disconnect')", 'use @OnDisconnect()']],
    [messages.unreachableMessage('Chat.say', { a: 1 }), ['@SubscribeMessage({ a: 1 })', 'subscribe to a string']],
    [messages.valuelessParameter('Chat.say', 1), ['parameter 1 of Chat.say', '@ConnectedSocket()']],
    [
      messages.moduleOptionUsed('cors', 'Chat'),
      ['of Chat and SocketIoModule.forRoot() both set cors', 'of forRoot() is used'],
    ],
    [messages.conflictingOption('cors', 'Chat', 'News'), ['of Chat and of News', 'forRoot({ cors })']],
    [messages.noPolling('Chat'), ['of Chat lists long polling', "transports: ['websocket']"]],
    [messages.noOldClients('Chat'), ['Chat sets allowEIO3', 'update them']],
    [messages.cannotListen(8080, ['Chat', 'News']), ['port 8080', '@WebSocketGateway(8080) of Chat, News']],
    [messages.otherAdapter('IoAdapter'), ['got IoAdapter from app.useWebSocketAdapter()', 'remove that call']],
    [messages.noHttpServer(), ['no HTTP server', 'NestFactory.create()', 'connectMicroservice()', '.listen(']],
    [messages.failed('Chat.say', 'x1'), ['Chat.say failed', 'x1']],
    [
      messages.enhancerFailed('filters', 'HttpFilter', '"say"'),
      ['the exception filter HttpFilter', '"say"', 'skipped', 'globals: { filters: false }'],
    ],
    [
      messages.enhancerFailed('guards', 'ApiGuard', '"say"'),
      ['the guard ApiGuard', 'denied', 'globals: { guards: false }'],
    ],
    [messages.invalidGlobals('7'), ['option "globals" must be', 'true, false', 'got 7']],
    [messages.noHttpResponse(), ['no HTTP response', 'return or throw']],
    [messages.missingInstance('Chat'), ['Chat']],
  ])('say what happened and what to do: %s', (message, parts) => {
    for (const part of parts) expect(message).toContain(part);
  });

  it('list what a gateway serves', () => {
    expect(messages.serving('Chat', '/chat', ['"say"', 'connect'])).toBe('Chat serves /chat: "say", connect');
    expect(messages.serving('Chat', '/', [])).toBe('Chat serves /: nothing yet, no method has @Event()');
    expect(
      messages.details('Chat', {
        enhancers: ['RolesGuard', 'an object'],
        globals: ['guards AuthGuard', 'filters AllFilter (switched off)'],
        perConnection: true,
      }),
    ).toBe(
      'Chat is served with RolesGuard, an object; ' +
        'with the global guards AuthGuard, filters AllFilter (switched off); one instance per connection',
    );
    expect(messages.details('Chat', { enhancers: [], globals: [], perConnection: false })).toBeNull();
  });
});
