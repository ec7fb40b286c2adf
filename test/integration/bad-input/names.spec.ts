/** Names and keys with a meaning in JavaScript: they are plain data, wherever a client puts them. */
import { Server } from 'nest-socketio';
import { afterEach, describe, expect, it } from 'vitest';
import { startClientApp } from '../../support/client-app.js';
import { BYTES, hostileScene, PART } from '../../support/hostile-scene.js';
import { next, PLATFORMS } from '../../support/nest-app.js';

const scene = hostileScene();

const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__defineGetter__',
  'then',
  'error',
  'connection',
  'message',
  '*',
  '',
];

const POLLUTED = '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}';

afterEach(() => {
  expect(Reflect.get({}, 'admin')).toBeUndefined();
  expect(Reflect.get([], 'admin')).toBeUndefined();
  expect(Reflect.get(() => {}, 'admin')).toBeUndefined();
});

/** Expects an object to have these as its own keys, and to inherit nothing from them. */
function expectHarmless(value: unknown): void {
  expect(Object.keys(value as object)).toEqual(['__proto__', 'constructor']);
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  expect(Reflect.get(value as object, 'admin')).toBeUndefined();
}

describe('an event', () => {
  it.each(NAMES)('named "%s" finds no handler unless one was registered', async (name) => {
    const [client, { nsp }] = await scene.rig.join('/other');
    client.send(`42/other,1["${name}","x"]`);
    await client.idle('/other');
    expect(nsp.unhandledEvents).toBe(1);
  });

  it.each(NAMES)('named "%s" finds its handler, its listener and its catch-all listener', async (name) => {
    const [heard, other] = [[] as unknown[][], scene.rig.of('/other')];
    if (name !== '*') other.onEvent(name, (_socket, { data }) => void heard.push(['handler', ...data]));
    const [client, socket] = await scene.rig.join('/other');
    socket.on(name, (...args: unknown[]) => heard.push(['listener', name, ...args]));
    socket.onAny((...event: unknown[]) => event[0] !== 'fence' && heard.push(['any', ...event]));
    client.send(`42/other,["${name}","x"]`);
    await client.idle('/other');
    expect(heard.map((line) => line.slice(1))).toEqual(heard.map(() => [name, 'x']));
    // The listeners of `error` are for the server's own errors.
    const handler = name === '*' ? [] : ['handler'];
    expect(heard.map(([who]) => who)).toEqual(['any', ...handler, ...(name === 'error' ? [] : ['listener'])]);
  });

  it.each(NAMES)('named "%s" can be emitted, to one and to a room of that name', async (name) => {
    const { client, socket } = await scene.join();
    socket.join(name);
    socket.emit(name, name);
    scene.rig.server.to(name).emit(name, name);
    for (let i = 0; i < 2; i++) expect(await client.next()).toBe(`42["${name}","${name}"]`);
    expect(socket.rooms).toEqual(new Set([socket.id, name]));
    socket.leave(name);
    scene.rig.server.to(name).emit(name, name);
    await client.idle();
  });

  it.each(PLATFORMS)('of a gateway finds none of its other members, on %s', async (platform) => {
    const running = await startClientApp(platform);
    const client = running.connect();
    await next(client, 'connect');
    for (const name of [...NAMES, 'leaves', 'enter', 'chat']) client.emit(name, 'x');
    expect(await client.emitWithAck('echo', 'alive')).toBe('alive');
    expect(running.app.get(Server).sockets.unhandledEvents).toBe(NAMES.length + 3);
  });
});

describe('keys', () => {
  it('of auth are data', async () => {
    const client = await scene.open();
    client.send(`40${POLLUTED}`);
    const sid = String(await client.next()).slice('40{"sid":"'.length, -2);
    expectHarmless(scene.rig.server.sockets.sockets.get(sid)?.handshake.auth);
    const [remote] = await scene.rig.server.in(sid).fetchSockets();
    expectHarmless(remote?.handshake.auth);
    await client.idle();
  });

  it('of payloads are data, attachments included', async () => {
    const { client, told } = await scene.join();
    client.send(`42["e",${POLLUTED}]`, `451-["e",${POLLUTED.replace('true', PART)}]`, BYTES);
    await client.idle();
    for (const event of told) expectHarmless(event[2]);
    expect(told).toHaveLength(2);
  });

  it('of acknowledgements are data', async () => {
    const { client, socket } = await scene.join();
    const answer = socket.emitWithAck('ask');
    expect(await client.next()).toBe('420["ask"]');
    client.send(`430[${POLLUTED}]`);
    expectHarmless(await answer);
  });

  it('of the query and of headers are data', async () => {
    const query = '&__proto__=x&__proto__[admin]=true&constructor=y&hasOwnProperty=z&a=1&a=2';
    const [client, socket] = await scene.rig.join('/', { query, headers: { ['__proto__']: 'x', constructor: 'y' } });
    const { handshake } = socket;
    expect(Object.keys(handshake.query)).toEqual(
      expect.arrayContaining([
        'EIO',
        'transport',
        '__proto__',
        '__proto__[admin]',
        'constructor',
        'hasOwnProperty',
        'a',
      ]),
    );
    expect([handshake.query['a'], handshake.query['admin'], handshake.headers['admin']]).toEqual([
      ['1', '2'],
      undefined,
      undefined,
    ]);
    await client.idle();
  });

  it('arrive unchanged when they are sent back', async () => {
    const { client, socket } = await scene.join();
    socket.on('ask', (body: unknown, ack: (body: unknown) => void) => ack(body));
    client.send(`427["ask",${POLLUTED}]`);
    expect(await client.next()).toBe(`437[${POLLUTED}]`);
    await client.idle();
  });
});
