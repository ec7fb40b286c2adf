/** Compression, which is off by default: what it keeps for each connection, and what a message may expand to. */
import { deflateRawSync, constants } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openRawWs, openWs } from '../../support/engine-clients.js';
import { hostileScene } from '../../support/hostile-scene.js';

const scene = hostileScene();

describe('with perMessageDeflate', () => {
  it('a client that offers a choice is answered with a window of 12 bits, and can use it', async () => {
    await scene.restart({ perMessageDeflate: true });
    scene.rig.server.on('connection', (socket) => {
      socket.on('echo', (text: string, answer: (text: string) => void) => answer(text));
    });
    const client = await openWs(scene.rig.port, { perMessageDeflate: true });
    const { _extensions } = client.ws as unknown as { _extensions: Record<string, { params: object }> };
    expect(_extensions['permessage-deflate']?.params).toEqual({
      client_max_window_bits: 12,
      server_no_context_takeover: true,
    });
    client.ws.send('40');
    await client.next();
    const text = Array.from({ length: 20_000 }, (_, i) => i.toString(36)).join(' ');
    for (let i = 0; i < 3; i++) {
      client.ws.send(`42${i}["echo","${text}"]`);
      expect(await client.next()).toBe(`43${i}["${text}"]`);
    }
    await scene.neighbour.idle();
  });

  it('a message that expands beyond maxHttpBufferSize closes only its connection', async () => {
    await scene.restart({ perMessageDeflate: true });
    const client = await openRawWs(scene.rig.port, { 'Sec-WebSocket-Extensions': 'permessage-deflate' });
    const bomb = deflateRawSync(Buffer.alloc(100_000_000, 'x'), { finishFlush: constants.Z_SYNC_FLUSH });
    const before = process.memoryUsage().rss;
    const frame = Buffer.alloc(14 + bomb.length);
    frame.set([0xc1, 0xff, 0, 0, 0, 0]); // FIN, RSV1, text; masked with zeros
    frame.writeUInt32BE(bomb.length, 6);
    frame.set(bomb, 14);
    client.write(frame);
    expect((await client.read(4)).toString('hex')).toBe('880203f1'); // close, 1009
    client.reset();
    expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000);
    await scene.neighbour.idle();
  });
});
