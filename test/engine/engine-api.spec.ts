/** The public API of the engine, Socket.IO's `io.engine`. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import session from 'express-session';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Connection } from '../../lib/engine/connection/connection.js';
import type { AllowRequest } from '../../lib/engine/engine-options.js';
import { ask, handshake, masked, openRaw, openWs, TARGET } from '../support/engine-clients.js';
import { cleanUp } from '../support/engine-clean-up.js';
import { Inbox } from '../support/engine-inbox.js';
import { type EngineRig, startEngine, turn } from '../support/engine-rig.js';

afterEach(cleanUp);

/** Sends an upgrade request that is accepted. @returns the head of the response, and the client */
async function accepted(rig: EngineRig, ...request: Parameters<typeof handshake>) {
  const client = await openRaw(rig.port);
  client.write(handshake(...request));
  let head = '';
  while (!head.endsWith('\r\n\r\n')) head += (await client.read(1)).toString();
  return { client, lines: head.trimEnd().split('\r\n') };
}

/** Sends an upgrade request that is refused. @returns the whole response, without its date */
async function refused(rig: EngineRig, ...request: Parameters<typeof handshake>): Promise<string> {
  const client = await openRaw(rig.port);
  client.write(handshake(...request));
  return (await client.readAll()).replace(/Date: .*\r\n/, '');
}

/** Collects the `connection_error` events. */
function errorsOf(rig: EngineRig): unknown[] {
  const errors: unknown[] = [];
  rig.engine.on('connection_error', ({ code, message, context }) => errors.push({ code, message, context }));
  return errors;
}

describe('opts', () => {
  it('are the options in force, under the names of Socket.IO', async () => {
    const rig = await startEngine({ cors: { origin: 'https://a.test' }, pingInterval: 5, path: '/ws/' });
    expect(rig.engine.opts).toMatchObject({
      path: '/ws',
      pingInterval: 5,
      pingTimeout: 20_000,
      maxHttpBufferSize: 1_000_000,
      cors: { origin: 'https://a.test' },
      transports: ['websocket'],
    });
    expect(rig.engine.opts).not.toHaveProperty('allowRequest');
    const allowRequest = vi.fn<() => void>();
    const { opts } = (await startEngine({ allowRequest, initialPacket: 'x' })).engine;
    expect(opts).toMatchObject({ allowRequest, initialPacket: 'x' });
  });
});

describe('use', () => {
  it('runs before all checks, for upgrades and plain requests, with the parsed query', async () => {
    const rig = await startEngine(
      {},
      createServer((_, response) => response.end('other')),
    );
    const seen: unknown[] = [];
    rig.engine.use((request, _, next) => {
      seen.push([request.method, request._query['a']]);
      next();
    });
    await refused(rig, '/socket.io/?a=1', { Origin: 'https://other.test' });
    await ask(rig.port, '/socket.io/?a=2', { method: 'POST' });
    await ask(rig.port, '/other');
    await accepted(rig, `${TARGET}&a=3`);
    expect(seen).toEqual([
      ['GET', '1'],
      ['POST', '2'],
      ['GET', '3'],
    ]);
  });

  it('runs after the middlewares of the option, in their order', async () => {
    const order: string[] = [];
    const rig = await startEngine({
      use: ['one', 'two'].map((name) => (_request, _response, next) => {
        order.push(name);
        next();
      }),
    });
    rig.engine.use((...[, , next]) => {
      order.push('three');
      next();
    });
    await accepted(rig);
    expect(order).toEqual(['one', 'two', 'three']);
  });

  it('adds headers to the 101, except those that the handshake sets itself', async () => {
    const rig = await startEngine();
    rig.engine.use((_, response, next) => {
      response.setHeader('X-One', 'first');
      response.setHeader('X-Two', 'gone');
      response.removeHeader('X-Two');
      response.appendHeader('X-Three', ['a', 'b']);
      response.setHeader('Upgrade', 'tea');
      response.setHeader('Content-Length', 7);
      next();
    });
    const { lines } = await accepted(rig);
    expect(lines).toEqual([
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
      'x-one: first',
      'x-three: a',
      'x-three: b',
    ]);
  });

  it('adds headers to a refusal', async () => {
    const rig = await startEngine();
    rig.engine.use((_, response, next) => {
      response.setHeader('X-One', 'first');
      next();
    });
    expect(await refused(rig, '/socket.io/?EIO=3&transport=websocket')).toBe(
      [
        'HTTP/1.1 400 Bad Request',
        'X-One: first',
        'Content-Type: text/plain; charset=utf-8',
        'Content-Length: 98',
        'Connection: close',
        '',
        'Unsupported protocol version: this server speaks Engine.IO 4: use a client of Socket.IO 3 or later',
      ].join('\r\n'),
    );
    expect((await ask(rig.port, '/socket.io/')).headers['x-one']).toBe('first');
  });

  it('refuses a client for next(error), plain or not, and notifies the listeners', async () => {
    const rig = await startEngine();
    const errors = errorsOf(rig);
    rig.engine.use((...[, , next]) => next(new Error('not you')));
    expect(await refused(rig)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[^]*\r\n\r\nBad request$/);
    const { status, body } = await ask(rig.port, '/socket.io/');
    expect([status, body]).toEqual([400, '{"code":3,"message":"Bad request"}']);
    const error = {
      code: 3,
      message: 'Bad request',
      context: { name: 'MIDDLEWARE_FAILURE', middleware: '(anonymous)', error: new Error('not you') },
    };
    expect(errors).toEqual([error, error]);
    expect(rig.log.debugs[0]).toBe(
      'refused a client: Bad request "{\\"name\\":\\"MIDDLEWARE_FAILURE\\",\\"middleware\\":\\"(anonymous)\\",\\"error\\":\\"Error: not you\\"}"',
    );
    expect(rig.engine.clientsCount).toBe(0);
  });

  it('lets a middleware answer in our place, plain or not', async () => {
    const rig = await startEngine();
    const errors = errorsOf(rig);
    rig.engine.use((_, response) => response.writeHead(429, { 'Retry-After': '5' }).end('later'));
    const answer = await refused(rig);
    expect(answer).toMatch(/^HTTP\/1\.1 429 Too Many Requests\r\nRetry-After: 5\r\n/);
    expect(answer).toContain('later');
    const { status, body } = await ask(rig.port, '/socket.io/');
    expect([status, body]).toEqual([429, 'later']);
    expect(errors).toEqual([]);
  });

  it('ends a response that a middleware starts and does not finish', async () => {
    const rig = await startEngine();
    rig.engine.use((_, response, next) => {
      response.writeHead(418);
      response.write('short');
      setImmediate(() => response.end());
      next();
    });
    expect(await refused(rig)).toMatch(/^HTTP\/1\.1 418 I'm a Teapot\r\n/i);
  });

  it('ends the response of a middleware that fails halfway, plain or not', async () => {
    const rig = await startEngine();
    rig.engine.use((_, response) => {
      response.writeHead(200);
      response.write('half');
      throw new Error('x');
    });
    expect(await refused(rig)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*half/);
    const { status, body } = await ask(rig.port, '/socket.io/');
    expect([status, body]).toEqual([200, 'half']);
  });

  it('does no harm if the client disconnects meanwhile', async () => {
    const rig = await startEngine();
    const waiting = new Inbox<() => void>();
    rig.engine.use((...[, , next]) => waiting.push(next));
    const gone = await openRaw(rig.port);
    gone.write(handshake());
    const late = await waiting.next();
    const closed = new Promise((resolve) => rig.sockets[0]?.once('close', resolve));
    gone.reset();
    await closed;
    late();
    await turn();
    expect(rig.engine.clientsCount).toBe(0);
    expect(rig.log.errors).toEqual([]);
  });

  it('ends if the server closes meanwhile', async () => {
    const rig = await startEngine();
    const waiting = new Inbox<() => void>();
    rig.engine.use((...[, , next]) => waiting.push(next));
    const answer = refused(rig);
    const next = await waiting.next();
    void rig.engine.close();
    next();
    expect(await answer).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n[^]*\r\n\r\nServer shutting down$/);
  });

  it('keeps properties that middlewares set on the request', async () => {
    const rig = await startEngine();
    rig.engine.use((request, _, next) => {
      Object.assign(request, { user: 'ann' });
      next();
    });
    await openWs(rig.port);
    const { request } = (await rig.accepted.next()).connection;
    expect(request).toMatchObject({ user: 'ann', query: { EIO: '4', transport: 'websocket' }, address: '127.0.0.1' });
  });

  it('notifies middlewares that listen for the end of a request', async () => {
    const rig = await startEngine();
    const seen: unknown[] = [];
    rig.engine.use((_, response, next) => {
      response.on('finish', () => seen.push(['finish', response.statusCode]));
      response.on('close', () => seen.push(['close']));
      next();
    });
    await accepted(rig);
    expect(seen).toEqual([['finish', 101], ['close']]);
  });
});

function withSession(rig: EngineRig): void {
  rig.engine.use(session({ secret: 's', resave: false, saveUninitialized: true }));
}

describe('express-session', () => {
  it('sets its cookie on the 101, and its session on the request', async () => {
    const rig = await startEngine();
    withSession(rig);
    const first = await accepted(rig);
    const cookie = first.lines.find((line) => line.startsWith('set-cookie: connect.sid='));
    expect(cookie).toMatch(/; Path=\/; HttpOnly$/);
    const { request } = (await rig.accepted.next()).connection;
    const kept = (request as unknown as { session: session.Session & { visits?: number } }).session;
    kept.visits = 1;
    await new Promise((resolve) => kept.save(resolve));
    await accepted(rig, TARGET, { Cookie: String(cookie).slice('set-cookie: '.length).split(';', 1)[0] as string });
    const again = (await rig.accepted.next()).connection.request;
    expect(again).toMatchObject({ session: { visits: 1 } });
  });

  it('sets its cookie on a refusal, too', async () => {
    const rig = await startEngine();
    withSession(rig);
    expect(await refused(rig, '/socket.io/')).toMatch(/\r\nSet-Cookie: connect\.sid=/);
  });
});

describe('generateId', () => {
  it.each<[string, (request: IncomingMessage) => string | Promise<string>]>([
    ['at once', ({ headers }) => `id-${String(headers['x-user'])}`],
    ['later', async ({ headers }) => `id-${String(headers['x-user'])}`],
  ])('may be replaced by a function that answers %s', async (_, generateId) => {
    const rig = await startEngine();
    rig.engine.generateId = generateId;
    await openWs(rig.port, { headers: { 'X-User': 'ann' } });
    expect((await rig.accepted.next()).connection.id).toBe('id-ann');
  });

  it('refuses a client whose id is in use, until it is free', async () => {
    const rig = await startEngine();
    const errors = errorsOf(rig);
    rig.engine.generateId = async () => 'same';
    const [one, other] = [await openRaw(rig.port), await openRaw(rig.port)];
    one.write(handshake());
    other.write(handshake());
    const first = await rig.accepted.next();
    expect(await Promise.race([one.readAll(), other.readAll()])).toMatch(/^HTTP\/1\.1 400 Bad Request/);
    expect(errors).toEqual([{ code: 3, message: 'Bad request', context: { name: 'ID_GENERATION_ERROR' } }]);
    expect(rig.log.errors).toEqual([['refusing a client: generateId returned an id that is in use', undefined]]);
    first.connection.terminate();
    await first.told.next();
    await turn();
    await openWs(rig.port);
    expect((await rig.accepted.next()).connection.id).toBe('same');
  });

  it.each<[string, () => unknown, [string, unknown]]>([
    [
      'throws',
      () => {
        throw new Error('x');
      },
      ['refusing a client: generateId failed', new Error('x')],
    ],
    ['is rejected', () => Promise.reject(new Error('x')), ['refusing a client: generateId failed', new Error('x')]],
    ['returns nothing', () => undefined, ['refusing a client: generateId returned no id', undefined]],
    ['returns an empty string', () => '', ['refusing a client: generateId returned no id', undefined]],
  ])('refuses a client if it %s', async (_, generateId, line) => {
    const rig = await startEngine();
    rig.engine.generateId = generateId as () => string;
    expect(await refused(rig)).toMatch(/^HTTP\/1\.1 400 Bad Request/);
    expect(rig.log.errors).toEqual([line]);
  });

  it('refuses a client if it does not answer within 10 s', async () => {
    const rig = await startEngine();
    const asked = new Inbox<true>();
    rig.engine.generateId = () => {
      asked.push(true);
      return new Promise(() => {});
    };
    const answer = refused(rig);
    await asked.next();
    rig.clock.advance(10_000);
    expect(await answer).toMatch(/^HTTP\/1\.1 400 Bad Request/);
    expect(rig.log.errors).toEqual([['refusing a client: generateId did not answer in time', undefined]]);
  });
});

describe('a client that sends an invalid frame before it is answered', () => {
  it.each(['use', 'allowRequest', 'generateId'])('is closed after the 101 if %s is pending meanwhile', async (who) => {
    const waiting = new Inbox<() => void>();
    const wait = () => new Promise<void>((resolve) => waiting.push(resolve));
    const allowRequest: AllowRequest = (_, callback) => void wait().then(() => callback(null, true));
    const rig = await startEngine(who === 'allowRequest' ? { allowRequest } : {});
    if (who === 'use') rig.engine.use((...[, , next]) => waiting.push(next));
    if (who === 'generateId') rig.engine.generateId = () => wait().then(() => 'id');
    const client = await openRaw(rig.port);
    client.write(handshake());
    const go = await waiting.next();
    client.write(masked(0xf1, 'x')); // all reserved bits
    go();
    const { told } = await rig.accepted.next();
    expect(await told.next()).toMatchObject(['close', 'transport error', { code: 'WS_ERR_UNEXPECTED_RSV_2_3' }]);
    expect(rig.log.errors).toEqual([]);
  });
});

describe('the headers of the response', () => {
  it('include those added by listeners, on the 101 and on the response to a plain request', async () => {
    const rig = await startEngine();
    rig.engine.on('initial_headers', (headers, { url }) => (headers['X-Url'] = String(url)));
    rig.engine.on('headers', (headers) => (headers['X-Two'] = ['a', 'b']));
    expect((await accepted(rig)).lines.slice(4)).toEqual([`X-Url: ${TARGET}`, 'X-Two: a', 'X-Two: b']);
    const { headers } = await ask(rig.port, '/socket.io/');
    expect(headers).toMatchObject({ 'x-url': '/socket.io/', 'x-two': 'a, b' });
  });

  it('leave out invalid ones, and log them', async () => {
    const rig = await startEngine();
    rig.engine.on('headers', (headers) => Object.assign(headers, { 'X-A': 'a\r\nX-B: b', 'X C': 'c', 'X-D': 'd' }));
    expect((await accepted(rig)).lines.slice(4)).toEqual(['X-D: d']);
    expect(rig.log.errors.map(([message]) => message)).toEqual(
      Array(2).fill('left out a header that a listener of the engine added'),
    );
  });

  it('have a cookie with the session id if it is enabled, in addition to those of middlewares', async () => {
    const rig = await startEngine({ cookie: { name: 'sid' } });
    const first = await accepted(rig);
    const { id } = (await rig.accepted.next()).connection;
    expect(first.lines.slice(4)).toEqual([`Set-Cookie: sid=${id}; Path=/; HttpOnly; SameSite=Lax`]);
    rig.engine.use((_, response, next) => {
      response.setHeader('Set-Cookie', 'a=b');
      next();
    });
    const second = await accepted(rig);
    expect(second.lines.slice(4)).toEqual(['set-cookie: a=b', expect.stringMatching(/^set-cookie: sid=/)]);
  });
});

describe('initialPacket', () => {
  it.each<[string | Uint8Array, string | Buffer]>([
    ['hello', '4hello'],
    [Uint8Array.of(1, 2), Buffer.of(1, 2)],
  ])('follows the open packet: %j', async (initialPacket, expected) => {
    const rig = await startEngine({ initialPacket });
    const client = await openWs(rig.port);
    expect(await client.next()).toEqual(expected);
  });
});

describe('handleRequest and handleUpgrade', () => {
  it('answer requests and upgrades whatever their path', async () => {
    const http = createServer();
    const rig = await startEngine({}, http);
    http.removeAllListeners('request').removeAllListeners('upgrade');
    http.on('request', (request: IncomingMessage, response: ServerResponse) =>
      rig.engine.handleRequest(request, response),
    );
    http.on('upgrade', (...args) => rig.engine.handleUpgrade(...args));
    await openWs(rig.port, {}, '/mine?EIO=4&transport=websocket');
    expect(rig.engine.clientsCount).toBe(1);
    expect((await ask(rig.port, '/mine')).status).toBe(400);
  });

  it('log an unexpected failure, and end the request', async () => {
    const rig = await startEngine();
    rig.engine.use((_, response, next) => {
      response.setHeader = () => {
        throw new Error('x');
      };
      next();
    });
    rig.engine.on('headers', (headers) => (headers['X-A'] = 'a'));
    await expect(ask(rig.port, '/socket.io/')).rejects.toThrow();
    expect(rig.log.errors).toEqual([['a handshake failed unexpectedly', new Error('x')]]);
  });
});

describe('memory', () => {
  it('holds nothing of the request while the connection lives, unless there are middlewares', async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const rig = await startEngine({ cookie: true });
    const requests: WeakRef<object>[] = [];
    rig.http.prependListener('upgrade', (request: IncomingMessage) => requests.push(new WeakRef(request)));
    const connections: Connection[] = [];
    const open = async () => {
      await openWs(rig.port);
      connections.push((await rig.accepted.next()).connection);
    };
    await open();
    rig.engine.use((...[, , next]) => next());
    await open();
    for (let i = 0; i < 20 && requests[0]?.deref() !== undefined; i++) {
      await turn();
      gc();
    }
    expect(requests.map((request) => request.deref() === undefined)).toEqual([true, false]);
    expect(connections.map(({ readyState }) => readyState)).toEqual(['open', 'open']);
  });
});
