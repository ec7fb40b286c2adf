import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  type HandshakeRefusal,
  refusal,
  RefusalLog,
  REFUSALS,
  refuseRequest,
  refuseUpgrade,
  statusOf,
} from '../../../lib/engine/handshake/refusal.js';
import { ask, handshake, openRaw } from '../../support/engine-clients.js';
import { cleanUp, onCleanUp } from '../../support/engine-clean-up.js';
import { Inbox } from '../../support/engine-inbox.js';
import { RecordingLog } from '../../support/engine-rig.js';

afterEach(cleanUp);

/** Starts an HTTP server with these handlers. @returns its port */
async function serve(
  onRequest: (request: IncomingMessage, response: ServerResponse) => void,
  onUpgrade: (request: IncomingMessage, socket: Duplex) => void = () => {},
): Promise<number> {
  const http = createServer(onRequest);
  const sockets = new Set<Duplex>();
  http.on('upgrade', onUpgrade).on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve);
  });
  onCleanUp(() => {
    for (const socket of sockets) socket.destroy();
    http.close();
  });
  return (http.address() as AddressInfo).port;
}

/** Starts a server that refuses every request. @returns its port */
function refusing(refused: HandshakeRefusal): Promise<number> {
  return serve(
    (request, response) => refuseRequest(request, response, refused),
    (_, socket) => refuseUpgrade(socket, refused, statusOf(refused)),
  );
}

describe('refusal', () => {
  it('uses the message of its code by default', () => {
    expect(refusal(4, {})).toEqual({ code: 4, message: 'Forbidden', context: {} });
  });

  it('uses the given message and hint', () => {
    expect(refusal(4, { a: 1 }, 'log in first', 'who are you?')).toEqual({
      code: 4,
      message: 'who are you?',
      hint: 'log in first',
      context: { a: 1 },
    });
  });

  it('has the codes and messages of Engine.IO, and two for limits', () => {
    expect(REFUSALS).toEqual({
      0: 'Transport unknown',
      1: 'Session ID unknown',
      2: 'Bad handshake method',
      3: 'Bad request',
      4: 'Forbidden',
      5: 'Unsupported protocol version',
      6: 'Server is busy',
      7: 'Too many connections',
    });
  });
});

describe('statusOf', () => {
  it.each([
    [0, 400],
    [1, 400],
    [2, 400],
    [3, 400],
    [4, 403],
    [5, 400],
    [6, 503],
    [7, 429],
  ] as const)('answers code %i with %i', (code, status) => {
    expect(statusOf(refusal(code, {}))).toBe(status);
  });
});

describe('refuseRequest', () => {
  it('answers JSON with code, message and hint, and without the context', async () => {
    const port = await refusing(refusal(0, { transport: 'polling' }, 'use another'));
    const { status, headers, body } = await ask(port, '/');
    expect(status).toBe(400);
    expect(body).toBe('{"code":0,"message":"Transport unknown","hint":"use another"}');
    expect(headers['content-type']).toBe('application/json');
    expect(headers.connection).toBe('close');
  });

  it('leaves out a missing hint', async () => {
    const port = await refusing(refusal(4, {}));
    const { status, body } = await ask(port, '/');
    expect([status, body]).toEqual([403, '{"code":4,"message":"Forbidden"}']);
  });

  it('says when to try again', async () => {
    const port = await refusing({ ...refusal(6, {}), retryAfter: 7 });
    const { status, headers, body } = await ask(port, '/', { headers: { Origin: 'https://shop.example' } });
    expect([status, body]).toEqual([503, '{"code":6,"message":"Server is busy"}']);
    expect(headers).toMatchObject({ 'retry-after': '7', 'access-control-allow-origin': 'https://shop.example' });
  });

  it('lets every page read the answer', async () => {
    const port = await refusing(refusal(0, {}));
    const { headers } = await ask(port, '/', { headers: { Origin: 'https://shop.example' } });
    expect(headers['access-control-allow-origin']).toBe('https://shop.example');
    expect(headers['access-control-allow-credentials']).toBe('true');
    expect(headers.vary).toBe('Origin');
  });

  it('lets a page with the null origin read it, too', async () => {
    const port = await refusing(refusal(0, {}));
    const { headers } = await ask(port, '/', { headers: { Origin: 'null' } });
    expect(headers['access-control-allow-origin']).toBe('null');
  });

  it.each([{}, { Origin: 'http://sh\u00f6p.example' }])('sends no CORS headers to %j', async (headers) => {
    const port = await refusing(refusal(3, {}));
    const answer = await ask(port, '/', { headers });
    expect(answer.status).toBe(400);
    expect(Object.keys(answer.headers)).toEqual(['content-type', 'content-length', 'connection', 'date']);
  });

  it('answers a preflight', async () => {
    const port = await refusing(refusal(0, {}));
    const { status, headers, body } = await ask(port, '/', {
      method: 'OPTIONS',
      headers: { Origin: 'https://shop.example', 'Access-Control-Request-Method': 'POST' },
    });
    expect([status, body]).toEqual([204, '']);
    expect(headers).toMatchObject({
      'access-control-allow-origin': 'https://shop.example',
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'Authorization, Content-Type',
      vary: 'Origin',
    });
  });

  it('answers without reading the body', async () => {
    const port = await refusing(refusal(0, {}));
    const client = await openRaw(port);
    client.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nabc');
    expect(await client.readAll()).toMatch(
      /^HTTP\/1\.1 400 Bad Request\r\n[^]*\{"code":0,"message":"Transport unknown"\}$/,
    );
  });
});

describe('refuseUpgrade', () => {
  it.each([
    [
      refusal(5, {}, 'a hint'),
      'HTTP/1.1 400 Bad Request\r\n' +
        'Connection: close\r\n' +
        'Content-Type: text/plain; charset=utf-8\r\n' +
        'Content-Length: 36\r\n' +
        '\r\n' +
        'Unsupported protocol version: a hint',
    ],
    [
      refusal(4, {}, undefined, 'zut\u00e9\r\nX: y'),
      'HTTP/1.1 403 Forbidden\r\n' +
        'Connection: close\r\n' +
        'Content-Type: text/plain; charset=utf-8\r\n' +
        'Content-Length: 11\r\n' +
        '\r\n' +
        'zut\u00e9\r\nX: y',
    ],
    [
      { ...refusal(7, {}), retryAfter: 3 },
      'HTTP/1.1 429 Too Many Requests\r\n' +
        'Connection: close\r\n' +
        'Content-Type: text/plain; charset=utf-8\r\n' +
        'Content-Length: 20\r\n' +
        'Retry-After: 3\r\n' +
        '\r\n' +
        'Too many connections',
    ],
  ])('answers, and ends the connection', async (refused, answer) => {
    const client = await openRaw(await refusing(refused));
    client.write(handshake());
    expect(await client.readAll()).toBe(answer);
  });

  it('ends the connection even if the client keeps its side open', async () => {
    const closed = new Inbox<'closed'>();
    const port = await serve(
      () => {},
      (_, socket) => {
        socket.on('close', () => closed.push('closed'));
        refuseUpgrade(socket, refusal(4, {}), 403);
      },
    );
    const client = await openRaw(port);
    client.socket.allowHalfOpen = true;
    client.write(handshake());
    expect(await closed.next()).toBe('closed');
  });

  it.each<[string, (socket: Duplex) => void]>([
    ['was ended', (socket) => void socket.end()],
    ['was destroyed', (socket) => void socket.destroy()],
  ])('writes nothing on a socket that %s, and destroys it', async (_, spoil) => {
    const refusedSockets = new Inbox<Duplex>();
    const port = await serve(
      () => {},
      (_, socket) => {
        spoil(socket);
        refuseUpgrade(socket, refusal(4, {}), 403);
        refusedSockets.push(socket);
      },
    );
    const client = await openRaw(port);
    client.write(handshake());
    expect((await refusedSockets.next()).destroyed).toBe(true);
    expect(await client.readAll()).toBe('');
  });
});

function recordingRefusals() {
  const log = new RecordingLog();
  let now = 0;
  const refusals = new RefusalLog(log, () => now);
  const request = { headers: { origin: 'https://a.test', host: 'b.test' }, socket: {} } as IncomingMessage;
  return {
    log,
    wait: (ms: number) => (now += ms),
    write: (refused: ReturnType<typeof refusal>, from = request) => refusals.write(from, refused),
  };
}

describe('RefusalLog', () => {
  it('says who was refused, and why', () => {
    const debug = vi.fn();
    const warn = vi.fn();
    const refusals = new RefusalLog({ debug, warn, error: vi.fn() }, () => 0);
    const request = { headers: {}, socket: { remoteAddress: '10.0.0.7' } } as IncomingMessage;
    refusals.write(request, refusal(4, { name: 'HOST', host: 'evil.example' }));
    refusals.write(request, refusal(1, {}));
    const fields = { address: '10.0.0.7', reason: 'HOST' };
    expect(warn.mock.calls).toEqual([[expect.any(String), fields]]);
    expect(debug.mock.calls).toEqual([
      [expect.any(String), fields],
      [expect.any(String), { address: '10.0.0.7', reason: 'Session ID unknown' }],
    ]);
  });

  it('writes a debug line for each refusal, with an error as its message', () => {
    const { log, write } = recordingRefusals();
    write(refusal(1, { sid: 'x' }));
    write(refusal(3, { name: 'MIDDLEWARE_FAILURE', error: new Error('x') }));
    expect(log.debugs).toEqual([
      'refused a client: Session ID unknown "{\\"sid\\":\\"x\\"}"',
      'refused a client: Bad request "{\\"name\\":\\"MIDDLEWARE_FAILURE\\",\\"error\\":\\"Error: x\\"}"',
    ]);
    expect(log.warnings).toEqual([]);
  });

  it('warns of long polling and of foreign origins, each once a minute', () => {
    const { log, write, wait } = recordingRefusals();
    const polling = refusal(0, {});
    const foreign = refusal(4, { name: 'ORIGIN' });
    for (const refused of [polling, foreign, polling, foreign]) write(refused);
    const first = [
      "a client asked for long polling, which is not served: set transports: ['websocket'] in its options",
      expect.stringMatching(
        /^refused a client from origin "https:\/\/a\.test", because its request is for the host "b\.test": /,
      ),
    ];
    expect(log.warnings).toEqual(first);
    wait(60_000);
    write(polling);
    expect(log.warnings[2]).toBe(`${String(first[0])} (1 more since the last such line)`);
  });

  it('warns of a host that is not allowed, apart from foreign origins', () => {
    const { log, write } = recordingRefusals();
    for (const name of ['ORIGIN', 'HOST', 'HOST']) write(refusal(4, { name, host: 'evil.example\n' }));
    expect(log.warnings.slice(1)).toEqual([
      expect.stringMatching(
        /^refused a client that asked for the host "evil\.example\\n": if this server has that name, /,
      ),
    ]);
  });

  it('accepts requests without headers', () => {
    const { log, write } = recordingRefusals();
    write(refusal(4, { name: 'ORIGIN' }), { headers: {}, socket: {} } as IncomingMessage);
    expect(log.warnings).toEqual([
      'refused a client from origin "", because its request is for the host "": to allow that origin, set cors: { origin: [""] }',
    ]);
  });

  it.each([
    [refusal(5, { protocol: '3' }), /^refused a client of Socket\.IO 2: .*update the client to Socket\.IO 3 or later$/],
    [refusal(3, { name: 'TRANSPORT_HANDSHAKE_ERROR' }), /^a WebSocket request arrived without Upgrade and Connection/],
  ])('warns of %j once a minute', (refused, text) => {
    const { log, write } = recordingRefusals();
    for (let i = 0; i < 3; i++) write(refused);
    expect(log.warnings).toEqual([expect.stringMatching(text)]);
    expect(log.debugs).toHaveLength(3);
  });

  it('names the host that a trusted proxy forwards', () => {
    const log = new RecordingLog();
    const headers = { origin: 'https://a.test', host: 'internal', 'x-forwarded-host': 'b.test' };
    const request = { headers, socket: { remoteAddress: '10.0.0.1' } } as unknown as IncomingMessage;
    new RefusalLog(
      log,
      () => 0,
      (address) => address === '10.0.0.1',
    ).write(request, refusal(4, { name: 'ORIGIN' }));
    expect(log.warnings).toEqual([expect.stringContaining('its request is for the host "b.test"')]);
  });
});
