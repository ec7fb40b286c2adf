/** The stock `socket.io-client` in Node, connected to an application of ours. */
import type { Socket as NetSocket } from 'node:net';
import { io, type Socket } from 'socket.io-client';
import { Server } from 'nest-socketio';
import { describe, expect, it } from 'vitest';
import { ChatGateway, startClientApp } from '../../support/client-app.js';
import { later, next, PLATFORMS, type RunningApp } from '../../support/nest-app.js';

/** The client's error for a refused request. */
interface PollingError extends Error {
  readonly description: number;
  readonly context: { readonly responseText: string };
}

/** @returns a value nested in objects and arrays, alternating */
function bury(value: unknown, depth: number): unknown {
  return depth === 0 ? value : bury(depth % 2 === 0 ? [value, depth] : { value, depth }, depth - 1);
}

/** Records every event that a client receives from now on. */
function watch(client: Socket): unknown[][] {
  const seen: unknown[][] = [];
  client.onAny((...event: unknown[]) => seen.push(event));
  return seen;
}

/** Connects a client to `/chat` and lets it join a room. */
async function enter(running: RunningApp, name: string, room: string): Promise<Socket> {
  const client = running.connect('/chat', { auth: { name } });
  expect(await client.emitWithAck('join', room)).toBe(2);
  return client;
}

describe.each(PLATFORMS)('the stock client on %s', (platform) => {
  it('joins two namespaces over one connection', async () => {
    const running = await startClientApp(platform);
    const root = running.connect('/', { forceNew: false });
    const chat = running.connect('/chat', { forceNew: false, auth: { name: 'ada' } });
    const welcome = next(chat, 'welcome');
    await Promise.all([next(root, 'connect'), next(chat, 'connect')]);

    expect(chat.io).toBe(root.io);
    expect(chat.id).not.toBe(root.id);
    expect(running.app.get(Server).engine.clientsCount).toBe(1);
    expect(await welcome).toEqual(['ada']);
    expect(await root.emitWithAck('echo', 'in /')).toBe('in /');
    expect(await chat.emitWithAck('join', 'den')).toBe(2);
  });

  it.each([
    ['guest', 'Forbidden resource', { code: 'forbidden', status: 403 }],
    ['banned', 'you are banned', { until: ['Friday', null] }],
  ])(
    'is refused by a guard as %s, with message and data, and keeps its other namespace',
    async (name, message, data) => {
      const running = await startClientApp(platform);
      const root = running.connect('/', { forceNew: false });
      const chat = running.connect('/chat', { forceNew: false, auth: { name } });
      const [error] = (await next(chat, 'connect_error')) as [Error & { data: unknown }];

      expect([error.message, error.data]).toEqual([message, data]);
      expect(chat.connected).toBe(false);
      expect(await root.emitWithAck('echo', 'still here')).toBe('still here');
    },
  );

  it('is refused by a namespace that no gateway serves', async () => {
    const running = await startClientApp(platform);
    const [error] = (await next(running.connect('/nowhere'), 'connect_error')) as [Error];
    expect(error.message).toBe('Invalid namespace');
  });

  it('gets its text back, in any language and of any length', async () => {
    const running = await startClientApp(platform);
    const client = running.connect();
    for (const text of ['', 'Ünïcode 😀', '"\\\u2028\u0000', 'x'.repeat(500_000)]) {
      expect(await client.emitWithAck('echo', text)).toBe(text);
    }
  });

  it('exchanges binary data at any depth, in events and acknowledgements', async () => {
    const running = await startClientApp(platform);
    const client = running.connect();
    const body = { shallow: Buffer.from([0, 255]), empty: Buffer.alloc(0), deep: bury(Buffer.from('deep'), 30) };
    const mirrored = next(client, 'mirrored');
    client.emit('mirror', body);

    expect(await client.emitWithAck('echo', body)).toEqual(body);
    expect(await mirrored).toEqual([body, { copy: body }]);
    const views = { blob: Uint8Array.of(0, 1), list: [new ArrayBuffer(2), { deep: [Buffer.from([2])] }] };
    expect(await client.emitWithAck('inspect', views)).toEqual([
      [true, '0001'],
      [true, '0000'],
      [true, '02'],
    ]);
  });

  it('gets as many acknowledgement arguments as the handler gives', async () => {
    const running = await startClientApp(platform);
    const client = running.connect();
    const ask = (...args: unknown[]): Promise<unknown[]> =>
      new Promise((resolve) => {
        client.emit('echo', ...args, (...answer: unknown[]) => resolve(answer));
      });
    expect(await ask()).toEqual([]);
    expect(await ask(1, [2, [3]], { four: 4 })).toEqual([1, [2, [3]], { four: 4 }]);
  });

  it('acknowledges an event of the server, with binary data', async () => {
    const running = await startClientApp(platform);
    const client = running.connect('/chat', { auth: { name: 'ada' } });
    client.on('question', (question: unknown, ack: (...args: unknown[]) => void) => {
      ack({ echo: question, proof: [Buffer.from([0, 128])] }, 'second');
    });
    expect(await client.emitWithAck('survey', 'what?', Buffer.from([255]))).toEqual({
      echo: ['what?', Buffer.from([255])],
      proof: [Buffer.from([0, 128])],
    });
  });

  it('gets the broadcasts to its rooms, unless they exclude it', async () => {
    const running = await startClientApp(platform);
    const ada = await enter(running, 'ada', 'den');
    const ben = await enter(running, 'ben', 'den');
    const eve = await enter(running, 'eve', 'elsewhere');
    const [adaSaw, benSaw, eveSaw] = [watch(ada), watch(ben), watch(eve)];

    await ada.emitWithAck('say', 'den', 'not to myself');
    await ada.emitWithAck('tell', ['den', 'elsewhere'], 'to all of us');
    await ada.emitWithAck('tell', [], 'to nobody');
    expect(await ben.emitWithAck('leave', 'den')).toBe(1);
    await eve.emitWithAck('tell', 'den', 'to who is left');
    const announced = Promise.all([ada, ben, eve].map((client) => next(client, 'announced')));
    ada.emit('announce', Buffer.from([1, 2]));
    await announced;

    const data = Buffer.from([1, 2]);
    expect(adaSaw).toEqual([
      ['told', 'to all of us'],
      ['told', 'to who is left'],
      ['announced', { data }],
    ]);
    expect(benSaw).toEqual([
      ['said', 'not to myself'],
      ['told', 'to all of us'],
      ['announced', { data }],
    ]);
    expect(eveSaw).toEqual([
      ['told', 'to all of us'],
      ['announced', { data }],
    ]);
  });

  it('is disconnected by the server, from one namespace and from all', async () => {
    const running = await startClientApp(platform);
    const root = running.connect('/', { forceNew: false });
    const chat = running.connect('/chat', { forceNew: false, auth: { name: 'ada' } });
    await Promise.all([next(root, 'connect'), next(chat, 'connect')]);

    const leftChat = next(chat, 'disconnect');
    chat.emit('leaveChat');
    expect((await leftChat)[0]).toBe('io server disconnect');
    expect(running.app.get(ChatGateway).left).toEqual([['ada', 'server namespace disconnect']]);
    expect(await root.emitWithAck('echo', 'only the chat is over')).toBe('only the chat is over');

    const leftAll = next(root, 'disconnect');
    root.emit('leaveAll');
    expect((await leftAll)[0]).toBe('io server disconnect');
    await expect.poll(() => running.app.get(Server).engine.clientsCount, { timeout: 10_000 }).toBe(0);
  });

  it('reconnects after it loses its connection, and sends the events it buffered', async () => {
    const running = await startClientApp(platform);
    const connections: NetSocket[] = [];
    running.app.getHttpServer().on('connection', (socket: NetSocket) => connections.push(socket));
    const client = running.connect('/chat', { auth: { name: 'ada' }, reconnection: true, reconnectionDelay: 1 });
    await next(client, 'connect');
    const { id } = client;

    const lost = next(client, 'disconnect');
    connections[0]?.destroy();
    expect((await lost)[0]).toBe('transport close');
    const joined = client.emitWithAck('join', 'den');
    await next(client, 'connect');

    expect(client.id).not.toBe(id);
    expect(await joined).toBe(2);
    expect(running.app.get(ChatGateway).left).toEqual([['ada', 'transport close']]);
  });

  it('learns what to change when it starts with polling', async () => {
    const { url } = await startClientApp(platform);
    const client = io(url, { forceNew: true, reconnection: false });
    later(() => client.disconnect());
    const learned = await new Promise((resolve) => {
      // Read immediately: the client empties the response afterwards.
      client.once('connect_error', (error) => {
        const { message, description, context } = error as PollingError;
        resolve([message, description, JSON.parse(context.responseText)]);
      });
    });

    expect(learned).toEqual([
      'xhr poll error',
      400,
      {
        code: 0,
        message: 'Transport unknown',
        hint: "this server accepts WebSocket only: set transports: ['websocket'] in the options of the client",
      },
    ]);
  });

  it('connects even if polling comes first, when it tries all transports', async () => {
    const running = await startClientApp(platform);
    const client = running.connect('/', { transports: ['polling', 'websocket'], tryAllTransports: true });
    await next(client, 'connect');
    expect(client.io.engine.transport.name).toBe('websocket');
    expect(await client.emitWithAck('echo', 'here')).toBe('here');
  });
});
