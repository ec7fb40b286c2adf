/** The examples of docs/broadcasting.md work as the page says. */
import type { INestApplication } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { Broadcaster, getBroadcasterToken, SocketIoModule } from 'nest-socketio';
import { TestClient } from 'nest-socketio/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { BroadcastOperator } from '../../lib/server/internal.js';
import { Examples } from '../support/examples.js';
import { ask, serveInMemory } from '../support/memory-app.js';
import { later, startApp } from '../support/nest-app.js';

const examples = new Examples('docs/broadcasting.md');

interface News {
  publish(topic: string, title: string): void;
  count(topic: string): Promise<number>;
}

interface Poll {
  ask(question: string): Promise<unknown[]>;
  nameOf(id: string): Promise<unknown>;
}

const gateway = () => examples.load<'NewsGateway'>('news.gateway');

describe('broadcasting.md', () => {
  beforeAll(() => examples.compile());

  it('shows a provider that sends', async () => {
    const [{ NewsService }, { NewsGateway }] = [await examples.load<'NewsService'>('news.service'), await gateway()];
    const { app, connect } = await serveInMemory([NewsService, NewsGateway]);
    const [reader, other, guest] = [await connect('/news'), await connect('/news'), await connect('/')];
    await ask(reader, 'subscribe', 'trees');
    const news = app.get<News>(NewsService);
    news.publish('trees', 'They grow');
    expect(await reader.next('news')).toEqual(['They grow']);
    expect(await guest.next('headline')).toEqual(['They grow']);
    await other.settled();
    expect(other.received()).toEqual([]);
    expect(await news.count('trees')).toBe(1);
    await ask(reader, 'unsubscribe', 'trees');
    expect(await news.count('trees')).toBe(0);
  });

  it('shows broadcasts with and without the sender', async () => {
    const { NewsGateway } = await gateway();
    const { connect } = await serveInMemory([NewsGateway]);
    const [ada, ben] = [await connect('/news'), await connect('/news')];
    await ask(ada, 'comment', 'well');
    await ask(ada, 'shout', 'hey');
    await ask(ada, 'applaud');
    await ben.settled();
    expect(ada.received()).toEqual([['applause']]);
    expect(ben.received()).toEqual([['comment', 'well'], ['shout', 'hey'], ['applause']]);
  });

  it('sends to no client for an empty list, once per client for two rooms, and to all without a room', async () => {
    const { NewsGateway } = await gateway();
    const { app, connect } = await serveInMemory([NewsGateway]);
    const client = await connect('/news');
    client.socket.join(['a', 'b']);
    const readers = app.get(Broadcaster).of('/news');
    readers.to([]).emit('nobody');
    readers.to('nowhere').emit('nobody');
    readers.to('a').to('b').emit('once');
    readers.except('a').emit('nobody');
    readers.emit('everybody');
    await client.settled();
    expect(client.received()).toEqual([['once'], ['everybody']]);
  });

  it('shows acknowledgements of all clients and of one', async () => {
    const { PollService } = await examples.load<'PollService'>('poll.service');
    const { NewsGateway } = await gateway();
    const { app, connect } = await serveInMemory([PollService, NewsGateway]);
    const poll = app.get<Poll>(PollService);
    const [ada, ben] = [await connect(), await connect()];
    ada.answer('ask', () => 'yes');
    ben.answer('ask', () => 'no');
    ben.answer('name?', () => 'Ben');
    expect(new Set(await poll.ask('well?'))).toEqual(new Set(['no', 'yes']));
    expect(await poll.nameOf(ben.id)).toBe('Ben');
    await expect(poll.nameOf('nobody')).rejects.toMatchObject({ code: 'NOT_ONE_RECEIVER' });
    const asked = poll.ask('and now?');
    await ada.terminate();
    expect(await asked).toContain('no');
  });

  it('shows a controller that sends', async () => {
    const [{ TopicsController }, { NewsGateway }] = [
      await examples.load<'TopicsController'>('publish.controller'),
      await gateway(),
    ];
    const { app, url } = await startApp({
      imports: [SocketIoModule.forRoot()],
      providers: [NewsGateway],
      controllers: [TopicsController],
    });
    const reader = await TestClient.connect(app, '/news');
    await ask(reader, 'subscribe', 'trees');
    const headers = { 'content-type': 'application/json' };
    await fetch(`${url}/topics/trees`, { method: 'POST', headers, body: JSON.stringify({ title: 'They grow' }) });
    expect(await reader.next('news')).toEqual(['They grow']);
    await fetch(`${url}/topics/trees`, { method: 'DELETE' });
    expect(await reader.next('closed')).toEqual(['trees']);
    expect(reader.socket.rooms).toEqual(new Set([reader.id]));
  });

  it('reaches no client before the application starts and after it closes, without an error', async () => {
    const { NewsService } = await examples.load<'NewsService'>('news.service');
    const metadata = { imports: [SocketIoModule.forRoot()], providers: [NewsService] };
    const testing = await Test.createTestingModule(metadata).compile();
    const app: INestApplication = testing.createNestApplication(new ExpressAdapter(), { logger: false });
    later(() => app.close());
    app.get<News>(NewsService).publish('trees', 'too early');
    await app.listen(0, '127.0.0.1');
    await app.close();
    app.get<News>(NewsService).publish('trees', 'too late');
  });

  it('lets a test replace the Broadcaster', async () => {
    const { NewsService } = await examples.load<'NewsService'>('news.service');
    const sent: unknown[] = [];
    const fake = { to: () => fake, emit: (...event: unknown[]) => sent.push(event) };
    const app = await Test.createTestingModule({ imports: [SocketIoModule.forRoot()], providers: [NewsService] })
      .overrideProvider(Broadcaster)
      .useValue(fake)
      .overrideProvider(getBroadcasterToken('/news'))
      .useValue(fake)
      .compile();
    app.get<News>(NewsService).publish('trees', 'They grow');
    expect(sent).toEqual([
      ['news', 'They grow'],
      ['headline', 'They grow'],
    ]);
  });

  it('lists every method of the chain', () => {
    const cells = examples.text.match(/^\| `.*?(?= \|)/gm) ?? [];
    const listed = new Set(cells.join().match(/(?<=`)[a-z]\w*(?=[(`])/gi));
    const chain = Object.getOwnPropertyNames(Object.getPrototypeOf(BroadcastOperator.prototype) as object);
    const inner = new Set(['constructor', 'target', ...listed]);
    expect(chain.filter((name) => !inner.has(name))).toEqual([]);
  });

  it('leaves out what a class excludes', async () => {
    const { UsersModule, User } = await examples.load<'UsersModule' | 'User'>('users.module');
    const { app, connect } = await startApp({ imports: [UsersModule] });
    const client = connect();
    const heard = new Promise((resolve) => client.on('joined', resolve));
    client.on('connect', () => app.get(Broadcaster).emit('joined', new User()));
    expect(await heard).toEqual({ name: 'Ann' });
  });
});
