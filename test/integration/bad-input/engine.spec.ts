/** Mistakes of a client below Socket.IO: Engine.IO packets, sizes, heartbeats. */
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../lib/errors.js';
import { hostileScene, type Subject } from '../../support/hostile-scene.js';

const scene = hostileScene();

describe('an Engine.IO packet', () => {
  const CLOSING: readonly (readonly [text: string, code: number, reason: string, described: boolean])[] = [
    ['1', 1000, 'transport close', false],
    ['2', 1002, 'transport error', true],
    ['2probe', 1002, 'transport error', true],
    ['7', 1002, 'parse error', true],
    ['abc', 1002, 'parse error', true],
    ['', 1002, 'parse error', true],
    [' 3', 1002, 'parse error', true],
    ['bAQI=', 1002, 'parse error', true],
    ['b!', 1002, 'parse error', true],
  ];

  it.each(CLOSING)('closes the connection: "%s"', async (text, code, reason, described) => {
    const { client, told } = await scene.join();
    client.send(text);
    expect(await client.closed).toEqual({ code });
    const description = described ? expect.any(ProtocolError) : undefined;
    expect(told).toEqual([
      ...(described ? [['error', description]] : []),
      ['disconnecting', reason, description],
      ['disconnect', reason, description],
    ]);
  });

  it.each(['text', 'binary'])('that is larger than maxHttpBufferSize closes the connection: %s', async (kind) => {
    const { client, told } = await scene.join();
    const large = Buffer.alloc(1_000_001, '4');
    client.send(kind === 'text' ? large.toString() : large);
    expect(await client.closed).toEqual({ code: 1009 });
    expect(told.at(-1)).toEqual(['disconnect', 'transport error', expect.any(RangeError)]);
  });

  it('opens the connection with exactly five keys', async () => {
    const client = await scene.open();
    expect(client.greeting).toMatch(
      /^0\{"sid":"[\w-]{20}","upgrades":\[\],"pingInterval":1000000000,"pingTimeout":20000,"maxPayload":1000000\}$/,
    );
  });
});

describe('a heartbeat', () => {
  /** A ping is due 25 s after the last pong, its pong within 20 s; both at most 1/64 late. */
  const PINGED = 25_400;
  const LOST = 20_400;

  /** Opens a client and advances the clock to its ping. The neighbour is pinged too, and answers. */
  async function pinged(): Promise<Subject> {
    await scene.restart({ pingInterval: 25_000, pingTimeout: 20_000 });
    const subject = await scene.join();
    scene.rig.clock.advance(PINGED);
    expect([await subject.client.next(), await scene.neighbour.next()]).toEqual(['2', '2']);
    scene.neighbour.send('3');
    await scene.neighbour.idle();
    return subject;
  }

  it('that is not answered ends the connection', async () => {
    const { client, told } = await pinged();
    scene.rig.clock.advance(LOST);
    expect(await client.closed).toEqual({ code: 1006 });
    expect(told).toEqual([
      ['disconnecting', 'ping timeout', undefined],
      ['disconnect', 'ping timeout', undefined],
    ]);
  });

  it('that is answered is followed by the next', async () => {
    const { client, told } = await pinged();
    client.send('3');
    await client.idle();
    scene.rig.clock.advance(LOST);
    await client.idle();
    scene.rig.clock.advance(PINGED - LOST);
    expect([await client.next(), await scene.neighbour.next()]).toEqual(['2', '2']);
    expect(told).toEqual([]);
  });

  it('restarts the timeout for a client that sends something else', async () => {
    const { client, told } = await pinged();
    await client.idle();
    scene.rig.clock.advance(LOST);
    await client.idle();
    expect(told).toEqual([]);
    scene.rig.clock.advance(LOST);
    expect(await client.closed).toEqual({ code: 1006 });
    expect(told.at(-1)).toEqual(['disconnect', 'ping timeout', undefined]);
    expect(await scene.neighbour.next()).toBe('2');
  });
});
