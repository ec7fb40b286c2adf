import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ConnectedSocket } from '@nestjs/websockets';
import {
  Args,
  Broadcaster,
  Event,
  Gateway,
  getHistoryToken,
  History,
  InjectHistory,
  memoryBroker,
  OnConnect,
  type Socket,
  SocketIoEmitterModule,
  SocketIoModule,
} from 'nest-socketio';
import { afterEach, describe, expect, it } from 'vitest';
import { cleanUp } from '../../support/engine-clean-up.js';
import { ask, SOON } from '../../support/events.js';
import { startApp } from '../../support/nest-app.js';

afterEach(cleanUp);

@Gateway('/chat')
class Chat {
  @OnConnect()
  enter(@ConnectedSocket() client: Socket): void {
    void client.join('den', { rewind: 2 });
  }

  @Event()
  say(@ConnectedSocket() client: Socket, @Args() [text]: [string]): void {
    client.to('den').emit('said', text);
  }
}

@Injectable()
class Archive {
  constructor(
    @InjectHistory('/chat') readonly chat: History,
    @InjectHistory() readonly root: History,
  ) {}
}

const texts = async (history: History): Promise<unknown[]> =>
  (await history.read('den')).map(({ event, args }) => [event].concat(args as string[]));

describe('History', () => {
  it('is injected, and has what the clients of a gateway have said', async () => {
    const { app, connect } = await startApp({
      imports: [SocketIoModule.forRoot({ history: { '/chat': { size: 10 } } })],
      providers: [Chat, Archive],
    });
    const { chat, root } = app.get(Archive);
    expect([chat.namespace, root.namespace, root.of('chat').namespace]).toEqual(['/chat', '/', '/chat']);
    expect(app.get(getHistoryToken('chat'))).toBe(chat);
    expect(app.get(History)).toBe(root);
    const ann = connect('/chat');
    for (const text of ['one', 'two', 'three']) await ask(ann, 'say', text);
    const heard: unknown[] = [];
    connect('/chat').on('said', (text) => heard.push(text));
    await expect.poll(() => heard, SOON).toEqual(['two', 'three']);
    expect(await texts(chat)).toEqual([
      ['said', 'one'],
      ['said', 'two'],
      ['said', 'three'],
    ]);
    await chat.clear('den');
    expect(await texts(chat)).toEqual([]);
    await expect(root.read('den')).rejects.toThrow(
      'the History of / needs the option "history": write history: { \'/\': {} } in the options of the module',
    );
  });

  it('is not of a pattern', () => {
    expect(() => InjectHistory('/rooms/:id')).toThrow(
      "the namespace of a History must be a name, got the pattern /rooms/:id: inject History and call of('/rooms/7')",
    );
  });

  it('has what a worker has sent, and a worker reads it', async () => {
    const broker = memoryBroker();
    const history = { '/chat': {} };

    @Module({ imports: [SocketIoEmitterModule.forRoot({ broker, history })] })
    class Worker {}

    const worker = await NestFactory.createApplicationContext(Worker, { logger: false });
    worker.get(Broadcaster).of('/chat').to('den').emit('said', 'by a worker');
    expect(await texts(worker.get(History).of('/chat'))).toEqual([['said', 'by a worker']]);
    await worker.close();
    const { app, connect } = await startApp({
      imports: [SocketIoModule.forRoot({ broker, history })],
      providers: [Chat],
    });
    const heard: unknown[] = [];
    connect('/chat').on('said', (text) => heard.push(text));
    await expect.poll(() => heard, SOON).toEqual(['by a worker']);
    expect(await texts(app.get(History).of('chat'))).toEqual([['said', 'by a worker']]);
  });

  it('is not available with a published emitter', async () => {
    const emitter = { of: () => emitter, to: () => emitter, except: () => emitter, emit: () => true };

    @Module({ imports: [SocketIoEmitterModule.forRoot({ emitter: emitter as never })] })
    class Worker {}

    const worker = await NestFactory.createApplicationContext(Worker, { logger: false });
    await expect(worker.get(History).read('den')).rejects.toMatchObject({ code: 'EMIT_ONLY' });
    await worker.close();
  });
});
