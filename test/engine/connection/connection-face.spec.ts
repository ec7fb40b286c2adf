/** The public API of a connection, Socket.IO's `socket.conn`. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { Transport } from '../../../lib/engine/connection/connection-face.js';
import type { EnginePacket } from '../../../lib/engine/connection/shown-packets.js';
import type { EngineOptions } from '../../../lib/engine/engine-options.js';
import { Message } from '../../../lib/engine/connection/message.js';
import { masked, openRawWs, openWs } from '../../support/engine-clients.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { startEngine, turn } from '../../support/engine-rig.js';

afterEach(async () => {
  vi.restoreAllMocks();
  await cleanUp();
});

/** Starts a server with one client. */
async function connected(options: EngineOptions = {}) {
  const rig = await startEngine(options);
  const client = await openWs(rig.port);
  const recorder = await rig.accepted.next();
  return { rig, client, recorder, connection: recorder.connection };
}

describe('the properties', () => {
  it('are those of Engine.IO', async () => {
    const { connection } = await connected();
    const { protocol, remoteAddress, upgrading, upgraded, readyState } = connection;
    expect({ protocol, remoteAddress, upgrading, upgraded, readyState }).toEqual({
      protocol: 4,
      remoteAddress: '127.0.0.1',
      upgrading: false,
      upgraded: false,
      readyState: 'open',
    });
  });

  it('show the messages that wait for the end of the turn', async () => {
    const { connection } = await connected();
    expect(connection.writeBuffer).toEqual([]);
    connection.queue(Message.of('2["a"]'));
    connection.ping();
    expect(connection.writeBuffer).toEqual([
      { type: 'message', data: '2["a"]', options: { compress: true } },
      { type: 'ping', options: { compress: false } },
    ]);
    await turn();
    expect(connection.writeBuffer).toEqual([]);
  });
});

describe('send and write', () => {
  it('send text and bytes as messages, after earlier ones', async () => {
    const { client, connection } = await connected();
    connection.queue(Message.of('2["a"]'));
    expect(connection.send('hi').write(Uint8Array.of(1, 2))).toBe(connection);
    expect(await client.next()).toBe('42["a"]');
    expect(await client.next()).toBe('4hi');
    expect(await client.next()).toEqual(Buffer.of(1, 2));
  });

  it('call back with the transport when the system has accepted the message', async () => {
    const { client, connection, rig } = await connected();
    const called = await new Promise((resolve) => connection.send('a', {}, resolve));
    expect(called).toBe(connection.transport);
    expect(await new Promise((resolve) => connection.send('b', resolve))).toBe(connection.transport);
    expect([await client.next(), await client.next()]).toEqual(['4a', '4b']);
    await new Promise<void>((resolve) => {
      connection.send('c', () => {
        setImmediate(resolve);
        throw new Error('x');
      });
    });
    expect(rig.log.errors).toEqual([['a callback of send of a connection failed', new Error('x')]]);
  });

  it('do not call back once the connection has ended', async () => {
    const { connection } = await connected();
    const callback = vi.fn<() => void>();
    connection.send('a', callback);
    connection.close();
    connection.send('b', callback);
    await turn();
    await turn();
    expect(callback).not.toHaveBeenCalled();
  });

  it('do not call back if the message cannot be written', async () => {
    const { connection, recorder } = await connected();
    const callback = vi.fn<() => void>();
    vi.spyOn(recorder.socket, 'write').mockImplementation((...args: unknown[]) => {
      (args[1] as ((error: Error) => void) | undefined)?.(new Error('EPIPE'));
      return false;
    });
    connection.send('a', callback);
    await turn();
    expect(callback).not.toHaveBeenCalled();
  });

  it('throw for anything else', async () => {
    const { connection } = await connected();
    expect(() => connection.send(1 as never)).toThrow('an Engine.IO message must be a string or bytes, got number');
  });
});

describe('close', () => {
  it('sends pending messages first', async () => {
    const { client, connection, recorder } = await connected();
    connection.send('last');
    connection.close();
    expect(await client.next()).toBe('4last');
    expect(await client.closed).toBe(1000);
    expect(await recorder.told.next()).toEqual(['close', 'forced close']);
  });

  it('drops pending messages if told to', async () => {
    const { client, connection } = await connected();
    connection.send('last');
    connection.close(true);
    expect(await client.closed).toBe(1000);
    expect(client.inbox.waiting).toEqual([]);
  });
});

describe('the events', () => {
  it('show incoming packets before they are handled', async () => {
    const { client, connection, recorder } = await connected();
    const seen: unknown[] = [];
    connection
      .on('packet', (packet) => seen.push(['packet', packet]))
      .on('data', (data) => seen.push(['data', data]))
      .on('message', (data) => seen.push(['message', data]))
      .on('heartbeat', () => seen.push(['heartbeat']));
    recorder.react = (text) => seen.push(['handled', text]);
    client.ws.send('4a');
    client.ws.send('4');
    client.ws.send('3');
    client.ws.send(Buffer.of(1));
    await recorder.told.take(3);
    expect(seen).toEqual([
      ['packet', { type: 'message', data: 'a' }],
      ['data', 'a'],
      ['message', 'a'],
      ['handled', '4a'],
      ['packet', { type: 'message' }],
      ['data', ''],
      ['message', ''],
      ['handled', '4'],
      ['packet', { type: 'pong' }],
      ['heartbeat'],
      ['packet', { type: 'message', data: Buffer.of(1) }],
      ['data', Buffer.of(1)],
      ['message', Buffer.of(1)],
    ]);
  });

  it('show outgoing packets, and when they are written', async () => {
    const { client, connection } = await connected();
    const seen: unknown[] = [];
    connection
      .on('packetCreate', ({ type, data }) => seen.push([type, data]))
      .on('flush', (packets) => seen.push(['flush', packets.length]))
      .on('drain', () => seen.push(['drain']));
    connection.send('a');
    connection.queue(Message.of(['51-["b"]', Uint8Array.of(1)]));
    await client.inbox.take(3);
    expect(seen).toEqual([
      ['message', 'a'],
      ['message', '51-["b"]'],
      ['message', Buffer.of(1)],
      ['flush', 3],
      ['drain'],
    ]);
  });

  it('show written packets to the listeners of the server, too', async () => {
    const { client, connection, rig } = await connected();
    const seen: unknown[] = [];
    rig.engine.on('flush', (conn, packets: EnginePacket[]) => seen.push(['flush', conn, packets[0]?.data]));
    rig.engine.on('drain', (conn) => seen.push(['drain', conn]));
    connection.send('a');
    await client.next();
    expect(seen).toEqual([
      ['flush', connection, 'a'],
      ['drain', connection],
    ]);
  });

  it('show the end once, after the handler was notified', async () => {
    const { client, connection, recorder } = await connected();
    const ends: unknown[] = [];
    const end = new Promise<void>((resolve) => {
      connection.once('close', (reason, description) => {
        ends.push(reason, description, recorder.told.waiting.at(-1));
        resolve();
      });
    });
    client.ws.close();
    await end;
    connection.close();
    expect(ends).toEqual(['transport close', undefined, ['close', 'transport close']]);
  });

  it('do not reach a removed listener', async () => {
    const { client, connection, recorder } = await connected();
    const listener = vi.fn<() => void>();
    connection.on('packet', listener).removeListener('packet', listener);
    client.ws.send('4a');
    await recorder.told.next();
    expect(listener).not.toHaveBeenCalled();
  });

  it('do no harm if a listener throws', async () => {
    const { client, connection, recorder, rig } = await connected();
    connection.on('packet', () => {
      throw new Error('x');
    });
    client.ws.send('4a');
    expect(await recorder.told.next()).toEqual(['text', '4a']);
    expect(rig.log.errors).toEqual([['a listener of "packet" of a connection failed', new Error('x')]]);
  });

  it('may end the connection, and the packet is not handled any more', async () => {
    const { client, connection, recorder } = await connected();
    connection.on('packet', () => connection.close());
    client.ws.send('4a');
    expect(await client.closed).toBe(1000);
    expect(await recorder.told.next()).toEqual(['close', 'forced close']);
  });

  it('may end the connection after a write, and nothing follows the close', async () => {
    const rig = await startEngine();
    const client = await openRawWs(rig.port);
    const { connection } = await rig.accepted.next();
    connection.on('flush', () => connection.close());
    connection.send('a');
    expect((await client.readFrame()).payload.toString()).toBe('4a');
    const { first, payload } = await client.readFrame();
    expect([first, payload.readUInt16BE()]).toEqual([0x88, 1000]);
    client.write(masked(0x88, payload));
    expect(await client.readAll()).toBe('');
  });
});

describe('transport', () => {
  it('wraps the WebSocket, and is always the same object', async () => {
    const rig = await startEngine();
    await openRawWs(rig.port);
    const { connection } = await rig.accepted.next();
    const { transport } = connection;
    expect(transport.name).toBe('websocket');
    expect(transport.socket).toBeInstanceOf(WebSocket);
    expect(connection.transport).toBe(transport);
    expect(Transport.of(transport.socket as WebSocket)).toBe(transport);
  });

  it('is writable while nothing is waiting, until the connection ends', async () => {
    const rig = await startEngine();
    const client = await openRawWs(rig.port);
    const { connection } = await rig.accepted.next();
    expect(connection.transport.writable).toBe(true);
    client.socket.pause();
    const large = Message.of('x'.repeat(65_000));
    for (let i = 0; connection.bufferedAmount === 0 && i < 1_000; i++) {
      connection.queue(large);
      await turn();
    }
    expect(connection.transport.writable).toBe(false);
    client.socket.resume();
    connection.close();
    expect(connection.transport.writable).toBe(false);
  });
});
