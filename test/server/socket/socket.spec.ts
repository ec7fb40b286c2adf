import { afterEach, describe, expect, it, vi } from 'vitest';
import { ProtocolError } from '../../../lib/errors.js';
import { PacketType } from '../../../lib/protocol/internal.js';
import { ConnectionRefused, type DisconnectReason, type Namespace, type Socket } from '../../../lib/server/internal.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { turn } from '../../support/engine-rig.js';
import { deferred, type ServerRig, startServer, told } from '../../support/server-rig.js';
import type { WireClient } from '../../support/server-wire.js';

afterEach(cleanUp);

const PARTS = ['{"_placeholder":true,"num":0}', '{"_placeholder":true,"num":1}'];
const bytes = (hex: string) => Buffer.from(hex, 'hex');

/** A client in `/` whose CONNECT is being decided until `go` is resolved. */
async function startUndecided(options = {}) {
  const rig = await startServer(options);
  rig.of('/other'); // joining it is a fence: the server has then read all earlier packets
  const [asked, go] = [deferred<Socket>(), deferred()];
  rig.server.sockets.onConnect((socket) => {
    asked.resolve(socket);
    return go.promise;
  });
  const client = await rig.open();
  client.send('40');
  return { rig, client, go, socket: await asked.promise };
}

describe('a socket', () => {
  it('has an id that cannot be guessed, and is in the room of that name', async () => {
    const rig = await startServer();
    const ids = new Set<string>();
    for (let i = 0; i < 5; i++) {
      const [, socket] = await rig.join();
      expect(socket.id).toMatch(/^[\w-]{20}$/);
      expect(socket.rooms).toEqual(new Set([socket.id]));
      ids.add(socket.id);
    }
    expect(ids.size).toBe(5);
  });

  it('knows whether it is connected', async () => {
    const rig = await startServer();
    const [, socket] = await rig.join();
    expect([socket.connected, socket.disconnected]).toEqual([true, false]);
    socket.disconnect();
    expect([socket.connected, socket.disconnected]).toEqual([false, true]);
  });

  it('has headers, an address and a user, as HTTP guards expect', async () => {
    const rig = await startServer();
    const [, socket] = await rig.join();
    expect(socket.headers).toBe(socket.handshake.headers);
    expect(socket.ip).toBe('127.0.0.1');
    expect(socket.user).toBeUndefined();
    socket.user = { name: 'Ann' };
    expect(socket.user).toEqual({ name: 'Ann' });
  });

  it('has the user that a middleware of the handshake set, until the application sets another', async () => {
    const rig = await startServer({
      use: [
        (request, _response, next) => {
          Object.assign(request, { user: { name: 'Bob' } });
          next();
        },
      ],
    });
    rig.of('/chat');
    const [client, socket] = await rig.join();
    await client.join('/chat');
    const other = [...rig.server.of('/chat').sockets.values()][0];
    expect(socket.user).toEqual({ name: 'Bob' });
    socket.user = null;
    expect(socket.user).toBeNull();
    socket.user = undefined;
    expect(socket.user).toBeUndefined();
    expect(other?.user).toEqual({ name: 'Bob' });
  });

  it("has an object for the application's data, which may be replaced", async () => {
    const rig = await startServer();
    const [, socket] = await rig.join();
    expect(socket.data).toEqual({});
    socket.data.name = 'Ann';
    expect(socket.data).toEqual({ name: 'Ann' });
    socket.data = { name: 'Bob' };
    expect(socket.data).toEqual({ name: 'Bob' });
  });

  it('shows the handshake of its client', async () => {
    const rig = await startServer({ cors: { origin: 'http://app.test' } });
    const client = await rig.open({ query: '&room=x', headers: { origin: 'http://app.test', cookie: 'a=b' } });
    const before = Date.now();
    client.send('40{"token":"t","__proto__":{"admin":true}}');
    await client.next();
    const socket = [...rig.server.sockets.sockets.values()][0] as Socket;
    const { handshake } = socket;
    expect(handshake).toMatchObject({
      address: '127.0.0.1',
      xdomain: true,
      secure: false,
      url: '/socket.io/?EIO=4&transport=websocket&room=x',
      query: { EIO: '4', transport: 'websocket', room: 'x' },
      headers: { origin: 'http://app.test', cookie: 'a=b' },
    });
    expect(Object.keys(handshake.auth)).toEqual(['token', '__proto__']);
    expect(handshake.auth['admin']).toBeUndefined();
    expect(handshake.issued).toBeGreaterThanOrEqual(before);
    expect(handshake.time).toBe(new Date(handshake.issued).toString());
    expect(socket.handshake).toBe(handshake);
    expect(socket.request).toBe(socket.conn.request);
  });

  it('has an empty auth if the client sent none', async () => {
    const rig = await startServer();
    const [, socket] = await rig.join();
    expect(socket.handshake).toMatchObject({ auth: {}, xdomain: false });
  });
});

describe('an emitted event', () => {
  it('is sent as one packet, in order', async () => {
    const rig = await startServer();
    const [client, socket] = await rig.join();
    socket.emit('said', 'hello', { a: [1, null] });
    socket.send('text', 2);
    socket.emit('nothing');
    expect(await client.next()).toBe('42["said","hello",{"a":[1,null]}]');
    expect(await client.next()).toBe('42["message","text",2]');
    expect(await client.next()).toBe('42["nothing"]');
  });

  it('carries binary parts at any depth', async () => {
    const rig = await startServer();
    rig.of('/x');
    const [client, socket] = await rig.join('/x');
    socket.emit('file', { a: [bytes('01')], b: new Uint8Array([2, 3]).buffer }, 'end');
    expect(await client.next()).toBe(`452-/x,["file",{"a":[${PARTS[0]}],"b":${PARTS[1]}},"end"]`);
    expect(await client.next()).toEqual(bytes('01'));
    expect(await client.next()).toEqual(bytes('0203'));
  });

  it('is encoded when it is emitted: later changes to its arguments have no effect', async () => {
    const rig = await startServer();
    const [client, socket] = await rig.join();
    const [data, part] = [{ a: 1 }, bytes('01')];
    socket.emit('e', data, part);
    data.a = 2;
    part[0] = 9;
    expect(await client.next()).toBe(`451-["e",{"a":1},${PARTS[0]}]`);
    expect(await client.next()).toEqual(bytes('01'));
  });

  it('cannot have a reserved name, too many attachments or endless nesting', async () => {
    const rig = await startServer();
    const [client, socket] = await rig.join();
    const circular: unknown[] = [];
    circular.push(circular);
    expect(() => socket.emit('disconnect')).toThrow(expect.objectContaining({ code: 'RESERVED_EVENT' }));
    expect(() => socket.emit('e', circular)).toThrow(expect.objectContaining({ code: 'VALUE_TOO_DEEP' }));
    const parts = Array.from({ length: 11 }, () => bytes('01'));
    expect(() => socket.emit('e', parts, () => {})).toThrow(expect.objectContaining({ code: 'TOO_MANY_ATTACHMENTS' }));
    socket.emit('ask', () => {});
    expect(await client.next()).toBe('421["ask"]'); // the packet that could not be sent had used id 0
  });

  it('is not sent once the client has left', async () => {
    const rig = await startServer();
    const [client, socket] = await rig.join();
    socket.disconnect();
    expect(socket.emit('e')).toBe(true);
    await expect(socket.emitWithAck('ask')).rejects.toMatchObject({
      code: 'CLIENT_GONE',
      message: 'the client left before it was sent "ask"',
    });
    expect(await client.next()).toBe('41');
    await client.join();
    await client.idle();
  });

  it('is dropped only if it is volatile and the client lags behind', async () => {
    const rig = await startServer({ limits: { bufferedBytes: 100_000_000 }, maxHttpBufferSize: 100_000_000 });
    const [client, socket] = await rig.join();
    socket.volatile.emit('first');
    expect(await client.next()).toBe('42["first"]');
    client.pause();
    const large = 'x'.repeat(30_000_000); // more than the buffers of both ends hold
    socket.emit('large', large);
    await turn();
    expect(socket.conn.bufferedAmount).toBeGreaterThan(0);
    socket.volatile.emit('lost');
    rig.server.volatile.emit('lost');
    socket.emit('kept');
    client.resume();
    expect(await client.next()).toHaveLength(large.length + '42["large",""]'.length);
    expect(await client.next()).toBe('42["kept"]');
    await client.idle();
  });

  it('is compressed if perMessageDeflate is on, unless the application says otherwise', async () => {
    const rig = await startServer({ perMessageDeflate: { threshold: 0 } });
    const [client, socket] = await rig.join('/', { deflate: true });
    const large = 'x'.repeat(10_000);
    const taken = async () => {
      const before = client.bytesReceived;
      expect(await client.next()).toBe(`42["e","${large}"]`);
      return client.bytesReceived - before;
    };
    socket.emit('e', large);
    expect(await taken()).toBeLessThan(1_000);
    socket.compress(false).emit('e', large);
    expect(await taken()).toBeGreaterThan(10_000);
    rig.server.compress(false).emit('e', large);
    expect(await taken()).toBeGreaterThan(10_000);
    rig.server.emit('e', large);
    expect(await taken()).toBeLessThan(1_000);
  });
});

describe('an acknowledgement of the client', () => {
  it('is requested with an id that counts up from 0, and arrives once', async () => {
    const rig = await startServer();
    const [client, socket] = await rig.join();
    const [first, second] = [vi.fn<(...args: unknown[]) => void>(), vi.fn<(...args: unknown[]) => void>()];
    socket.emit('ask', 1, first);
    socket.emit('ask', 2, second);
    expect(await client.next()).toBe('420["ask",1]');
    expect(await client.next()).toBe('421["ask",2]');
    client.send('431["b"]', '430["a",[1]]', '430["again"]', '431["again"]');
    await client.idle();
    expect(first.mock.calls).toEqual([['a', [1]]]);
    expect(second.mock.calls).toEqual([['b']]);
  });

  it('may be empty, and may carry binary parts', async () => {
    const rig = await startServer();
    const [client, socket] = await rig.join();
    const [empty, binary] = [socket.emitWithAck('a'), socket.emitWithAck('b')];
    client.send('430[]', `461-1[{"bytes":${PARTS[0]}}]`, bytes('0102'));
    await expect(empty).resolves.toBeUndefined();
    await expect(binary).resolves.toEqual({ bytes: bytes('0102') });
  });

  it('is ignored if it was not requested', async () => {
    const rig = await startServer();
    const [client, socket] = await rig.join();
    client.send('430["x"]'); // never requested
    await client.idle();
    const callback = vi.fn<() => void>();
    socket.emit('ask', callback);
    expect(await client.next()).toBe('420["ask"]');
    client.send('437["x"]', '43["x"]', '43', `461-9[${PARTS[0]}]`, bytes('01'));
    await client.idle();
    expect(callback).not.toHaveBeenCalled();
  });

  it('is accepted from its own client only', async () => {
    const rig = await startServer();
    const [[, socket], [other]] = [await rig.join(), await rig.join()];
    const callback = vi.fn<() => void>();
    socket.emit('ask', callback);
    other.send('430["forged"]');
    await other.idle();
    expect(callback).not.toHaveBeenCalled();
  });

  it('is awaited for the time given to timeout()', async () => {
    const rig = await startServer();
    const [client, socket] = await rig.join();
    const callback = vi.fn<(error: unknown) => void>();
    socket.timeout(10).emit('ask', callback);
    const late = socket.timeout(10).emitWithAck('ask');
    rig.clock.advance(10);
    client.send('430["late"]');
    await expect(late).rejects.toMatchObject({
      code: 'ACK_TIMEOUT',
      message: 'the client did not acknowledge within 10 ms',
    });
    await client.next();
    await client.next();
    await client.idle();
    expect(callback.mock.calls).toEqual([[expect.objectContaining({ code: 'ACK_TIMEOUT' })]]);
  });

  it('fails at once when the client leaves', async () => {
    const rig = await startServer();
    const [client, socket] = await rig.join();
    const callback = vi.fn<(error: unknown) => void>();
    const answer = socket.emitWithAck('ask');
    socket.timeout(10).emit('ask', callback);
    client.terminate();
    await expect(answer).rejects.toMatchObject({ code: 'CLIENT_GONE' });
    expect(callback.mock.calls).toEqual([[expect.objectContaining({ code: 'CLIENT_GONE' })]]);
  });

  it('is awaited for ackTimeout by call', async () => {
    const rig = await startServer({ ackTimeout: 50 });
    const [, socket] = await rig.join();
    const answer = socket.call('ask');
    rig.clock.advance(50);
    await expect(answer).rejects.toMatchObject({ code: 'ACK_TIMEOUT' });
  });

  it('cannot be requested while limits.pendingAcks are outstanding', async () => {
    const rig = await startServer({ limits: { pendingAcks: 2 } });
    const [client, socket] = await rig.join();
    socket.emit('a', () => {});
    socket.emit('b', () => {});
    expect(() => socket.emit('c', () => {})).toThrow(expect.objectContaining({ code: 'TOO_MANY_ACKS' }));
    await expect(socket.emitWithAck('c')).rejects.toMatchObject({ code: 'TOO_MANY_ACKS' });
    client.send('430[]');
    expect([await client.next(), await client.next()]).toEqual(['420["a"]', '421["b"]']);
    await client.idle();
    expect(() => socket.emit('d', () => {})).not.toThrow();
    expect(await client.next()).toBe('424["d"]');
  });

  it('does not stop a broadcast to the others if one client has too many outstanding', async () => {
    const rig = await startServer({ limits: { pendingAcks: 1 } });
    const [[silent, socket], [other]] = [await rig.join(), await rig.join()];
    socket.emit('a', () => {});
    const answers = rig.server.emitWithAck('ask');
    expect(await other.next()).toBe('421["ask"]');
    other.send('431["yes"]');
    await expect(answers).rejects.toMatchObject({ responses: ['yes'], cause: { code: 'TOO_MANY_ACKS' } });
    expect([await silent.next(), await silent.next()]).toEqual(['420["a"]', '421["ask"]']);
  });

  it('may have a callback that throws or rejects: the error is logged, and the client stays', async () => {
    const rig = await startServer();
    const [client, socket] = await rig.join();
    const [thrown, rejected] = [new Error('thrown'), new Error('rejected')];
    socket.emit('ask', () => {
      throw thrown;
    });
    socket.timeout(10).emit('wait', () => Promise.reject(rejected));
    client.send('430[]');
    await client.next();
    await client.next();
    await client.idle();
    rig.clock.advance(10);
    await turn();
    expect(rig.log.errors).toEqual([
      ['the acknowledgement callback of "ask" in / failed', thrown],
      ['the acknowledgement callback of "wait" in / failed', rejected],
    ]);
    await client.idle();
  });

  it('may have a callback that throws when the client leaves: the other callbacks are called', async () => {
    const rig = await startServer();
    const [client, socket] = await rig.join();
    socket.timeout(10).emit('ask', () => {
      throw new Error('thrown');
    });
    const answer = socket.emitWithAck('ask');
    const gone = told(socket, 'disconnect');
    client.terminate();
    await expect(answer).rejects.toMatchObject({ code: 'CLIENT_GONE' });
    expect(await gone).toEqual(['transport close', undefined]);
  });
});

describe('an acknowledgement to the client', () => {
  it('is a function after the arguments if the client requests one', async () => {
    const rig = await startServer();
    const [client, socket] = await rig.join();
    const calls: unknown[][] = [];
    socket.on('ask', (...args: unknown[]) => {
      calls.push(args);
      const ack = args.at(-1);
      if (typeof ack === 'function') ack('yes', [2]);
    });
    client.send('420["ask",1]', '42["ask",2]');
    expect(await client.next()).toBe('430["yes",[2]]');
    await client.idle();
    expect(calls).toEqual([[1, expect.any(Function)], [2]]);
  });

  it('is sent once, with the arguments of the first call', async () => {
    const rig = await startServer();
    const [client, socket] = await rig.join();
    socket.onAny((_event, ack: unknown) => {
      if (typeof ack === 'function') ack('any');
    });
    socket.on('ask', (ack: (answer?: string) => void) => {
      ack('listener');
      ack();
    });
    client.send('427["ask"]');
    expect(await client.next()).toBe('437["any"]');
    await client.idle();
  });

  it('carries binary parts', async () => {
    const rig = await startServer();
    rig.of('/x');
    const [client, socket] = await rig.join('/x');
    socket.on('ask', (ack: (...answer: unknown[]) => void) => ack({ a: bytes('01') }, bytes('02')));
    client.send('42/x,7["ask"]');
    expect(await client.next()).toBe(`462-/x,7[{"a":${PARTS[0]}},${PARTS[1]}]`);
    expect(await client.next()).toEqual(bytes('01'));
    expect(await client.next()).toEqual(bytes('02'));
  });

  it('may be called again if the first arguments could not be sent', async () => {
    const rig = await startServer();
    const [client, socket] = await rig.join();
    socket.on('ask', (ack: (...answer: unknown[]) => void) => {
      expect(() => ack(1n)).toThrow(TypeError);
      ack('failed');
    });
    client.send('427["ask"]');
    expect(await client.next()).toBe('437["failed"]');
  });

  it('is not sent once the client has left', async () => {
    const rig = await startServer();
    const [client, socket] = await rig.join();
    socket.on('ask', (ack: () => void) => {
      socket.disconnect();
      ack();
    });
    client.send('427["ask"]');
    expect(await client.next()).toBe('41');
    await client.join();
    await client.idle();
  });

  it('belongs to the handler of the namespace if there is one', async () => {
    const rig = await startServer();
    rig.server.sockets.onEvent('ask', (socket, { id, data }) => socket.acknowledge(id as number, [data[1]]));
    const [client, socket] = await rig.join();
    const calls: unknown[][] = [];
    socket.on('ask', (...args) => calls.push(args));
    socket.onAny((...args) => calls.push(args));
    client.send('427["ask",1]');
    expect(await client.next()).toBe('437[1]');
    await client.idle();
    expect(calls.slice(0, 2)).toEqual([['ask', 1], [1]]);
  });
});

describe('rooms', () => {
  it('can be joined and left one by one or several at once', async () => {
    const rig = await startServer();
    const [, socket] = await rig.join();
    socket.join('a');
    socket.join(['b', 'c', socket.id]);
    expect(socket.rooms).toEqual(new Set([socket.id, 'a', 'b', 'c']));
    socket.leave('b');
    socket.leave('unknown');
    expect(socket.rooms).toEqual(new Set([socket.id, 'a', 'c']));
  });

  it('are shown as a copy', async () => {
    const rig = await startServer();
    const [, socket] = await rig.join();
    socket.rooms.add('x');
    expect(socket.rooms).toEqual(new Set([socket.id]));
  });

  it('cannot be joined after the socket has left', async () => {
    const rig = await startServer();
    const [, socket] = await rig.join();
    socket.disconnect();
    socket.join('a');
    expect(socket.rooms).toEqual(new Set());
    expect(rig.server.sockets.adapter.rooms.has('a')).toBe(false);
  });

  it('reach all members except the sender', async () => {
    const rig = await startServer();
    const [[ann, annSocket], [bob, bobSocket], [cid, cidSocket]] = await Promise.all([
      rig.join(),
      rig.join(),
      rig.join(),
    ]);
    annSocket.join('a');
    bobSocket.join(['a', 'b']);
    cidSocket.join('c');
    annSocket.to('a').emit('1');
    annSocket.in(['a', 'b', 'c']).emit('2');
    annSocket.to(annSocket.id).emit('3');
    annSocket.to(cidSocket.id).emit('4');
    annSocket.except('b').emit('5');
    annSocket.broadcast.emit('6');
    annSocket.to([]).emit('7');
    annSocket.local.volatile.to('c').emit('8');
    await ann.idle();
    for (const frame of ['42["1"]', '42["2"]', '42["6"]']) expect(await bob.next()).toBe(frame);
    for (const frame of ['42["2"]', '42["4"]', '42["5"]', '42["6"]', '42["8"]']) expect(await cid.next()).toBe(frame);
    await bob.idle();
    await cid.idle();
  });
});

describe('disconnecting', () => {
  interface Ending {
    readonly reason: DisconnectReason;
    readonly description?: unknown;
    readonly end: (client: WireClient, socket: Socket, rig: ServerRig) => void;
  }

  const ENDINGS: readonly Ending[] = [
    { reason: 'client namespace disconnect', end: (client) => client.send('41') },
    { reason: 'server namespace disconnect', end: (_client, socket) => socket.disconnect() },
    { reason: 'server namespace disconnect', end: (_client, socket) => socket.disconnect(true) },
    { reason: 'transport close', end: (client) => client.terminate() },
    { reason: 'transport close', end: (client) => client.send('1') },
    { reason: 'transport error', description: expect.any(ProtocolError), end: (client) => client.send('2') },
    { reason: 'parse error', description: expect.any(ProtocolError), end: (client) => client.send('47') },
    { reason: 'forced close', end: (_client, socket) => socket.conn.end('forced close') },
    { reason: 'server shutting down', end: (_client, _socket, rig) => void rig.server.close() },
    {
      reason: 'ping timeout',
      end: (_client, _socket, { clock }) => {
        clock.advance(25_400);
        clock.advance(20_400);
      },
    },
  ];

  it.each(ENDINGS)('calls its listeners once: $reason', async ({ reason, description, end }) => {
    const rig = await startServer({ pingInterval: 25_000, pingTimeout: 20_000 });
    const handled = vi.fn<(...args: unknown[]) => void>();
    rig.server.sockets.onDisconnect((_socket, ...why) => handled(...why));
    const [client, socket] = await rig.join();
    socket.join('a');
    const [calls, ended] = [[] as unknown[], deferred()];
    socket.on('disconnecting', (...why) => calls.push(['disconnecting', ...why, [...socket.rooms].slice(1)]));
    socket.on('disconnect', (...why) => {
      calls.push(['disconnect', ...why, [...socket.rooms]]);
      ended.resolve();
    });
    end(client, socket, rig);
    await ended.promise;
    socket.disconnect(true);
    expect(calls).toEqual([
      ['disconnecting', reason, description, ['a']],
      ['disconnect', reason, description, []],
    ]);
    expect(handled.mock.calls).toEqual([[reason, description]]);
  });

  it('calls the error listeners first if the client broke the protocol', async () => {
    const rig = await startServer();
    const [client, socket] = await rig.join();
    const calls: unknown[] = [];
    socket.on('error', (error) => calls.push(['error', error, socket.connected]));
    socket.on('disconnecting', () => calls.push('disconnecting'));
    client.send('42{}');
    await client.closed;
    expect(calls).toEqual([['error', new ProtocolError('invalid payload'), true], 'disconnecting']);
  });

  it('returns the socket, so that calls can be chained', async () => {
    const rig = await startServer();
    const [client, socket] = await rig.join();
    expect(socket.disconnect().disconnect()).toBe(socket);
    expect(await client.next()).toBe('41');
    await client.join();
    await client.idle();
  });

  it('stops all sending, although the socket stays in its rooms until its handlers have settled', async () => {
    const rig = await startServer();
    rig.of('/other');
    const done = deferred();
    rig.server.sockets.onDisconnect(() => done.promise);
    const [client, socket] = await rig.join();
    const tapped = vi.fn<() => void>();
    socket.onAnyOutgoing(tapped).join('room');
    socket.disconnect();
    expect(socket.rooms).toContain('room');
    rig.server.to('room').emit('e');
    expect(await client.next()).toBe('41');
    await client.join('/other');
    await client.idle('/other');
    expect(tapped).not.toHaveBeenCalled();
    done.resolve();
  });
});

describe('listeners', () => {
  it('get the events with their name, in the order of arrival', async () => {
    const rig = await startServer();
    const [client, socket] = await rig.join();
    const heard: unknown[] = [];
    const off = () => heard.push('off');
    socket.on('a', (...args) => heard.push(['a', ...args]));
    socket.once('a', () => heard.push('once'));
    socket.on('a', off);
    socket.off('a', off);
    client.send('42["a",1,null]', '42["b"]', '42["a"]');
    await client.idle();
    expect(heard).toEqual([['a', 1, null], 'once', ['a']]);
  });

  it('may throw or reject: the error is logged, and the others are called', async () => {
    const rig = await startServer();
    const [client, socket] = await rig.join();
    const [thrown, rejected, tap] = [new Error('thrown'), new Error('rejected'), new Error('tap')];
    const last = vi.fn<() => void>();
    socket.on('a', () => {
      throw thrown;
    });
    socket.on('a', () => Promise.reject(rejected));
    socket.on('a', last);
    socket.onAny((event) => {
      if (event === 'a') throw tap;
    });
    client.send('42["a"]');
    await client.idle();
    expect(last).toHaveBeenCalledOnce();
    expect(rig.log.errors).toEqual([
      ['a catch-all listener in / failed', tap],
      ['a listener of "a" in / failed', thrown],
      ['a listener of "a" in / failed', rejected],
    ]);
  });

  it('run in order: catch-all listeners, middlewares, the handler, listeners of the event', async () => {
    const rig = await startServer();
    rig.server.sockets.onEvent('a', (_socket, { data }) => void steps.push(['handler', ...data]));
    const [client, socket] = await rig.join();
    const steps: unknown[] = [];
    socket.onAny((...event) => steps.push(['any', ...event]));
    socket.use((event, next) => {
      if (event[0] !== 'a') return next();
      steps.push(['use', ...event]);
      event[1] = 2;
      next();
    });
    socket.on('a', (...args) => steps.push(['listener', ...args]));
    client.send('42["a",1]');
    await client.idle();
    expect(steps.slice(0, 4)).toEqual([
      ['any', 'a', 1],
      ['use', 'a', 1],
      ['handler', 'a', 2],
      ['listener', 2],
    ]);
  });

  it('of outgoing events are called for emits and broadcasts, but not for acknowledgements', async () => {
    const rig = await startServer();
    const [client, socket] = await rig.join();
    const sent: unknown[] = [];
    socket.onAnyOutgoing((...event) => sent.push(event));
    socket.emit('a', 1);
    socket.emit('b', () => {});
    rig.server.emit('c');
    for (let i = 0; i < 3; i++) await client.next();
    await client.idle();
    expect(sent).toEqual([['a', 1], ['b'], ['c']]);
  });

  it('may disconnect their own socket', async () => {
    const rig = await startServer();
    const handled = vi.fn<() => void>();
    rig.server.sockets.onEvent('a', handled);
    const [client, socket] = await rig.join();
    socket.onAny(() => socket.disconnect());
    client.send('42["a"]', '42["a"]');
    expect(await client.next()).toBe('41');
    await client.join();
    await client.idle();
    expect(handled).not.toHaveBeenCalled();
  });

  it('keep an event that any of them gets from counting as unhandled', async () => {
    const rig = await startServer();
    const [client, socket] = await rig.join();
    socket.onAnyOutgoing(() => {});
    client.send('42["a"]');
    await client.idle();
    expect(rig.server.sockets.unhandledEvents).toBe(1);
    socket.on('b', () => {});
    client.send('42["b"]');
    socket.onAny(() => {});
    await client.idle();
    client.send('42["c"]');
    await client.idle();
    expect(rig.server.sockets.unhandledEvents).toBe(1);
  });
});

/** A client whose events pass a middleware, except for the fence. */
async function startWithMiddleware(
  middleware: Parameters<Socket['use']>[0],
): Promise<[WireClient, Socket, unknown[][]]> {
  const rig = await startServer();
  const [client, socket] = await rig.join();
  const heard: unknown[][] = [];
  socket.use((event, next) => (event[0] === 'fence' ? next() : middleware(event, next)));
  socket.on('a', (...args) => heard.push(args));
  return [client, socket, heard];
}

describe('middlewares of events', () => {
  it('report a refused event to the error listeners, not to the client', async () => {
    const [client, socket, heard] = await startWithMiddleware((_event, next) => next(new Error('no')));
    const errors: unknown[] = [];
    socket.on('error', (error) => errors.push(error));
    client.send('427["a"]');
    await client.idle();
    expect([errors, heard]).toEqual([[new Error('no')], []]);
  });

  it('get the acknowledgement and may answer instead of the handler', async () => {
    const [client, , heard] = await startWithMiddleware((event) => (event.at(-1) as (answer: string) => void)('busy'));
    client.send('427["a",1]');
    expect(await client.next()).toBe('437["busy"]');
    await client.idle();
    expect(heard).toEqual([]);
  });

  it('share the acknowledgement with the listeners', async () => {
    const [client, socket, heard] = await startWithMiddleware((event, next) => {
      event.splice(1, 0, 'inserted');
      next();
    });
    socket.on('a', (...args) => (args.at(-1) as (answer: string) => void)('yes'));
    client.send('427["a",1]');
    expect(await client.next()).toBe('437["yes"]');
    expect(heard).toEqual([['inserted', 1, expect.any(Function)]]);
  });

  it('do not pass an event on once the socket has left', async () => {
    const go = deferred();
    const [client, socket, heard] = await startWithMiddleware((_event, next) => void go.promise.then(() => next()));
    client.send('42["a"]');
    await client.idle();
    socket.disconnect();
    go.resolve();
    await turn();
    expect(heard).toEqual([]);
  });
});

describe('a socket whose CONNECT is being decided', () => {
  it('handles the packets that came in the meantime once it is accepted, in order', async () => {
    const { rig, client, go } = await startUndecided();
    const handled: unknown[] = [];
    rig.server.sockets.onEvent('e', (_socket, { data }) => void handled.push(data[1]));
    client.send('42["e",1]', `451-["e",${PARTS[0]}]`, bytes('02'), '42["e",3]');
    await client.join('/other');
    expect(handled).toEqual([]);
    go.resolve();
    expect(await client.next()).toMatch(/^40/);
    await client.idle();
    expect(handled).toEqual([1, bytes('02'), 3]);
  });

  it('leaves if the client disconnected in the meantime, and drops later packets', async () => {
    const { rig, client, go, socket } = await startUndecided();
    const handled = vi.fn<() => void>();
    rig.server.sockets.onEvent('e', handled);
    const gone = told(socket, 'disconnect');
    client.send('41', '42["e"]');
    await client.join('/other');
    go.resolve();
    expect(await gone).toEqual(['client namespace disconnect', undefined]);
    expect(handled).not.toHaveBeenCalled();
  });

  it('leaves only once if the client disconnected in the meantime and then broke the protocol', async () => {
    const { client, go, socket } = await startUndecided();
    const errors = vi.fn<() => void>();
    socket.on('error', errors);
    const gone = told(socket, 'disconnect');
    client.send('41', '47');
    await client.closed;
    go.resolve();
    expect(await gone).toEqual(['client namespace disconnect', undefined]);
    expect(errors).not.toHaveBeenCalled();
  });

  it('ends for the first of several reasons', async () => {
    const { rig, client, go, socket } = await startUndecided();
    const gone = told(socket, 'disconnect');
    client.terminate();
    await rig.deserted();
    socket.disconnect();
    go.resolve();
    expect(await gone).toEqual(['transport close', undefined]);
  });

  it('gets acknowledgements from the client after it is accepted', async () => {
    const { client, go, socket } = await startUndecided();
    const answer = socket.emitWithAck('ask');
    go.resolve();
    await client.next();
    expect(await client.next()).toBe('420["ask"]');
    client.send('430["yes"]');
    await expect(answer).resolves.toBe('yes');
  });

  it('leaves its rooms without any event when it is refused', async () => {
    const { rig, client, go, socket } = await startUndecided();
    const disconnected = vi.fn<() => void>();
    socket.on('disconnecting', disconnected).on('disconnect', disconnected).join('room');
    const answer = socket.emitWithAck('ask');
    go.reject(new ConnectionRefused('no'));
    await expect(answer).rejects.toMatchObject({ code: 'CLIENT_GONE' });
    expect(await client.next()).toBe('44{"message":"no"}');
    expect([socket.rooms.size, rig.server.sockets.adapter.rooms.has('room')]).toEqual([0, false]);
    socket.emit('e');
    socket.disconnect();
    await client.join('/other');
    expect(disconnected).not.toHaveBeenCalled();
  });

  it('is decided once, and leaves once', async () => {
    const { client, go, socket } = await startUndecided();
    const reasons: string[] = [];
    socket.on('disconnect', (reason) => reasons.push(reason));
    socket.accept();
    socket.accept();
    socket.refuse({ message: 'no' });
    go.resolve();
    expect(await client.next()).toBe(`40{"sid":"${socket.id}"}`);
    await client.idle();
    socket.receive({ type: PacketType.DISCONNECT, nsp: '/' }, 2);
    socket.receive({ type: PacketType.DISCONNECT, nsp: '/' }, 2);
    expect(reasons).toEqual(['client namespace disconnect']);
  });

  it('knows whether it is still undecided', async () => {
    const { rig, client, go, socket } = await startUndecided();
    expect([socket.ending, socket.isUndecided]).toEqual([null, true]);
    client.terminate();
    await rig.deserted();
    expect([socket.isUndecided, socket.ending?.reason]).toEqual([true, 'transport close']);
    go.resolve();
    await told(socket, 'disconnect');
    expect([socket.ending, socket.isUndecided]).toEqual([null, false]);
  });

  it('ignores a CONNECT that the client repeats before the answer, and ends the connection for a later one', async () => {
    const { rig, client, go, socket } = await startUndecided();
    const gone = told(socket, 'disconnect');
    client.send('40');
    await client.join('/other');
    go.resolve();
    expect(await client.next()).toMatch(/^40\{/);
    await turn();
    expect(rig.server.sockets.sockets.size).toBe(1);
    client.send('40');
    expect(await client.closed).toEqual({ code: 1002 });
    expect((await gone)[0]).toBe('parse error');
    expect(rig.server.sockets.sockets.size).toBe(0);
  });

  it('calls its error listeners with the breach of protocol that ended it, once it is decided', async () => {
    const { client, go, socket } = await startUndecided();
    const error = told(socket, 'error');
    client.send('42["disconnect"]');
    await client.closed;
    go.resolve();
    expect(await error).toEqual([new ProtocolError('invalid payload')]);
  });

  it('is refused if too much is sent to it; the connection and its other namespaces stay', async () => {
    const { rig, client, go, socket } = await startUndecided({ limits: { bufferedBytes: 1_000 } });
    rig.of('/other');
    await client.join('/other');
    const [healthy] = await rig.join('/other');
    socket.emit('e', 'x'.repeat(900));
    socket.volatile.emit('e', 'x'.repeat(900)); // dropped at once, so it is not counted
    expect(socket.conn.readyState).toBe('open');
    socket.emit('e', 'x'.repeat(900));
    socket.emit('e', 'x'.repeat(900));
    expect(await client.next()).toBe('44{"message":"Too much was sent before the connect handlers had finished"}');
    go.resolve();
    await client.idle('/other');
    await healthy.idle('/other');
    expect(rig.server.engine.limitCounts.bufferedBytes).toBe(1);
  });

  it('can be disconnected together with its connection', async () => {
    const { client, go, socket } = await startUndecided();
    const gone = told(socket, 'disconnect');
    socket.disconnect(true);
    expect(await client.closed).toEqual({ code: 1000 });
    go.resolve();
    expect(await gone).toEqual(['server namespace disconnect', undefined]);
  });
});

async function startStockClient(nsp = '/'): Promise<[ReturnType<ServerRig['stock']>, Socket, Namespace]> {
  const rig = await startServer();
  const namespace = rig.of(nsp);
  const client = rig.stock(nsp);
  const [socket] = await told<[Socket]>(namespace as never, 'connection');
  return [client, socket, namespace];
}

describe('the stock client', () => {
  it('has the id of its socket', async () => {
    const [client, socket] = await startStockClient();
    await told(client, 'connect');
    expect(client.id).toBe(socket.id);
  });

  it('exchanges events and acknowledgements both ways', async () => {
    const [client, socket] = await startStockClient('/chat');
    socket.on('ask', (text: string, ack: (...answer: unknown[]) => void) => ack(`${text}!`, { n: 1 }));
    client.on('ask', (text: string, ack: (answer: string) => void) => ack(`${text}?`));
    expect(await client.emitWithAck('ask', 'hello')).toBe('hello!');
    expect(await socket.emitWithAck('ask', 'well')).toBe('well?');
    expect(await socket.timeout(1_000).emitWithAck('ask', 'well')).toBe('well?');
    expect(await socket.nsp.emitWithAck('ask', 'all')).toEqual(['all?']);
    expect(await socket.nsp.call('ask', 'one')).toBe('one?');
  });

  it('exchanges binary parts both ways, at any depth', async () => {
    const [client, socket] = await startStockClient();
    const value = { a: [bytes('01'), { b: bytes('0203') }], text: 'x', none: null };
    socket.on('echo', (given: unknown, ack: (answer: unknown) => void) => ack(given));
    client.on('echo', (given: unknown, ack: (answer: unknown) => void) => ack(given));
    expect(await client.emitWithAck('echo', value)).toEqual(value);
    expect(await socket.emitWithAck('echo', value)).toEqual(value);
  });

  it('learns that the server disconnected it', async () => {
    const [client, socket] = await startStockClient();
    const reason = told(client, 'disconnect');
    socket.disconnect();
    expect((await reason)[0]).toBe('io server disconnect');
  });

  it('disconnects from one namespace at a time', async () => {
    const rig = await startServer();
    rig.of('/a');
    rig.of('/b');
    const client = rig.stock('/a');
    const other = client.io.socket('/b');
    const [[socketA], [socketB]] = await Promise.all([
      told<[Socket]>(rig.server.of('/a') as never, 'connection'),
      told<[Socket]>(rig.server.of('/b') as never, 'connection'),
      told(client, 'connect'),
      told(other, 'connect'),
    ]);
    expect(socketA.conn).toBe(socketB.conn);
    const gone = told(socketA, 'disconnect');
    client.disconnect();
    expect(await gone).toEqual(['client namespace disconnect', undefined]);
    expect(socketB.connected).toBe(true);
    await other.emitWithAck('fence');
    other.disconnect();
  });
});
