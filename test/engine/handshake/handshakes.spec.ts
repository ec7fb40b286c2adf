import { createServer } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Connection } from '../../../lib/engine/connection/connection.js';
import type { AllowRequest, EngineOptions } from '../../../lib/engine/engine-options.js';
import type { OriginRule } from '../../../lib/engine/handshake/origin-policy.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { ACCEPTED, ask, handshake, masked, openRaw, openWs, TARGET } from '../../support/engine-clients.js';
import {
  errorsOf,
  expectAccepted,
  expectAlive,
  otherHttp,
  refusing,
  upgrade,
} from '../../support/engine-handshakes.js';
import { Inbox } from '../../support/engine-inbox.js';
import { startEngine, turn } from '../../support/engine-rig.js';

afterEach(cleanUp);

const FORBIDDEN = refusing('403 Forbidden', 9, 'Forbidden');
const FOREIGN = refusing(
  '403 Forbidden',
  229,
  'Forbidden: the page is from another host than the Host of its request: allow its origin with the option ' +
    'cors: { origin }, or if a proxy has changed Host, have it send Host unchanged, or X-Forwarded-Host with the ' +
    'option trustProxy',
);
const NO_TRANSPORT = refusing(
  '400 Bad Request',
  113,
  "Transport unknown: this server accepts WebSocket only: set transports: ['websocket'] in the options of the client",
);
const OLD_CLIENT = refusing(
  '400 Bad Request',
  98,
  'Unsupported protocol version: this server speaks Engine.IO 4: use a client of Socket.IO 3 or later',
);

/** Starts a server on which the test calls the callback of `allowRequest`. */
async function hesitant() {
  const asked = new Inbox<{ answer: (allow: boolean) => void; gone: Promise<void> }>();
  const rig = await startEngine({
    allowRequest: (request, callback) => {
      const gone = new Promise<void>((resolve) => {
        request.socket.once('close', () => resolve());
      });
      asked.push({ answer: (allow) => callback(null, allow), gone });
    },
  });
  return { rig, asked };
}

describe('a refused upgrade', () => {
  it.each<[string, string, number, Record<string, unknown>, string, Parameters<typeof handshake>?]>([
    ['a missing transport', '/socket.io/?EIO=4', 0, { transport: undefined }, NO_TRANSPORT],
    ['another transport', '/socket.io/?EIO=4&transport=polling', 0, { transport: 'polling' }, NO_TRANSPORT],
    ['the transport __proto__', '/socket.io/?EIO=4&transport=__proto__', 0, { transport: '__proto__' }, NO_TRANSPORT],
    [
      'a transport given twice',
      '/socket.io/?EIO=4&transport=websocket&transport=websocket',
      0,
      { transport: ['websocket', 'websocket'] },
      NO_TRANSPORT,
    ],
    [
      'any sid',
      `${TARGET}&sid=abcdefghijklmnopqrst`,
      1,
      { sid: 'abcdefghijklmnopqrst' },
      refusing('400 Bad Request', 18, 'Session ID unknown'),
    ],
    ['protocol version 3', '/socket.io/?EIO=3&transport=websocket', 5, { protocol: '3' }, OLD_CLIENT],
    ['no protocol version', '/socket.io/?transport=websocket', 5, { protocol: undefined }, OLD_CLIENT],
  ])('is answered for %s', async (_, target, code, context, answer) => {
    const rig = await startEngine();
    const errors = errorsOf(rig);
    expect(await upgrade(rig, target)).toBe(answer);
    const [message] = (answer.split('\r\n').at(-1) as string).split(': '); // a hint may follow
    expect(errors).toEqual([{ code, message, context }]);
    expect(rig.engine.clientsCount).toBe(0);
    await expectAlive(rig);
  });

  it('is answered for the sid of an open session', async () => {
    const rig = await startEngine();
    await openWs(rig.port);
    const { connection } = await rig.accepted.next();
    expect(await upgrade(rig, `${TARGET}&sid=${connection.id}`)).toBe(
      refusing('400 Bad Request', 18, 'Session ID unknown'),
    );
    expect(connection.readyState).toBe('open');
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('is answered for the method %s', async (method) => {
    const rig = await startEngine();
    const errors = errorsOf(rig);
    expect(await upgrade(rig, TARGET, {}, method)).toBe(refusing('400 Bad Request', 20, 'Bad handshake method'));
    expect(errors).toEqual([{ code: 2, message: 'Bad handshake method', context: { method } }]);
  });

  it('is answered for illegal characters in Origin', async () => {
    const rig = await startEngine({ cors: { origin: '*' } });
    const errors = errorsOf(rig);
    const answer = await upgrade(rig, TARGET, { Origin: 'http://sh\u00f6p.example' });
    expect(answer).toBe(refusing('400 Bad Request', 11, 'Bad request'));
    expect(errors).toEqual([{ code: 3, message: 'Bad request', context: { name: 'INVALID_ORIGIN' } }]);
  });

  it('of a client of Socket.IO 2 is logged as a warning once a minute', async () => {
    const rig = await startEngine();
    for (let i = 0; i < 3; i++) await upgrade(rig, '/socket.io/?EIO=3&transport=websocket');
    const warning =
      'refused a client of Socket.IO 2: this server speaks Engine.IO 4 (EIO=4): update the client to Socket.IO 3 or later';
    expect(rig.log.warnings).toEqual([warning]);
    rig.clock.advance(60_000);
    await upgrade(rig, '/socket.io/?EIO=3&transport=websocket');
    expect(rig.log.warnings).toEqual([warning, `${warning} (2 more since the last such line)`]);
  });

  it('is answered with the first of several faults, in the order of the protocol', async () => {
    const allowRequest = vi.fn<AllowRequest>((_, callback) => callback('not you', false));
    const rig = await startEngine({ allowRequest });
    const errors = errorsOf(rig);
    const [illegal, foreign] = [{ Origin: '\u00f6' }, { Origin: 'http://evil.example' }];
    await upgrade(rig, '/socket.io/?EIO=3&sid=x', illegal, 'POST');
    await upgrade(rig, '/socket.io/?transport=websocket&EIO=3&sid=x', illegal, 'POST');
    await upgrade(rig, '/socket.io/?transport=websocket&EIO=3&sid=x', foreign, 'POST');
    await upgrade(rig, '/socket.io/?transport=websocket&EIO=3', foreign, 'POST');
    await upgrade(rig, '/socket.io/?transport=websocket&EIO=3', foreign);
    await upgrade(rig, TARGET, foreign);
    expect(allowRequest).not.toHaveBeenCalled();
    await upgrade(rig, TARGET);
    expect(errors.map(({ code, context }) => [code, context['name']])).toEqual([
      [0, undefined],
      [3, 'INVALID_ORIGIN'],
      [1, undefined],
      [2, undefined],
      [5, undefined],
      [4, 'ORIGIN'],
      [4, 'ALLOW_REQUEST'],
    ]);
  });

  it('notifies the listeners with its request, and is written to the debug log, escaped', async () => {
    const rig = await startEngine();
    const urls: (string | undefined)[] = [];
    rig.engine.on('connection_error', ({ req }) => void urls.push(req.url));
    await upgrade(rig, '/socket.io/?transport=%0Ax');
    expect(urls).toEqual(['/socket.io/?transport=%0Ax']);
    expect(rig.log.debugs).toEqual(['refused a client: Transport unknown "{\\"transport\\":\\"\\\\nx\\"}"']);
  });

  it('is answered even if a listener throws', async () => {
    const rig = await startEngine();
    const error = new Error('x');
    rig.engine.on('connection_error', () => {
      throw error;
    });
    const answer = await upgrade(rig, '/socket.io/?EIO=4');
    expect(answer).toBe(NO_TRANSPORT);
    expect(rig.log.errors).toEqual([['a listener of "connection_error" of the engine failed', error]]);
  });

  it.each<[string, Record<string, string | null>, string, string?]>([
    ['no key', { 'Sec-WebSocket-Key': null }, 'Missing or invalid Sec-WebSocket-Key header'],
    ['a key that is too short', { 'Sec-WebSocket-Key': 'abc' }, 'Missing or invalid Sec-WebSocket-Key header'],
    [
      'a key that is not base64',
      { 'Sec-WebSocket-Key': `${'!'.repeat(22)}==` },
      'Missing or invalid Sec-WebSocket-Key header',
    ],
    ['another protocol', { Upgrade: 'h2c' }, 'Invalid Upgrade header'],
    [
      'an old version of WebSocket',
      { 'Sec-WebSocket-Version': '7' },
      'Missing or invalid Sec-WebSocket-Version header',
      'Sec-WebSocket-Version: 13, 8',
    ],
    [
      'a subprotocol of spaces',
      { 'Sec-WebSocket-Protocol': `a${' '.repeat(10_000)}b` },
      'Invalid Sec-WebSocket-Protocol header',
    ],
  ])('is answered by ws for %s', async (_, headers, message, extra) => {
    const rig = await startEngine();
    expect(await upgrade(rig, TARGET, headers)).toBe(
      [
        'HTTP/1.1 400 Bad Request',
        'Connection: close',
        'Content-Type: text/html',
        `Content-Length: ${message.length}`,
        ...(extra === undefined ? [] : [extra]),
        '',
        message,
      ].join('\r\n'),
    );
    expect(rig.engine.clientsCount).toBe(0);
    await expectAlive(rig);
  });

  it.each([false, true])('is not caused by unknown extensions, with compression %s', async (perMessageDeflate) => {
    const rig = await startEngine({ perMessageDeflate });
    for (const extensions of ['constructor', '__proto__', 'toString; x=1', 'x'.repeat(10_000)]) {
      await expectAccepted(rig, TARGET, { 'Sec-WebSocket-Extensions': extensions });
    }
    expect(rig.engine.clientsCount).toBe(4);
  });

  it('does no harm if it has more headers than Node keeps', async () => {
    const rig = await startEngine();
    const client = await openRaw(rig.port);
    const many = 'a:b\r\n'.repeat(2_500);
    client.write(handshake().replace('\r\n', `\r\n${many}`));
    expect(await client.readAll()).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    await expectAlive(rig);
  });

  it('is logged as an error of the application if the handler cannot be created', async () => {
    const rig = await startEngine();
    const error = new Error('x');
    const failed = new Inbox<Connection>();
    rig.welcome = ({ connection, socket }) => {
      socket.once('close', () => void setImmediate(() => failed.push(connection)));
      throw error;
    };
    expect(await upgrade(rig, TARGET)).toBe(ACCEPTED); // the 101 has been sent, nothing follows
    expect((await failed.next()).readyState).toBe('closed');
    expect(rig.log.errors.splice(0)).toEqual([['a handshake failed unexpectedly', error]]);
    expect(rig.engine.clientsCount).toBe(0);
    rig.welcome = () => {};
    await expectAlive(rig);
  });
});

describe('the origin', () => {
  const friend = { Origin: 'https://friend.example' };

  it.each<[string, Record<string, string>, EngineOptions?]>([
    ['no origin', {}],
    ['the same origin', { Origin: 'http://shop.example', Host: 'shop.example' }],
    ['a default port in Origin', { Origin: 'http://shop.example:80', Host: 'shop.example' }],
    ['a default port in Host', { Origin: 'https://shop.example', Host: 'shop.example:443' }],
    ['TLS that ends at a proxy', { Origin: 'https://shop.example', Host: 'shop.example' }],
    [
      'a trusted proxy',
      { Origin: 'https://shop.example', Host: 'internal:3000', 'X-Forwarded-Host': 'shop.example' },
      { trustProxy: true },
    ],
    ['a rule that allows any origin', { Origin: 'null' }, { cors: { origin: true } }],
    ["'*'", friend, { cors: { origin: '*' } }],
    ['an allowed origin', friend, { cors: { origin: 'https://friend.example' } }],
    ['one of a list', friend, { cors: { origin: ['https://other.example', 'https://friend.example'] } }],
    ['a RegExp that matches', friend, { cors: { origin: /friend\.example$/ } }],
    ['a RegExp of a list', friend, { cors: { origin: [/friend\.example$/] } }],
    [
      'a function that allows it',
      friend,
      { cors: { origin: (origin, callback) => callback(null, origin === friend.Origin) } },
    ],
    [
      'a function that allows it later',
      friend,
      { cors: { origin: (_, callback) => void setImmediate(callback, null, '*') } },
    ],
    [
      'the same origin, whatever the rule',
      { Origin: 'http://localhost' },
      { cors: { origin: 'https://friend.example' } },
    ],
  ])('passes with %s', async (_, headers, options = {}) => {
    const rig = await startEngine(options);
    await expectAccepted(rig, TARGET, headers);
    expect(rig.log.warnings).toEqual([]);
  });

  it.each<[string, Record<string, string>, EngineOptions?]>([
    ['a foreign origin', friend],
    ['the null origin', { Origin: 'null' }],
    ['another port', { Origin: 'http://localhost:8080' }],
    ['another forwarded host, from an untrusted proxy', { ...friend, 'X-Forwarded-Host': 'friend.example' }],
    ['another origin than the allowed one', friend, { cors: { origin: 'https://other.example' } }],
    ['a list without it', friend, { cors: { origin: [] } }],
    ['a RegExp that does not match', friend, { cors: { origin: /^friend/ } }],
    ['false', friend, { cors: { origin: false } }],
    ['a function that refuses it', friend, { cors: { origin: (_, callback) => callback(null, false) } }],
    [
      'a function that refuses it later',
      friend,
      { cors: { origin: (_, callback) => void setImmediate(callback, null) } },
    ],
  ])('is refused with %s', async (_, headers, options = {}) => {
    const rig = await startEngine(options);
    const errors = errorsOf(rig);
    expect(await upgrade(rig, TARGET, headers)).toBe(FOREIGN);
    expect(errors).toEqual([{ code: 4, message: 'Forbidden', context: { name: 'ORIGIN' } }]);
    expect(rig.log.warnings).toHaveLength(1);
    expect(rig.engine.clientsCount).toBe(0);
  });

  it('is logged in a warning that names the option to set, once a minute', async () => {
    const rig = await startEngine();
    for (let i = 0; i < 3; i++) await upgrade(rig, TARGET, friend);
    expect(rig.log.warnings).toEqual([
      expect.stringMatching(
        /^refused a client from origin "https:\/\/friend\.example", because its request is for the host "localhost": to allow that origin, set cors: \{ origin: \["https:\/\/friend\.example"\] \}; /,
      ),
    ]);
    rig.clock.advance(60_000);
    await upgrade(rig, TARGET, { Origin: 'http://"evil"', Host: 'a"b' });
    expect(rig.log.warnings[1]).toContain(
      String.raw`refused a client from origin "http://\"evil\"", because its request is for the host "a\"b": ` +
        String.raw`to allow that origin, set cors: { origin: ["http://\"evil\""] }`,
    );
    expect(rig.log.warnings[1]).toMatch(/ \(2 more since the last such line\)$/);
  });

  it.each<[string, OriginRule]>([
    [
      'throws',
      () => {
        throw new Error('x');
      },
    ],
    ['names an error', (_, callback) => callback(new Error('x'), true)],
    ['is rejected', () => Promise.reject(new Error('x'))],
  ])('is refused if the rule %s, and the error is logged', async (_, rule) => {
    const rig = await startEngine({ cors: { origin: rule } });
    const errors = errorsOf(rig);
    expect(await upgrade(rig, TARGET, friend)).toBe(FORBIDDEN);
    expect(errors).toEqual([{ code: 4, message: 'Forbidden', context: { name: 'ASKING_FAILED' } }]);
    expect(rig.log.errors).toEqual([
      ['refusing a client: a function given as cors.origin or allowRequest failed', new Error('x')],
    ]);
    expect(rig.log.warnings).toEqual([]);
  });
});

describe('allowRequest', () => {
  it('refuses a client, and logs it, if it does not answer within 10 s', async () => {
    const asked = new Inbox<true>();
    const rig = await startEngine({ allowRequest: () => asked.push(true) });
    const client = await openRaw(rig.port);
    client.write(handshake());
    await asked.next();
    rig.clock.advance(9_999);
    expect(rig.log.errors).toEqual([]);
    rig.clock.advance(1);
    expect(await client.readAll()).toBe(FORBIDDEN);
    expect(rig.log.errors).toEqual([
      ['refusing a client: a function given as cors.origin or allowRequest did not answer in time', undefined],
    ]);
  });

  it.each<[string, AllowRequest]>([
    ['at once', (_, callback) => callback(null, true)],
    ['later', (_, callback) => void setImmediate(callback, null, true)],
    ['with undefined for no error', (_, callback) => callback(undefined, true)],
    ['with an empty string for no error', (_, callback) => callback('', true)],
    ['from an asynchronous function', (_, callback) => Promise.resolve().then(() => callback(null, true))],
  ])('accepts a client %s', async (_, allowRequest) => {
    const rig = await startEngine({ allowRequest });
    await expectAccepted(rig, TARGET);
  });

  it.each<[string, AllowRequest, string]>([
    ['at once', (_, callback) => callback(null, false), FORBIDDEN],
    ['later', (_, callback) => void setImmediate(callback, null, false), FORBIDDEN],
    ['with a message', (_, callback) => callback('log in first', false), refusing('403 Forbidden', 12, 'log in first')],
    [
      'with only a message',
      (_, callback) => callback('log in first', true),
      refusing('403 Forbidden', 12, 'log in first'),
    ],
    [
      'with a message in UTF-8',
      (_, callback) => callback('zut\u00e9', false),
      refusing('403 Forbidden', 5, 'zut\u00e9'),
    ],
    ['with an empty message', (_, callback) => callback('', false), FORBIDDEN],
    ['with an error, whose message is not sent', (_, callback) => callback(new Error('a secret'), true), FORBIDDEN],
    ['with nothing', (_, callback) => (callback as () => void)(), FORBIDDEN],
  ])('refuses a client %s', async (_, allowRequest, answer) => {
    const rig = await startEngine({ allowRequest });
    const errors = errorsOf(rig);
    expect(await upgrade(rig, TARGET)).toBe(answer);
    const message = answer.split('\r\n').at(-1);
    const context = { name: 'ALLOW_REQUEST', ...(message === 'Forbidden' ? {} : { message }) };
    expect(errors).toEqual([{ code: 4, message: 'Forbidden', context }]);
    expect(rig.log.errors).toEqual([]);
    expect(rig.log.warnings).toEqual([]);
  });

  it.each<[string, AllowRequest]>([
    [
      'throws',
      () => {
        throw new Error('x');
      },
    ],
    ['is rejected', () => Promise.reject(new Error('x'))],
  ])('refuses a client if it %s, and logs the error', async (_, allowRequest) => {
    const rig = await startEngine({ allowRequest });
    const errors = errorsOf(rig);
    expect(await upgrade(rig, TARGET)).toBe(FORBIDDEN);
    expect(errors).toEqual([{ code: 4, message: 'Forbidden', context: { name: 'ASKING_FAILED' } }]);
    expect(rig.log.errors).toEqual([
      ['refusing a client: a function given as cors.origin or allowRequest failed', new Error('x')],
    ]);
  });

  it('uses only the first answer', async () => {
    const rig = await startEngine({
      allowRequest: (_, callback) => {
        callback(null, true);
        callback('no', false);
        throw new Error('too late');
      },
    });
    await expectAccepted(rig, TARGET);
    expect(rig.engine.clientsCount).toBe(1);
  });

  it('gets the request', async () => {
    const seen: unknown[] = [];
    const rig = await startEngine({
      allowRequest: ({ url, headers }, callback) => {
        seen.push(url, headers['x-token']);
        callback(null, true);
      },
    });
    await expectAccepted(rig, TARGET, { 'X-Token': 't' });
    expect(seen).toEqual([TARGET, 't']);
  });

  it('passes on messages that the client sends while it is pending', async () => {
    const asked = new Inbox<() => void>();
    const rig = await startEngine({ allowRequest: (_, callback) => asked.push(() => callback(null, true)) });
    const client = await openRaw(rig.port);
    client.write(handshake());
    const allow = await asked.next();
    client.write(masked(0x81, '4early'));
    allow();
    const { told } = await rig.accepted.next();
    expect(await told.next()).toEqual(['text', '4early']);
  });
});

describe('a client that disconnects', () => {
  it.each([true, false])('does no harm during allowRequest, answered with %s', async (allow) => {
    const { rig, asked } = await hesitant();
    const client = await openRaw(rig.port);
    client.write(handshake());
    const { answer, gone } = await asked.next();
    client.reset();
    await gone;
    answer(allow);
    await turn();
    expect(rig.engine.clientsCount).toBe(0);
    expect(rig.log.errors).toEqual([]);
    expect(rig.log.debugs).toEqual(
      allow
        ? ['a client left during its handshake']
        : ['refused a client: Forbidden "{\\"name\\":\\"ALLOW_REQUEST\\"}"'],
    );
  });

  it.each([true, false])('does no harm at the moment of the answer, %s', async (allow) => {
    const { rig, asked } = await hesitant();
    const client = await openRaw(rig.port);
    client.write(handshake());
    const { answer, gone } = await asked.next();
    client.reset(); // the server has not noticed yet when it writes
    answer(allow);
    await gone;
    await turn();
    expect(rig.engine.clientsCount).toBe(0);
    expect(rig.log.errors).toEqual([]);
  });

  it('does no harm if it ended its side during allowRequest', async () => {
    const { rig, asked } = await hesitant();
    const client = await openRaw(rig.port);
    client.write(handshake());
    const { answer, gone } = await asked.next();
    client.socket.end();
    await new Promise<void>((resolve) => {
      rig.sockets[0]?.once('end', resolve);
      rig.sockets[0]?.resume();
    });
    answer(true);
    await gone;
    expect(await client.readAll()).toBe('');
    expect(rig.engine.clientsCount).toBe(0);
  });

  it('does no harm right after it was refused', async () => {
    const rig = await startEngine();
    const client = await openRaw(rig.port);
    const closed = new Promise<void>((resolve) => {
      rig.sockets[0]?.once('close', () => resolve());
    });
    rig.engine.on('connection_error', () => client.reset());
    client.write(handshake('/socket.io/'));
    await closed;
    await expectAlive(rig);
  });

  it('does no harm right after it was accepted', async () => {
    const rig = await startEngine();
    const client = await openRaw(rig.port);
    rig.engine.once('connection', () => client.reset());
    client.write(handshake());
    const { told } = await rig.accepted.next();
    expect(await told.next()).toEqual(['close', 'transport close']);
    await expectAlive(rig);
  });

  it('does no harm at a path that is not served', async () => {
    const rig = await startEngine();
    const client = await openRaw(rig.port);
    const closed = new Promise<void>((resolve) => {
      rig.sockets[0]?.once('close', () => resolve());
    });
    client.write(handshake('/elsewhere'));
    await rig.upgrades.next();
    client.reset();
    await closed;
    rig.clock.advance(1_000);
    await expectAlive(rig);
  });

  it('does no harm in the middle of a request', async () => {
    const rig = await startEngine();
    const client = await openRaw(rig.port);
    const closed = new Promise<void>((resolve) => {
      rig.sockets[0]?.once('close', () => resolve());
    });
    client.write('GET /socket.io/?EIO=4 HT');
    await turn();
    client.reset();
    await closed;
    await expectAlive(rig);
  });
});

describe('a plain request', () => {
  const polling = '/socket.io/?EIO=4&transport=polling&t=abc';
  const hint = "this server accepts WebSocket only: set transports: ['websocket'] in the options of the client";

  it.each(['GET', 'POST'])('for long polling is answered with a hint, for %s', async (method) => {
    const rig = await startEngine({}, otherHttp());
    const errors = errorsOf(rig);
    const { status, headers, body } = await ask(rig.port, polling, {
      method,
      headers: { Origin: 'http://evil.example' },
    });
    expect(status).toBe(400);
    expect(body).toBe(`{"code":0,"message":"Transport unknown","hint":"${hint}"}`);
    expect(headers['content-type']).toBe('application/json');
    expect(headers['access-control-allow-origin']).toBe('http://evil.example');
    expect(errors).toEqual([{ code: 0, message: 'Transport unknown', context: { transport: 'polling' } }]);
  });

  it('for long polling is logged as a warning once a minute', async () => {
    const rig = await startEngine({}, otherHttp());
    const warning =
      "a client asked for long polling, which is not served: set transports: ['websocket'] in its options";
    for (let i = 0; i < 3; i++) await ask(rig.port, polling);
    expect(rig.log.warnings).toEqual([warning]);
    rig.clock.advance(59_999);
    await ask(rig.port, polling);
    expect(rig.log.warnings).toEqual([warning]);
    rig.clock.advance(1);
    await ask(rig.port, polling);
    expect(rig.log.warnings).toEqual([warning, `${warning} (3 more since the last such line)`]);
  });

  it('without its Upgrade header is logged as a warning once a minute', async () => {
    const rig = await startEngine({}, otherHttp());
    for (let i = 0; i < 3; i++) await ask(rig.port, TARGET);
    expect(rig.log.warnings).toEqual([expect.stringMatching(/^a WebSocket request arrived without Upgrade/)]);
    rig.clock.advance(60_000);
    await ask(rig.port, TARGET);
    expect(rig.log.warnings[1]).toMatch(/ \(2 more since the last such line\)$/);
  });

  it('is answered if it is a preflight', async () => {
    const rig = await startEngine({}, otherHttp());
    const { status, headers, body } = await ask(rig.port, polling, {
      method: 'OPTIONS',
      headers: { Origin: 'http://shop.example', 'Access-Control-Request-Method': 'GET' },
    });
    expect([status, body, headers['access-control-allow-origin']]).toEqual([204, '', 'http://shop.example']);
    expect(rig.log.warnings).toEqual([]); // the request that follows is reported instead
  });

  it.each<[string, string, string, string]>([
    [
      'without its Upgrade header',
      TARGET,
      'GET',
      '{"code":3,"message":"Bad request","hint":"this is a plain HTTP request: a proxy between client and server may have removed its headers Upgrade and Connection"}',
    ],
    ['with a sid', `${TARGET}&sid=x`, 'GET', '{"code":1,"message":"Session ID unknown"}'],
    ['of another method', TARGET, 'POST', '{"code":2,"message":"Bad handshake method"}'],
    ['without a query', '/socket.io', 'GET', `{"code":0,"message":"Transport unknown","hint":"${hint}"}`],
  ])('%s is answered', async (_, target, method, expected) => {
    const rig = await startEngine({}, otherHttp());
    const { status, body } = await ask(rig.port, target, { method });
    expect([status, body]).toEqual([400, expected]);
  });

  it('at another path is left to the other listeners, in their order', async () => {
    const calls: unknown[] = [];
    const http = createServer(function (this: unknown, request, response) {
      calls.push(this, request.url);
      response.write('first ');
    });
    http.on('request', (_, response) => response.end('second'));
    const rig = await startEngine({}, http);
    const { status, body } = await ask(rig.port, '/elsewhere?EIO=4&transport=polling');
    expect([status, body]).toEqual([200, 'first second']);
    expect(calls).toEqual([http, '/elsewhere?EIO=4&transport=polling']);
    await ask(rig.port, polling);
    expect(calls).toHaveLength(2);
  });

  it('reaches either the engine or the other listeners, never both', async () => {
    const rig = await startEngine({ path: '/ws' }, otherHttp());
    expect((await ask(rig.port, '/ws/')).status).toBe(400);
    expect((await ask(rig.port, '/socket.io/')).body).toBe('other');
    expect((await ask(rig.port, '/wsx')).body).toBe('other');
  });

  it.each([
    '//',
    '/%',
    '/%zz?%&%%=%',
    '*',
    '/?',
    '//socket.io/?EIO=4&transport=websocket',
    'http://',
    'http://[/socket.io/',
    'http://localhost/socket.io/',
    `/${'a'.repeat(15_000)}`,
    `/${'%'.repeat(15_000)}`,
    `/?${'a&'.repeat(7_000)}`,
  ])('for %j is left to the other listeners', async (target) => {
    const rig = await startEngine({}, otherHttp());
    const client = await openRaw(rig.port);
    client.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    expect(await client.readAll()).toMatch(/\r\n\r\n5\r\nother\r\n|\r\n\r\nother$/);
    const upgrading = await openRaw(rig.port);
    upgrading.write(handshake(target));
    await rig.upgrades.next();
    rig.clock.advance(1_000);
    expect(await upgrading.readAll()).toBe('');
    await expectAlive(rig);
  });

  it.each([
    ['of many names', `/socket.io/?${'a&'.repeat(7_000)}`],
    ['of question marks', `/socket.io/?${'?'.repeat(14_000)}`],
    ['that cannot be decoded', '/socket.io/?%&%%=%'],
  ])('with a query %s is refused like any other', async (_, target) => {
    const rig = await startEngine();
    expect((await ask(rig.port, target)).status).toBe(400);
    expect(await upgrade(rig, target)).toBe(NO_TRANSPORT);
    expect(rig.log.debugs.every((line) => line.length < 300)).toBe(true);
  });
});

describe('a plain request below the path', () => {
  const BELOW = ['/socket.io/default/', '/socket.io/x', '/socket.io/%00', '/socket.io//', '/socket.io/../x'];
  const body =
    '{"code":3,"message":"Bad request","hint":"nothing is served at this path: clients connect to /socket.io/ (their option path)"}';

  it.each(BELOW)('is refused: %s', async (target) => {
    const rig = await startEngine({}, otherHttp());
    const errors = errorsOf(rig);
    for (const method of ['GET', 'POST']) {
      const answer = await ask(rig.port, `${target}?EIO=4&transport=polling`, { method, headers: { Origin: 'null' } });
      expect([answer.status, answer.body, answer.headers['access-control-allow-origin']]).toEqual([400, body, 'null']);
    }
    expect(errors).toEqual(
      ['GET', 'POST'].map(() => ({ code: 3, message: 'Bad request', context: { name: 'UNKNOWN_PATH' } })),
    );
    expect(rig.log.warnings).toEqual([]);
  });

  it('is refused by an HTTP server without other listeners', async () => {
    const rig = await startEngine();
    expect((await ask(rig.port, '/socket.io/default/')).status).toBe(400);
  });

  it('is answered if it is a preflight, and not reported', async () => {
    const rig = await startEngine();
    const errors = errorsOf(rig);
    const headers = { Origin: 'http://a.test', 'Access-Control-Request-Method': 'GET' };
    expect((await ask(rig.port, '/socket.io/x', { method: 'OPTIONS', headers })).status).toBe(204);
    expect(errors).toEqual([]);
  });

  it('is left to the other listeners after the server has been closed', async () => {
    const rig = await startEngine({}, otherHttp());
    await rig.engine.close();
    expect((await ask(rig.port, '/socket.io/x')).body).toBe('other');
  });

  it('is left to the engine with the longer path, whichever is attached first', async () => {
    for (const paths of [
      ['/socket.io', '/socket.io/chat'],
      ['/socket.io/chat', '/socket.io'],
    ]) {
      const [first, second] = paths.map((path) => ({ path })) as [EngineOptions, EngineOptions];
      const rig = await startEngine(first, otherHttp());
      const other = await startEngine(second);
      other.engine.attach(rig.http);
      const hints = async (target: string): Promise<unknown> => (await ask(rig.port, target)).body;
      expect(await hints('/socket.io/chat/')).toMatch(/"Transport unknown"/);
      expect(await hints('/socket.io/chat/x')).toMatch(/clients connect to \/socket\.io\/chat\/ /);
      expect(await hints('/socket.io/chatter')).toMatch(/clients connect to \/socket\.io\/ /);
    }
  });

  it('is left to the other listeners if the path is /', async () => {
    const rig = await startEngine({ path: '/' }, otherHttp());
    expect((await ask(rig.port, '/x')).body).toBe('other');
  });
});
