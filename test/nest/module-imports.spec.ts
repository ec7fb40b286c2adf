import { forwardRef, Module } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { Broadcaster, Event, Gateway, SOCKETIO_OPTIONS, SocketIoModule } from 'nest-socketio';
import { describe, expect, it } from 'vitest';
import { startApp } from '../support/nest-app.js';
import { ask } from '../support/nest-rig.js';

@Gateway()
class Chat {
  @Event()
  say(): string {
    return 'said';
  }
}

@Module({ imports: [SocketIoModule.forRoot()], providers: [Chat] })
class ChatModule {}

@Module({ imports: [forwardRef(() => SocketIoModule.forRoot({ path: '/news' }))] })
class NewsModule {}

@Module({})
class DynamicModule {}

describe('SocketIoModule', () => {
  it('must not be imported by two modules: both are named', async () => {
    await expect(startApp({ imports: [ChatModule, NewsModule] })).rejects.toMatchObject({
      code: 'INVALID_SETUP',
      message:
        'SocketIoModule.forRoot() must be imported once, got it in ChatModule and in NewsModule: keep it in ' +
        'ChatModule and remove it from the imports of NewsModule, which gets the same providers without it',
    });
  });

  it('must not be imported twice by one module', async () => {
    await expect(startApp({ imports: [SocketIoModule.forRoot(), SocketIoModule.forRoot()] })).rejects.toMatchObject({
      message:
        'SocketIoModule.forRoot() must be imported once, got it in RootTestModule and in RootTestModule: keep one of them',
    });
  });

  it('must not be imported by a dynamic module too', async () => {
    const dynamic = { module: DynamicModule, imports: [SocketIoModule.forRoot()] };
    await expect(startApp({ imports: [ChatModule, dynamic] })).rejects.toMatchObject({
      message: expect.stringContaining(
        'got it twice: keep it in ChatModule and remove it from the imports of the other',
      ),
    });
  });

  it('must not be loaded later too, which changes nothing for the application', async () => {
    const { app, connect } = await startApp({ imports: [ChatModule] });
    await expect(app.get(LazyModuleLoader).load(() => NewsModule)).rejects.toMatchObject({ code: 'INVALID_SETUP' });
    expect(await ask(connect(), 'say')).toEqual(['said']);
  });

  it('is one module however many import what one call of forRoot() returned', async () => {
    const socketIo = SocketIoModule.forRoot();
    @Module({ imports: [socketIo], exports: [socketIo] })
    class SharedModule {}
    const { app, connect } = await startApp({ imports: [SharedModule, socketIo], providers: [Chat] });
    expect(await ask(connect(), 'say')).toEqual(['said']);
    expect(app.get(Broadcaster)).toBeInstanceOf(Broadcaster);
  });

  it('must be imported with forRoot()', async () => {
    @Module({ imports: [SocketIoModule] })
    class PlainModule {}
    await expect(startApp({ imports: [PlainModule] })).rejects.toMatchObject({
      code: 'INVALID_SETUP',
      message:
        'SocketIoModule must be imported with forRoot(), got SocketIoModule alone in the imports of PlainModule: ' +
        'write SocketIoModule.forRoot() there, or remove it if another module has it',
    });
  });

  it('provides its options to other providers', async () => {
    const options = { path: '/live' };
    const { app } = await startApp({ imports: [SocketIoModule.forRoot(options)] });
    expect(app.get(SOCKETIO_OPTIONS)).toEqual(options);
  });
});
