/** Mistakes of a client below Engine.IO: WebSocket frames and TCP segments. */
import { describe, expect, it } from 'vitest';
import type { Socket } from '../../../lib/server/internal.js';
import { ACCEPTED, handshake, masked, openRaw, openRawWs, type RawClient } from '../../support/engine-clients.js';
import { turn } from '../../support/engine-rig.js';
import { hostileScene } from '../../support/hostile-scene.js';
import { deferred } from '../../support/server-rig.js';

const scene = hostileScene();

/** The first byte of each kind of frame. */
const [TEXT, CLOSE, PING, PONG] = [0x81, 0x88, 0x89, 0x8a];

const FENCE = masked(TEXT, '421["fence"]');

interface RawSubject {
  readonly client: RawClient;
  readonly socket: Socket;
  readonly ended: Promise<[reason: string, message: string]>;
}

/** Opens a client in `/` that writes raw bytes. */
async function joinRaw(): Promise<RawSubject> {
  const client = await openRawWs(scene.rig.port);
  client.write(masked(TEXT, '40'));
  const sid = String((await client.readFrame()).payload).slice('40{"sid":"'.length, -2);
  const socket = scene.rig.server.sockets.sockets.get(sid) as Socket;
  const ended = new Promise<[string, string]>((resolve) => {
    socket.on('disconnect', (reason, error) => resolve([reason, error instanceof Error ? error.message : '']));
  });
  return { client, socket, ended };
}

/** Resolves when the server has handled everything the client wrote; fails if it sent anything else. */
async function idle(client: RawClient): Promise<void> {
  client.write(FENCE);
  expect(String((await client.readFrame()).payload)).toBe('431[]');
}

describe('a frame against RFC 6455', () => {
  const INVALID = 'Invalid WebSocket frame: ';

  it.each<[what: string, hex: string, code: number, message: string]>([
    ['RSV bits', 'f18000000000', 1002, `${INVALID}RSV2 and RSV3 must be clear`],
    ['RSV1 without compression', 'c18000000000', 1002, `${INVALID}RSV1 must be clear`],
    ['an unknown opcode', '838000000000', 1002, `${INVALID}invalid opcode 3`],
    ['no mask', '810134', 1002, `${INVALID}MASK must be set`],
    ['a message that is not UTF-8', '81820000000034ff', 1007, `${INVALID}invalid UTF-8 sequence`],
    ['half a surrogate pair', '81840000000034eda080', 1007, `${INVALID}invalid UTF-8 sequence`],
    ['a message cut inside a character', '81830000000034f09f', 1007, `${INVALID}invalid UTF-8 sequence`],
    ['a continuation of nothing', '808000000000', 1002, `${INVALID}invalid opcode 0`],
    ['a new message inside another', '01810000000034818100000000', 1002, `${INVALID}invalid opcode 1`],
    ['a control frame in fragments', '098000000000', 1002, `${INVALID}FIN must be set`],
    ['a long control frame', '89fe000000000000', 1002, `${INVALID}invalid payload length 126`],
    ['more than maxHttpBufferSize', '81ff00000000000f424100000000', 1009, 'Max payload size exceeded'],
    [
      'an impossible length',
      '81ffffffffffffffffff00000000',
      1009,
      'Unsupported WebSocket frame: payload length > 2^53 - 1',
    ],
    ['a close frame of one byte', '88810000000003', 1002, `${INVALID}invalid payload length 1`],
    ['a close reason that is not UTF-8', '88830000000003e8ff', 1007, `${INVALID}invalid UTF-8 sequence`],
  ])('ends the connection: %s', async (_what, hex, code, message) => {
    const { client, ended } = await joinRaw();
    client.write(Buffer.from(hex, 'hex'));
    const { first, payload } = await client.readFrame();
    expect([first, payload.readUInt16BE(), payload.length]).toEqual([CLOSE, code, 2]);
    expect(await ended).toEqual(['transport error', message]);
  });

  it.each([0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535])(
    'ends the connection: close code %i, which is none for the wire',
    async (code) => {
      const { client, ended } = await joinRaw();
      client.write(masked(CLOSE, Buffer.from([code >> 8, code & 0xff])));
      const { payload } = await client.readFrame();
      expect(payload.readUInt16BE()).toBe(1002);
      expect(await ended).toEqual(['transport error', `${INVALID}invalid status code ${code}`]);
    },
  );

  it.each([1000, 1001, 1009, 3000, 4999])('is none with close code %i, which is answered', async (code) => {
    const { client, ended } = await joinRaw();
    client.write(masked(CLOSE, Buffer.from([code >> 8, code & 0xff])));
    const { first, payload } = await client.readFrame();
    expect([first, payload.readUInt16BE()]).toEqual([CLOSE, code]);
    client.socket.end();
    expect(await ended).toEqual(['transport close', '']);
  });
});

describe('frames during the handshake', () => {
  it.each([
    ['a bad one', 'f18000000000', '880203ea'],
    ['too large a one', '81ff00000000000f424100000000', '880203f1'],
  ])('are checked after the 101 while allowRequest decides: %s', async (_what, hex, close) => {
    const [asked, go] = [deferred(), deferred()];
    await scene.restart({
      allowRequest: ({ headers }, callback) => {
        if (headers['x-wait'] === undefined) return callback(null, true);
        asked.resolve();
        return void go.promise.then(() => callback(null, true));
      },
    });
    const client = await openRaw(scene.rig.port);
    client.write(handshake(undefined, { 'X-Wait': '1' }));
    await asked.promise;
    client.write(Buffer.from(hex, 'hex'));
    await scene.neighbour.idle();
    go.resolve();
    expect(await client.readText(ACCEPTED)).toBe(ACCEPTED);
    expect(String((await client.readFrame()).payload)).toMatch(/^0\{/); // is sent together with the 101
    expect((await client.read(4)).toString('hex')).toBe(close);
    await expect.poll(() => scene.rig.server.engine.clientsCount).toBe(1);
  });

  it('are handled in order when they arrive in one segment with it', async () => {
    const client = await openRaw(scene.rig.port);
    client.write(Buffer.concat([Buffer.from(handshake()), masked(TEXT, '40'), FENCE]));
    expect(await client.readText(ACCEPTED)).toBe(ACCEPTED);
    expect(String((await client.readFrame()).payload)).toMatch(/^0\{/);
    expect(String((await client.readFrame()).payload)).toMatch(/^40\{/);
    expect(String((await client.readFrame()).payload)).toBe('431[]');
  });
});

describe('messages in many pieces', () => {
  it('are assembled from segments of one byte', async () => {
    const { client, socket } = await joinRaw();
    const told = new Promise((resolve) => {
      socket.once('e', resolve);
    });
    client.socket.setNoDelay(true);
    for (const byte of masked(TEXT, `42["e","${'é'.repeat(200)}"]`)) {
      client.write(Buffer.of(byte));
      await turn();
    }
    expect(await told).toBe('é'.repeat(200));
    await idle(client);
  });

  it('end the connection at more than 1,024 fragments', async () => {
    const { client, ended } = await joinRaw();
    const part = masked(0x00, 'x');
    client.write(Buffer.concat([masked(0x01, '42["e"'), ...Array.from({ length: 1_024 }, () => part)]));
    expect((await client.read(4)).toString('hex')).toBe('880203f0'); // close, 1008
    expect(await ended).toEqual(['transport error', 'Too many message fragments']);
  });

  it('may have pings between them', async () => {
    const { client } = await joinRaw();
    client.write(Buffer.concat([masked(0x01, '421["fe'), masked(PING, 'p'), masked(0x80, 'nce"]')]));
    expect((await client.readFrame()).first).toBe(PONG);
    expect(String((await client.readFrame()).payload)).toBe('431[]');
  });
});

describe('a flood of WebSocket pings', () => {
  it('is answered while the client reads', async () => {
    const { client } = await joinRaw();
    for (let round = 0; round < 50; round++) {
      client.write(Buffer.concat(Array.from({ length: 50 }, () => masked(PING, 'p'))));
      for (let i = 0; i < 50; i++) expect((await client.readFrame()).first).toBe(PONG);
    }
    await idle(client);
  });
});
