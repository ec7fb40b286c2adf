/** An application without a server emits to the clients of another application, through Redis. */
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createAdapter } from '@socket.io/redis-adapter';
import { Emitter } from '@socket.io/redis-emitter';
import { Redis as IoRedis } from 'ioredis';
import { Broadcaster, Gateway, InjectBroadcaster, Server, SocketIoEmitterModule, SocketIoModule } from 'nest-socketio';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SOON } from '../support/events.js';
import { later, next, startApp } from '../support/nest-app.js';
import { type Redis, startRedis } from '../support/redis.js';
import { describeWith } from '../support/requires.js';

@Gateway('/chat')
class ChatGateway {}

@Injectable()
class Reporter {
  constructor(@InjectBroadcaster('/chat') readonly chat: Broadcaster) {}
}

describeWith('redis-server', 'a worker', () => {
  let redis: Redis;

  beforeAll(async () => {
    redis = await startRedis();
  });

  afterAll(() => redis.stop());

  function client(): IoRedis {
    const made = new IoRedis({ host: '127.0.0.1', port: redis.port });
    later(() => made.quit());
    return made;
  }

  it('reaches the clients of a server', async () => {
    const { app, connect } = await startApp({
      imports: [SocketIoModule.forRoot({ adapter: createAdapter(client(), client()) })],
      providers: [ChatGateway],
    });
    const chat = app.get(Server).of('/chat');
    const [ann, bob] = [connect('/chat'), connect('/chat')];
    await Promise.all([next(ann, 'connect'), next(bob, 'connect')]);
    await expect.poll(() => chat.adapter.serverCount(), SOON).toBe(1); // it receives its own message
    const told = new Promise((resolve) => chat.on('tick', (...args: unknown[]) => resolve(args)));

    @Module({
      imports: [SocketIoEmitterModule.forRootAsync({ useFactory: () => ({ emitter: new Emitter(client()) }) })],
      providers: [Reporter],
    })
    class WorkerModule {}
    const worker = await NestFactory.createApplicationContext(WorkerModule, { logger: false });
    later(() => worker.close());
    const reporter = worker.get(Reporter);

    reporter.chat.in(ann.id as string).socketsJoin('den');
    await expect.poll(() => chat.adapter.rooms.get('den')?.size, SOON).toBe(1);
    const heard = Promise.all([next(ann, 'said'), next(bob, 'said')]);
    reporter.chat.to('den').emit('said', { data: Buffer.from([1, 2]) });
    reporter.chat.except('den').volatile.emit('said', 'to the others');
    expect(await heard).toEqual([[{ data: Buffer.from([1, 2]) }], ['to the others']]);
    reporter.chat.serverSideEmit('tick', 1);
    expect(await told).toEqual([1]);
    const gone = next(ann, 'disconnect');
    reporter.chat.in('den').disconnectSockets();
    expect((await gone)[0]).toBe('io server disconnect');
  });
});
