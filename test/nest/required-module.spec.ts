import { type DynamicModule, Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Broadcaster, Event, Gateway, OnConnect, SocketIoEmitterModule, SocketIoModule } from 'nest-socketio';
import { describe, expect, it } from 'vitest';
import { later, startApp } from '../support/nest-app.js';
import { ask, serve } from '../support/nest-rig.js';

@Gateway()
class Chat {
  @Event()
  say(): string {
    return 'said';
  }
}

@WebSocketGateway()
class Mixed {
  @Event()
  say(): string {
    return 'said';
  }
}

@WebSocketGateway()
class Doors {
  @OnConnect()
  enter(): void {}
}

@WebSocketGateway()
class Old {
  @SubscribeMessage('say')
  say(): string {
    return 'said by Nest';
  }
}

@Module({ providers: [Chat] })
class ChatModule {}

/** Starts an application without the module, with an adapter or with the one that Nest then looks for. */
async function startWithout(metadata: ModuleMetadata, adapter?: typeof IoAdapter) {
  return startApp(metadata, 'Express', (app) => {
    if (adapter !== undefined) app.useWebSocketAdapter(new adapter(app));
  });
}

function missing(gateway: string): object {
  const message =
    `${gateway} has decorators of nest-socketio, but no module serves them: ` +
    'add SocketIoModule.forRoot() to the imports of RootTestModule';
  return { code: 'INVALID_SETUP', message };
}

describe('without SocketIoModule', () => {
  it.each<[string, Type]>([
    ['@Gateway()', Chat],
    ['@Event() in a @WebSocketGateway()', Mixed],
    ['@OnConnect() in a @WebSocketGateway()', Doors],
  ])('an application with %s does not start, whatever adapter it has', async (_what, gateway) => {
    await expect(startWithout({ providers: [gateway] })).rejects.toMatchObject(missing(gateway.name));
    await expect(startWithout({ providers: [gateway] }, IoAdapter)).rejects.toMatchObject(missing(gateway.name));
  });

  it('an application does not start either if the gateway is in another module than the root', async () => {
    await expect(startWithout({ imports: [ChatModule] })).rejects.toMatchObject(missing('Chat'));
  });

  it('an application that only sends is told how to serve', async () => {
    const emitter = { of: () => emitter, to: () => emitter, except: () => emitter, emit: () => true } as never;
    const imports = [SocketIoEmitterModule.forRoot({ emitter })];
    await expect(startWithout({ imports, providers: [Chat] })).rejects.toMatchObject({
      message: expect.stringContaining('SocketIoEmitterModule only sends. Import SocketIoModule.forRoot() instead'),
    });
  });

  it('another copy of the module is recognised by its name', async () => {
    const Copy = class SocketIoModule {};
    Module({})(Copy);
    await expect(startWithout({ imports: [Copy], providers: [Chat] })).rejects.toMatchObject({
      message: expect.stringContaining('another copy of nest-socketio. Install it once: npm ls nest-socketio'),
    });
  });

  it("Nest's own gateways are served as before", async () => {
    const { connect } = await startWithout({ providers: [Old] }, IoAdapter);
    expect(await ask(connect(), 'say')).toEqual(['said by Nest']);
  });

  it('a gateway can be tested alone, since no client can connect', async () => {
    const testing = await Test.createTestingModule({ providers: [Chat] }).compile();
    later(() => testing.close());
    await testing.init();
    expect(testing.get(Chat).say()).toBe('said');
    expect(Object.keys(testing.get(Chat))).toEqual([]);
  });

  it('a gateway can be made without Nest, and with mocks for all that is injected', () => {
    const chat = new Chat();
    for (const property of Object.getOwnPropertySymbols(Chat.prototype)) Reflect.set(chat, property, {});
    expect(chat.say()).toBe('said');
  });
});

describe('with SocketIoModule', () => {
  it.each<[string, (chat: Type) => (DynamicModule | Type)[]]>([
    ['before', (chat) => [SocketIoModule.forRoot({ isGlobal: false }), chat]],
    ['after', (chat) => [chat, SocketIoModule.forRoot({ isGlobal: false })]],
  ])('gateways are served whose module is imported %s it', async (_order, order) => {
    const { app, connect } = await startApp({ imports: order(ChatModule) });
    expect(await ask(connect(), 'say')).toEqual(['said']);
    expect(app.get(Broadcaster)).toBeInstanceOf(Broadcaster);
  });

  it('an application is served although another one of the process lacks the module', async () => {
    const { join } = await serve([Chat]);
    await expect(startWithout({ providers: [Chat] })).rejects.toThrow('no module serves them');
    const later = await serve([Chat]);
    expect(await ask(await join(), 'say')).toEqual(['said']);
    expect(await ask(await later.join(), 'say')).toEqual(['said']);
  });
});
