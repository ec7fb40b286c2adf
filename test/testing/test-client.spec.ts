import { setTimeout as delay } from 'node:timers/promises';
import { ConnectionRefused, type Socket, SocketIoError } from 'nest-socketio';
import { TestClient } from 'nest-socketio/testing';
import * as msgpack from 'socket.io-msgpack-parser';
import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { ServerMonitor } from '../../lib/testing/server-monitor.js';
import { cleanUp } from '../support/engine-clean-up.js';
import { ManualClock } from '../support/manual-clock.js';
import { scene } from '../support/test-scene.js';

afterEach(cleanUp);

type Ack = (...args: unknown[]) => void;

describe('connect', () => {
  it('joins a namespace', async () => {
    const { server, connect } = scene();
    server.of('/chat');
    const [root, chat, news] = [await connect(), await connect('/chat'), await connect('chat')];
    expect([root.namespace, chat.namespace, news.namespace]).toEqual(['/', '/chat', '/chat']);
    expect([...server.of('/chat').sockets.keys()]).toEqual([chat.id, news.id]);
    expect(root.connected).toBe(true);
    expect(root.disconnectReason).toBeNull();
  });

  it('sends auth, query, headers, cookies and address', async () => {
    const { connect } = scene();
    const client = await connect('/', {
      auth: { token: 't' },
      query: { room: 'a b' },
      headers: { 'x-tenant': 'acme' },
      cookies: { sid: 'abc' },
      address: '203.0.113.7',
    });
    expect(client.socket.handshake).toMatchObject({
      auth: { token: 't' },
      query: { room: 'a b', EIO: '4', transport: 'websocket' },
      headers: { 'x-tenant': 'acme', cookie: 'sid=abc' },
      address: '203.0.113.7',
    });
  });

  it('has the headers of the response', async () => {
    const { connect } = scene();
    expect((await connect()).responseHeaders).toMatchObject({ upgrade: 'websocket' });
  });

  it('is refused with message and data', async () => {
    const { server, connect } = scene();
    server.use((_socket, next) => next(Object.assign(new Error('no'), { data: { retry: false } })));
    const refused = connect();
    await expect(refused).rejects.toBeInstanceOf(ConnectionRefused);
    await expect(refused).rejects.toMatchObject({ message: 'no', data: { retry: false } });
    await expect(connect('/nowhere')).rejects.toMatchObject({ message: 'Invalid namespace' });
    await ServerMonitor.of(server).settled(1_000);
    expect(server.engine.clientsCount).toBe(0);
  });

  it('is refused after a failure, with the failure as the cause', async () => {
    const { server, connect } = scene();
    const error = new Error('broken');
    server.sockets.onConnect(() => Promise.reject(error));
    await expect(connect()).rejects.toMatchObject({
      message: 'Internal server error',
      cause: { code: 'HANDLER_FAILED', cause: error },
    });
  });

  it('is refused during the handshake', async () => {
    const { connect } = scene({ allowRequest: ({ url }, done) => done(null, url?.includes('let=me') === true) });
    await expect(connect()).rejects.toMatchObject({
      message: 'the server refused the handshake with 403: Forbidden',
      data: { status: 403, body: 'Forbidden' },
    });
    await connect('/', { query: { let: 'me' } });
  });

  it('is refused from another origin', async () => {
    const { connect } = scene();
    await expect(connect('/', { headers: { origin: 'https://elsewhere.example' } })).rejects.toMatchObject({
      message: expect.stringContaining('403') as string,
      data: { status: 403 },
    });
  });

  it('is refused under another path', async () => {
    const { connect } = scene({ path: '/ws', destroyUpgradeTimeout: 1 });
    await connect();
    await connect('/', { path: '/ws' });
    await expect(connect('/', { path: '/elsewhere' })).rejects.toBeInstanceOf(Error);
  });

  it('fails if the server does not answer', async () => {
    const { server, connect } = scene({ allowRequest: () => {} });
    await expect(connect('/', { timeout: 200 })).rejects.toMatchObject({
      code: 'NOT_RECEIVED',
      message:
        'the handshake was not answered: check that allowRequest and cors.origin always answer; after 200 ms, still running: the handshake of a client',
    });
    const other = scene();
    other.server.use(() => {});
    await expect(other.connect('/', { timeout: 200 })).rejects.toMatchObject({
      code: 'NOT_RECEIVED',
      message: expect.stringContaining('the server did not answer the CONNECT to /') as string,
    });
    expect(server.engine.clientsCount).toBe(0);
  });

  it('serves several namespaces over one connection', async () => {
    const { server, connect } = scene();
    const auths: unknown[] = [];
    server.of('/news').on('connection', (socket) => auths.push(socket.handshake.auth));
    const client = await connect();
    const news = await client.of('/news', { auth: { token: 't' } });
    expect(auths).toEqual([{ token: 't' }]);
    expect(news.socket.conn).toBe(client.socket.conn);
    server.emit('a', 1);
    server.of('/news').emit('b', 2);
    await client.settled();
    expect([client.received(), news.received()]).toEqual([[['a', 1]], [['b', 2]]]);
    await expect(client.of('news')).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'this connection is in /news already: connect another client',
    });
    await expect(client.of('/nowhere')).rejects.toMatchObject({ message: 'Invalid namespace' });
    expect([client.connected, news.connected]).toEqual([true, true]);
  });

  it('serves many clients at once', async () => {
    const { server, connect } = scene();
    const clients = await Promise.all(Array.from({ length: 50 }, () => connect()));
    expect(new Set(clients.map(({ id }) => id)).size).toBe(50);
    server.emit('tick', 1);
    expect(await Promise.all(clients.map((client) => client.next('tick')))).toEqual(clients.map(() => [1]));
  });
});

describe('emit', () => {
  it('sends events, and waits for acknowledgements', async () => {
    const { server, connect } = scene();
    const heard = vi.fn();
    server.on('connection', (socket) => {
      socket.on('say', heard);
      socket.on('double', (n: number, ack: Ack) => ack(2 * n, 'more'));
      socket.on('nothing', (ack: Ack) => ack());
      socket.on('later', (ack: Ack) => void setTimeout(ack, 5, 'late'));
      socket.on('message', heard);
    });
    const client = await connect();
    expect(client.emit('say', 'hi', { a: [1] })).toBe(client);
    expect(client.send('plain')).toBe(client);
    expect(await client.emitWithAck('double', 21)).toBe(42);
    expect(await client.emitWithAck('nothing')).toBeUndefined();
    expect(await client.emitWithAck('later')).toBe('late');
    const answered = vi.fn();
    client.emit('double', 4, answered);
    await client.settled();
    expect(answered.mock.calls).toEqual([[8, 'more']]);
    expect(heard.mock.calls).toEqual([['hi', { a: [1] }], ['plain']]);
  });

  it('carries bytes both ways', async () => {
    const { server, connect } = scene();
    server.on('connection', (socket) =>
      socket.on('mirror', (data: unknown, ack: Ack) => {
        socket.emit('mirrored', data);
        ack(data);
      }),
    );
    const client = await connect();
    const data = { photo: Buffer.from([1, 2, 3]), name: 'x' };
    expect(await client.emitWithAck('mirror', data)).toEqual(data);
    expect(await client.next('mirrored')).toEqual([data]);
  });

  it('uses the codec of the server', async () => {
    const { server, connect } = scene({ parser: msgpack });
    server.on('connection', (socket) => socket.on('double', (n: number, ack: Ack) => ack(2 * n)));
    const client = await connect('/', { parser: msgpack });
    expect(await client.emitWithAck('double', 21)).toBe(42);
  });

  it('uses the JSON serialiser of the server', async () => {
    const json = {
      stringify: (value: unknown) =>
        JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? `${item}n` : item)),
      parse: (text: string): unknown =>
        JSON.parse(text, (_, item: unknown) =>
          typeof item === 'string' && /^\d+n$/.test(item) ? BigInt(item.slice(0, -1)) : item,
        ),
    };
    const { server, connect } = scene({ json });
    server.on('connection', (socket) => socket.on('double', (n: bigint, ack: Ack) => ack(2n * n)));
    const client = await connect('/', { json });
    expect(await client.emitWithAck('double', 21n)).toBe(42n);
  });

  it('fails if no handler is registered, or no answer is received', async () => {
    const { server, connect } = scene();
    server.of('/x').onEvent('mute', () => {});
    const client = await connect('/x', { timeout: 200 });
    await expect(client.emitWithAck('typo')).rejects.toMatchObject({
      code: 'NOT_RECEIVED',
      message: '"typo" was not acknowledged in /x: no handler is registered for it',
    });
    await expect(client.emitWithAck('mute')).rejects.toThrow('"mute" was not acknowledged in /x within 200 ms');
    client.socket.onAny(() => {});
    await expect(client.emitWithAck('typo')).rejects.toThrow('"typo" was not acknowledged in /x within 200 ms');
  });

  it('fails if the server answers that there is no handler, as it does for gateways', async () => {
    const { server, connect } = scene();
    const nsp = server.of('/x');
    nsp.answersUnknownEvents = true;
    nsp.onEvent('own', (socket, { id }) => socket.acknowledge(id as number, [{ error: { code: 'unknown_event' } }]));
    const client = await connect('/x');
    await expect(client.emitWithAck('typo')).rejects.toMatchObject({
      code: 'NOT_RECEIVED',
      message: '"typo" was not acknowledged in /x: no handler is registered for it',
    });
    expect(await client.emitWithAck('own')).toEqual({ error: { code: 'unknown_event' } });
  });

  it('fails once the client is disconnected', async () => {
    const { server, connect } = scene();
    server.on('connection', (socket) => socket.on('leave', () => socket.disconnect()));
    const client = await connect();
    await expect(client.emitWithAck('leave')).rejects.toMatchObject({
      code: 'CLIENT_GONE',
      message: '"leave" was not acknowledged in /: io server disconnect; nothing was received',
    });
    expect(() => client.emit('say')).toThrow('"say" cannot be sent in /: io server disconnect; nothing was received');
    await expect(client.emitWithAck('say')).rejects.toMatchObject({ code: 'CLIENT_GONE' });
    expect(() => client.socket).toThrow('the server has no socket for this client in /');
  });

  it('reports callbacks that fail', async () => {
    const { server, connect } = scene();
    server.on('connection', (socket) => socket.on('ping!', (ack: Ack) => ack()));
    const client = await connect();
    client.emit('ping!', () => {
      throw new Error('broken');
    });
    await expect(client.settled()).rejects.toThrow('the test\'s callback for "ping!" failed: broken');
  });
});

describe('next and received', () => {
  it('take events that were received, and later ones', async () => {
    const { server, connect } = scene();
    server.on('connection', (socket) =>
      socket.on('go', async () => {
        socket.emit('a', 1);
        await delay(5);
        socket.emit('b', 2);
        socket.emit('a', 3);
      }),
    );
    const client = await connect();
    client.emit('go');
    expect(await client.next('b')).toEqual([2]);
    expect(await client.next('a')).toEqual([1]);
    await client.settled();
    expect(client.received()).toEqual([['a', 3]]);
    expect(client.received()).toEqual([]);
  });

  it('may be called before the event is triggered', async () => {
    const { server, connect } = scene();
    const client = await connect();
    const said = client.next('said');
    await delay(5);
    await client.settled();
    server.emit('said', 'hi');
    await client.settled();
    expect(client.received()).toEqual([]); // next() has taken it
    expect(await said).toEqual(['hi']);
  });

  it('report the events that were received instead', async () => {
    const { server, connect } = scene();
    server.of('/x').on('connection', (socket) => socket.on('say', (text: string) => socket.emit('sayd', text)));
    const client = await connect('/x');
    client.emit('say', 'hi');
    await expect(client.next('said')).rejects.toMatchObject({
      code: 'NOT_RECEIVED',
      message:
        '"said" was not received in /x; if it depends on a timer, a request or a broker, wait for it: ' +
        "next(\"said\", { within: 500 }); received: [ 'sayd', 'hi' ]",
    });
  });

  it('wait for the effects of a timer within a time limit', async () => {
    const { server, connect } = scene();
    const client = await connect();
    await expect(client.next('tick')).rejects.toMatchObject({ code: 'NOT_RECEIVED' });
    setTimeout(() => server.emit('tick'), 10);
    expect(await client.next('tick', { within: 10_000 })).toEqual([]);
    await expect(client.next('tick', { within: 1 })).rejects.toThrow(
      '"tick" was not received in / within 1 ms; nothing was received',
    );
  });

  it('fail at once if the client is disconnected', async () => {
    const { server, connect } = scene();
    server.on('connection', (socket) => {
      socket.emit('welcome');
      socket.on('leave', () => socket.disconnect());
    });
    const client = await connect();
    client.emit('leave');
    await expect(client.next('said', { within: 60_000 })).rejects.toMatchObject({
      code: 'CLIENT_GONE',
      message: '"said" cannot be received in /: io server disconnect; received: [ \'welcome\' ]',
    });
    await expect(client.next('said')).rejects.toMatchObject({ code: 'CLIENT_GONE' });
    expect(await client.next('welcome')).toEqual([]);
  });
});

describe('answer', () => {
  it('acknowledges events of the server', async () => {
    const { server, connect } = scene();
    const [ada, ben] = [await connect(), await connect()];
    expect(ada.answer('age', (of: string) => `${of} 7`)).toBe(ada);
    ben.answer('age', async () => {
      await delay(5);
    });
    expect(await server.to(ada.id).emitWithAck('age', 'ada')).toEqual(['ada 7']);
    expect(await server.emitWithAck('age', 'x')).toEqual(expect.arrayContaining(['x 7', undefined]));
    expect(await ada.socket.call('age', 'y')).toBe('y 7');
    expect(ada.received()).toEqual([]);
  });

  it('may be given by calling the last argument, once', async () => {
    const { connect } = scene();
    const client = await connect();
    const asked = client.socket.emitWithAck('age', 'ada');
    const [of, acknowledge] = (await client.next('age')) as [string, Ack];
    acknowledge(`${of} 8`);
    acknowledge(9);
    expect(await asked).toBe('ada 8');
  });

  it('is reported as missing if a handler waits for it', async () => {
    const { server, connect } = scene();
    server.of('/x').onEvent('ask', async (socket) => {
      await socket.emitWithAck('age');
    });
    const client = await connect('/x', { timeout: 200 });
    client.emit('ask');
    await expect(client.settled()).rejects.toMatchObject({
      code: 'NOT_SETTLED',
      message:
        'after 200 ms, still running: the handler of "ask" in /x; the server waits for an acknowledgement of "age" in /x: answer it with answer()',
    });
    const [acknowledge] = (await client.next('age')) as [Ack];
    acknowledge();
    await client.settled();
  });

  it('reports a failure', async () => {
    const { connect } = scene();
    const client = await connect();
    client.answer('age', () => {
      throw new Error('broken');
    });
    client.socket.timeout(1).emit('age', () => {});
    await expect(client.settled()).rejects.toThrow('the test\'s answer to "age" failed: broken');
  });
});

describe('a failure on the server', () => {
  it('surfaces in the next promise that the test awaits, once', async () => {
    const { server, connect, log } = scene();
    const error = new Error('broken');
    server.on('connection', (socket) =>
      socket.on('break', async () => {
        await delay(1);
        throw error;
      }),
    );
    const [client, other] = [await connect(), await connect()];
    for (const surface of [
      () => client.settled(),
      () => other.settled(),
      () => client.next('said'),
      () => client.disconnect(),
    ]) {
      client.emit('break');
      await expect(surface()).rejects.toMatchObject({ code: 'HANDLER_FAILED', cause: error });
      await client.settled();
    }
    expect(log.errors).toHaveLength(1); // the same failure is logged once a minute
  });

  it('can be taken by the test that expects it', async () => {
    const { server, connect } = scene();
    const error = new Error('broken');
    server.sockets.onEvent('break', (socket, { id }) => {
      socket.acknowledge(id as number, ['so it is']);
      throw error;
    });
    const client = await connect();
    expect(await client.emitWithAck('break')).toBe('so it is');
    expect(client.failures()).toEqual([{ message: 'the handler of "break" in / failed', error }]);
    await client.close();
  });

  it('includes packets that a client cannot decode', async () => {
    const { connect } = scene();
    const client = await connect();
    client.socket.conn.send('x'); // not a Socket.IO packet
    await expect(client.settled()).rejects.toThrow(
      'a client could not decode a packet of the server: unknown packet type',
    );
    expect(client.disconnectReason).toBe('transport close');
  });
});

describe('the end', () => {
  it('comes by leaving the namespaces one by one', async () => {
    const { server, connect } = scene();
    const reasons: string[] = [];
    const note = (socket: Socket) => socket.on('disconnect', (reason) => reasons.push(`${socket.nsp.name} ${reason}`));
    server.on('connection', note);
    server.of('/x').on('connection', note);
    const client = await connect();
    const x = await client.of('/x');
    await client.disconnect();
    expect([client.connected, client.disconnectReason, x.connected]).toEqual([false, 'io client disconnect', true]);
    expect(server.engine.clientsCount).toBe(1);
    await client.disconnect();
    await x.disconnect();
    expect(reasons).toEqual(['/ client namespace disconnect', '/x client namespace disconnect']);
    expect(server.engine.clientsCount).toBe(0);
  });

  it('comes for all namespaces at once, disconnect handlers included', async () => {
    const { server, connect } = scene();
    const left: string[] = [];
    server.sockets.onDisconnect(async (_socket, reason) => {
      await delay(5);
      left.push(reason);
    });
    server.of('/x');
    const client = await connect();
    const x = await client.of('/x');
    await client.close();
    expect([left, client.disconnectReason, x.disconnectReason]).toEqual([
      ['client namespace disconnect'],
      'io client disconnect',
      'io client disconnect',
    ]);
    await client.close();
    await client.terminate();
    expect(server.engine.clientsCount).toBe(0);
  });

  it('comes as a network failure', async () => {
    const { server, connect } = scene();
    const reasons: string[] = [];
    server.on('connection', (socket) => socket.on('disconnect', (reason) => reasons.push(reason)));
    const client = await connect();
    await client.terminate();
    expect([reasons, client.disconnectReason]).toEqual([['transport close'], 'transport close']);
  });

  it('comes from the server', async () => {
    const { server, connect } = scene();
    const [ada, ben, cy] = [await connect(), await connect(), await connect()];
    ada.socket.disconnect();
    expect(await ada.disconnected()).toBe('io server disconnect');
    expect(await ada.disconnected()).toBe('io server disconnect');
    const gone = ben.disconnected();
    await expect(cy.disconnected()).rejects.toMatchObject({
      code: 'NOT_RECEIVED',
      message: 'the client is still connected to /; nothing was received',
    });
    await expect(cy.disconnected({ within: 1 })).rejects.toMatchObject({ code: 'NOT_RECEIVED' });
    await server.close();
    expect([await gone, cy.connected]).toEqual(['transport close', false]);
    await expect(connectAgain(server)).rejects.toMatchObject({ data: { status: 503 } });
  });

  it('does not come while heartbeats are answered', async () => {
    const clock = new ManualClock();
    const { connect } = scene({ clock, pingInterval: 100, pingTimeout: 50 });
    const client = await connect();
    for (let beats = 0; beats < 5; beats++) {
      clock.advance(100); // two intervals without an answer would exceed the timeout
      await client.settled();
    }
    expect(client.connected).toBe(true);
  });

  it('comes when a limit of the server is exceeded', async () => {
    const { connect } = scene({ maxHttpBufferSize: 100 });
    const client = await connect();
    client.emit('say', 'x'.repeat(200));
    expect(await client.disconnected()).toBe('transport close');
  });
});

async function connectAgain(server: Parameters<typeof TestClient.connect>[0]): Promise<unknown> {
  return TestClient.connect(server);
}

describe('the types', () => {
  interface ServerEvents {
    said: (text: string, by: number) => void;
    age: (of: string, answer: (years: number) => void) => void;
  }
  interface ClientEvents {
    say: (text: string) => void;
    count: (from: number, answer: (result: string) => void) => void;
    message: (text: string) => void;
  }

  it('flow from the event maps', async () => {
    const { server } = scene();
    server.sockets.onEvent('count', (socket, { id }) => socket.acknowledge(id as number, ['one']));
    const client = await TestClient.connect<ServerEvents, ClientEvents>(server);
    const count = client.emitWithAck('count', 1);
    expectTypeOf(count).resolves.toEqualTypeOf<string>();
    expect(await count).toBe('one');
    const said = client.next('said');
    expectTypeOf(said).resolves.toEqualTypeOf<[text: string, by: number]>();
    client.socket.emit('said', 'hi', 7);
    expect(await said).toEqual(['hi', 7]);
    client.answer('age', (of) => of.length);
    expect(await client.socket.emitWithAck('age', 'ada')).toBe(3);
    const [received] = client.received();
    if (received?.[0] === 'said') expectTypeOf(received[2]).toEqualTypeOf<number>();
    const wrong = (): void => {
      // @ts-expect-error -- no such event
      client.emit('shout', 'x');
      // @ts-expect-error -- text must be a string
      client.emit('say', 7);
      // @ts-expect-error -- no such event
      void client.next('heard');
      // @ts-expect-error -- years are a number
      client.answer('age', () => 'old');
      // @ts-expect-error -- "say" has no acknowledgement
      void client.emitWithAck('say', 'x');
      client.send('plain');
      expectTypeOf(client.socket).toEqualTypeOf<Socket<ClientEvents, ServerEvents>>();
    };
    expect(wrong).toBeInstanceOf(Function);
    expect(new SocketIoError('NOT_RECEIVED', 'x').code).toBe('NOT_RECEIVED');
  });
});
