/** Parsers of the application that throw: in a timer, no caller would catch the exception. */
import * as jsonParser from 'socket.io-parser';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Parser } from '../../../lib/protocol/internal.js';
import { ConnectionRefused, type ServerOptions } from '../../../lib/server/internal.js';
import { turn } from '../../support/engine-rig.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { deferred, type ServerRig, startServer } from '../../support/server-rig.js';

const { CONNECT, DISCONNECT, EVENT, CONNECT_ERROR } = jsonParser.PacketType;

/** The types of packet that cannot be encoded at present. */
const broken = new Set<jsonParser.PacketType>();

class BrittleEncoder extends jsonParser.Encoder {
  override encode(packet: jsonParser.Packet): ReturnType<jsonParser.Encoder['encode']> {
    if (broken.has(packet.type)) throw new Error('broken parser');
    return super.encode(packet);
  }
}

const parser: Parser = { Encoder: BrittleEncoder, Decoder: jsonParser.Decoder };

const escaped: unknown[] = [];
const escape = (error: unknown): unknown => escaped.push(error);

beforeEach(() => void process.on('uncaughtException', escape).on('unhandledRejection', escape));

afterEach(async () => {
  broken.clear();
  await turn();
  await cleanUp();
  process.off('uncaughtException', escape).off('unhandledRejection', escape);
  expect(escaped.splice(0)).toEqual([]);
});

const FAILURE = ['closing connection: unexpected error while handling a message', new Error('broken parser')];

const start = (options: ServerOptions = {}): Promise<ServerRig> => startServer({ parser, ...options });

describe('a parser that throws', () => {
  it('in the timer of connectTimeout closes that connection, and is logged', async () => {
    const rig = await start();
    rig.of('/slow').onConnect(() => new Promise(() => {}));
    const [healthy] = await rig.join();
    const client = await rig.open();
    client.send('40/slow,');
    await expect.poll((): boolean => rig.of('/slow').isEmpty).toBe(false);
    broken.add(CONNECT_ERROR);
    rig.clock.advance(46_000);
    expect(await client.closed).toEqual({ code: 1000 });
    expect(rig.log.errors).toContainEqual(FAILURE);
    expect(rig.of('/slow').isEmpty).toBe(true);
    await healthy.idle();
  });

  it('for the data of a refusal refuses without the data', async () => {
    const rig = await start();
    rig.of('/closed').onConnect(() => Promise.reject(new ConnectionRefused('no', { why: 1n })));
    const client = await rig.open();
    client.send('40/closed,');
    expect(await client.next()).toBe('44/closed,{"message":"Internal server error"}');
    await client.join();
  });

  it.each([
    ['at once', false, false],
    ['after a connect handler', true, false],
    ['before the connect handlers', true, true],
  ])('for the answer to a CONNECT, %s, closes that connection', async (_, handled, acceptFirst) => {
    const rig = await start({ acceptFirst });
    if (handled) rig.of('/').onConnect(() => Promise.resolve());
    const [healthy] = await rig.join();
    const connected: unknown[] = [];
    rig.server.on('connection', (socket) => connected.push(socket));
    broken.add(CONNECT);
    const client = await rig.open();
    client.send('40');
    expect(await client.closed).toEqual({ code: 1000 });
    expect(rig.log.errors).toContainEqual(FAILURE);
    await expect.poll(() => rig.server.sockets.sockets.size).toBe(1);
    expect(connected).toEqual([]);
    await healthy.idle();
  });

  it('for a DISCONNECT closes the connection, in a timer too', async () => {
    const rig = await start();
    const [healthy] = await rig.join();
    const [client, socket] = await rig.join();
    broken.add(DISCONNECT);
    rig.clock.after(100, () => socket.disconnect());
    rig.clock.advance(100);
    expect(await client.closed).toEqual({ code: 1000 });
    expect(socket.connected).toBe(false);
    expect(rig.log.errors).toContainEqual(FAILURE);
    await healthy.idle();
  });

  it('in the callback of an acknowledgement that timed out is logged', async () => {
    const rig = await start();
    const [client, socket] = await rig.join();
    socket.timeout(100).emit('ask', () => socket.emit('late'));
    expect(await client.next()).toBe('420["ask"]');
    broken.add(EVENT);
    rig.clock.advance(100);
    expect(rig.log.errors).toEqual([['the acknowledgement callback of "ask" in / failed', new Error('broken parser')]]);
    broken.clear();
    await client.idle();
  });

  it('for an event throws to the caller of emit, and rejects emitWithAck', async () => {
    const rig = await start();
    const [client, socket] = await rig.join();
    broken.add(EVENT);
    expect(() => socket.emit('e')).toThrow('broken parser');
    expect(() => rig.server.emit('e')).toThrow('broken parser');
    expect(() => rig.server.to('room').emit('e')).toThrow('broken parser');
    await expect(socket.emitWithAck('e')).rejects.toThrow('broken parser');
    await expect(rig.server.timeout(100).emitWithAck('e')).rejects.toThrow('broken parser');
    broken.clear();
    await client.idle();
  });

  it('when the server closes does not keep it open', async () => {
    const rig = await start();
    const [client] = await rig.join();
    rig.of('/').onDisconnect((socket) => void socket.disconnect(true));
    for (const type of [CONNECT, DISCONNECT, EVENT, CONNECT_ERROR]) broken.add(type);
    const gate = deferred();
    rig.server.close().then(gate.resolve, gate.reject);
    await client.closed;
    await gate.promise;
  });
});
