/** MessagePack over real sockets: the stock client with its own parser, and clients that announce what they do not send. */
import { MessageBody } from '@nestjs/websockets';
import { Event, Gateway } from 'nest-socketio';
import { TestClient } from 'nest-socketio/testing';
import * as stockParser from 'socket.io-msgpack-parser';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Socket } from '../../../lib/server/internal.js';
import { cpuOf } from '../../support/cpu.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { ask, next } from '../../support/events.js';
import { serve } from '../../support/nest-rig.js';
import { type ServerRig, startServer } from '../../support/server-rig.js';
import { bytes } from '../../support/wire.js';

let rig: ServerRig;

beforeEach(async () => {
  rig = await startServer({ parser: 'msgpack' });
});

afterEach(cleanUp);

async function join(options: object = {}): Promise<[ReturnType<ServerRig['stock']>, Socket]> {
  const client = rig.stock('/', { parser: stockParser, ...options });
  await next(client, 'connect');
  return [client, rig.server.sockets.sockets.get(client.id as string) as Socket];
}

const VALUES: readonly (readonly [string, unknown])[] = [
  ['texts', ['', 'é😀', 'x'.repeat(70_000)]],
  ['numbers', [0, -1, 1.5, 2 ** 31, 2 ** 53 - 1, -(2 ** 53) + 1]],
  ['nothing', [null, true, false]],
  ['nested data', { a: { b: [{ c: [[]] }] }, '': 1, '1': 2 }],
  ['bytes', { list: [bytes('0102'), Buffer.alloc(0), Buffer.alloc(100_000, 7)] }],
  ['dates', [new Date(0), new Date(1e12 + 1)]],
];

describe('the stock client with socket.io-msgpack-parser', () => {
  it.each(VALUES)('sends and receives %s, events and acknowledgements', async (_, value) => {
    const [client, socket] = await join();
    socket.on('echo', (given: unknown, ack: (value: unknown, more: unknown) => void) => ack(given, 'more'));
    expect(await ask(client, 'echo', value)).toEqual([value, 'more']);
    const heard = next(client, 'news');
    rig.server.emit('news', value, value);
    expect(await heard).toEqual([value, value]);
    client.on('ask', (given: unknown, ack: (value: unknown) => void) => ack(given));
    expect(await socket.emitWithAck('ask', value)).toEqual(value);
  });

  it('sends and receives undefined, as an argument and in lists', async () => {
    const [client, socket] = await join();
    const heard: unknown[][] = [];
    socket.on('e', (...args: unknown[]) => heard.push(args));
    client.emit('e', undefined, [undefined, 1], 'x');
    socket.on('echo', (given: unknown, ack: (...values: unknown[]) => void) => ack(given, undefined, 'x'));
    expect(await ask(client, 'echo', undefined)).toEqual([undefined, undefined, 'x']);
    expect(heard).toEqual([[undefined, [undefined, 1], 'x']]);
  });

  it('sends typed arrays and ArrayBuffers, which arrive as bytes', async () => {
    const [client, socket] = await join();
    const [eight, one] = [Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1), Uint8Array.of(0)];
    const arrived = next(socket, 'e');
    client.emit('e', eight.buffer, one.buffer, Uint16Array.of(1, 2));
    expect((await arrived).map((value) => Buffer.from(value as Uint8Array).toString('hex'))).toEqual([
      '0000000000000001',
      '00',
      '01000200',
    ]);
    const heard = next(client, 'e');
    socket.emit('e', eight.buffer, one.buffer);
    expect(await heard).toEqual([Buffer.from(eight), Buffer.from(one)]);
  });

  it('joins a namespace with auth, is refused by another, leaves, and is disconnected', async () => {
    const [client] = await join();
    const told: unknown[] = [];
    rig.of('/auth').on('connection', (socket) => told.push(socket.handshake.auth));
    rig.of('/closed').use((_socket, next) => next(Object.assign(new Error('no'), { data: { at: [1] } })));
    const inside = client.io.socket('/auth', { auth: { token: 'x', since: new Date(1) } });
    await next(inside, 'connect');
    expect(told).toEqual([{ token: 'x', since: new Date(1) }]);
    const outside = client.io.socket('/closed');
    expect(await next(outside, 'connect_error')).toEqual([
      expect.objectContaining({ message: 'no', data: { at: [1] } }),
    ]);
    inside.disconnect();
    await expect.poll(() => rig.of('/auth').sockets.size).toBe(0);
    const dropped = next(client, 'disconnect');
    rig.server.disconnectSockets();
    expect((await dropped)[0]).toBe('io server disconnect');
  });

  it('gets broadcasts with acknowledgements', async () => {
    const clients = [await join(), await join()];
    clients.forEach(([client], i) => client.on('ask', (ack: (answer: number) => void) => ack(i)));
    expect((await rig.server.timeout(1_000).emitWithAck('ask')).toSorted((a, b) => a - b)).toEqual([0, 1]);
  });

  it('is refused by code if its auth weighs too much', async () => {
    const client = rig.stock('/', { parser: stockParser, auth: { list: Array.from({ length: 300 }, () => ({})) } });
    const [error] = await next<[Error & { data: unknown }]>(client, 'connect_error');
    expect(error.data).toEqual({ code: 'too_large', limit: 16_384 });
    expect(rig.server.engine.limitCounts.connectWeight).toBe(1);
  });

  it('gets nothing if a value cannot be encoded: emit throws', async () => {
    const [client, socket] = await join();
    const heard = vi.fn();
    client.onAny(heard);
    expect(() => socket.emit('e', 1n)).toThrow('[object BigInt]');
    expect(() => rig.server.emit('e', { list: [1n] })).toThrow('[object BigInt]');
    await expect(socket.emitWithAck('e', 1n)).rejects.toThrow('[object BigInt]');
    const last = next(client, 'last');
    socket.emit('last');
    await last;
    expect(heard).toHaveBeenCalledTimes(1);
  });
});

/** Messages of a few bytes, for which a decoder would allocate gigabytes or loop for seconds. */
const LIES: readonly (readonly [string, string])[] = [
  ['an array of 4,294,967,295 items in five bytes', 'ddffffffff'],
  ['a map of 4,294,967,295 members', 'dfffffffff'],
  ['a text of 4,294,967,295 bytes', 'dbffffffff'],
  ['bytes of 4,294,967,295', 'c6ffffffff'],
  ['an extension of 4,294,967,295 bytes', 'c9ffffffff00'],
  ['twelve arrays of 33,554,431 items in sixty bytes', 'dd01ffffff'.repeat(12)],
  ['an array of that size as data', '83a47479706502a36e7370a12fa464617461ddffffffff'],
];

describe('a message that announces more than it holds', () => {
  it.each(LIES)('costs no memory and no time, and ends that connection alone: %s', async (_, hex) => {
    const [healthy, socket] = await join();
    socket.on('echo', (given: unknown, ack: (value: unknown) => void) => ack(given));
    const clients = await Promise.all(Array.from({ length: 20 }, () => rig.open()));
    const before = process.memoryUsage();
    const cpu = await cpuOf(async () => {
      for (const client of clients) client.send(bytes(hex));
      for (const { closed } of clients) expect(await closed).toEqual({ code: 1002 });
    });
    expect(cpu).toBeLessThan(1_000); // ms for twenty; it was 6,000 for one
    const after = process.memoryUsage();
    expect(after.rss - before.rss).toBeLessThan(100_000_000); // it was 3,200 MB for one
    expect(await ask(healthy, 'echo', 'alive')).toEqual(['alive']);
  });

  it.each([
    ['trailing bytes', '83a47479706502a36e7370a12fa46461746191a16500'],
    ['text', '2["e"]'],
    ['a key __proto__', '83a47479706502a36e7370a12fa46461746192a16581a95f5f70726f746f5f5f80'],
    ['100,001 arrays', `83a47479706503a36e7370a12fa464617461dd000186a1${'90'.repeat(100_001)}`],
  ])('and one with %s end the connection', async (_, message) => {
    const [healthy] = await join();
    const client = await rig.open();
    client.send(message.startsWith('2[') ? `4${message}` : bytes(message));
    expect(await client.closed).toEqual({ code: 1002 });
    expect(healthy.connected).toBe(true);
    expect({}).not.toHaveProperty('admin');
  });
});

@Gateway()
class Echo {
  @Event('echo')
  echo(@MessageBody() value: unknown): unknown {
    return value;
  }
}

describe('in a Nest application', () => {
  it("the option parser: 'msgpack' serves the stock client and the test client", async () => {
    const running = await serve([Echo], { server: { parser: 'msgpack' } });
    const client = await running.join('/', { parser: stockParser });
    expect(await ask(client, 'echo', [new Date(5), bytes('01')])).toEqual([[new Date(5), bytes('01')]]);
    const inMemory = await TestClient.connect(running.app, '/', { parser: 'msgpack' });
    expect(await inMemory.emitWithAck('echo', [new Date(5), bytes('01')])).toEqual([new Date(5), bytes('01')]);
    await inMemory.disconnect();
  });
});
