/** Events between the stock client and the server: volatile or not, text and bytes, with catch-all listeners. */
import { afterEach, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import type { ServerOptions, Socket } from '../../../lib/server/internal.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { turn } from '../../support/engine-rig.js';
import { type ServerRig, startServer, told } from '../../support/server-rig.js';

afterEach(cleanUp);

type StockSocket = ReturnType<ServerRig['stock']>;

/** Connects a client. @returns the client and its socket, which acknowledges `echo` with its arguments */
async function connected(
  options: ServerOptions = {},
  clientOptions: Parameters<ServerRig['stock']>[1] = {},
): Promise<[StockSocket, Socket, ServerRig]> {
  const rig = await startServer(options);
  rig.server.on('connection', (socket) => {
    socket.on('echo', (...args: unknown[]) => (args.pop() as (...answer: unknown[]) => void)(...args));
  });
  const joined = told<[Socket]>(rig.server.sockets, 'connection');
  const client = rig.stock('/', clientOptions);
  const [[socket]] = await Promise.all([joined, told(client, 'connect')]);
  return [client, socket, rig];
}

/** Records every event that arrives at one end from now on. */
function watch(end: { onAny(listener: (...event: unknown[]) => void): unknown }): unknown[][] {
  const seen: unknown[][] = [];
  end.onAny((...event) => seen.push(event.filter((item) => typeof item !== 'function')));
  return seen;
}

describe('volatile events', () => {
  it('of a client that is not connected are dropped, others are kept', async () => {
    const [client, , rig] = await connected();
    client.disconnect();
    client.volatile.emit('lost', 1);
    client.emit('kept', 2);
    client.volatile.emit('lost', 3);
    const joined = told<[Socket]>(rig.server.sockets, 'connection');
    client.connect();
    const [socket] = await joined;
    const seen = watch(socket);
    await client.emitWithAck('echo');
    expect(seen).toEqual([['kept', 2], ['echo']]);
  });

  it('to a client that does not read are dropped, others arrive, in order', async () => {
    const [client, socket] = await connected({ limits: { bufferedBytes: 100_000_000 } });
    const seen = watch(client);
    const { ws } = client.io.engine.transport as unknown as { ws: WebSocket };
    ws.pause();
    const text = 'x'.repeat(100_000);
    let sent = 0;
    while (socket.conn.bufferedAmount === 0) {
      socket.emit('n', sent++, text);
      await turn();
    }
    for (let i = 0; i < 10; i++) {
      socket.volatile.emit('lost');
      socket.emit('n', sent++);
    }
    ws.resume();
    await client.emitWithAck('echo');
    expect(seen.map(([event, n]) => [event, n])).toEqual(Array.from({ length: sent }, (_, n) => ['n', n]));
    socket.volatile.emit('found');
    await client.emitWithAck('echo');
    expect(seen.at(-1)).toEqual(['found']);
  });
});

const part = (n: number): Buffer => Buffer.alloc(n * 100, n);
const parts = (count: number): Buffer[] => Array.from({ length: count }, (_, n) => part(n));

describe('payloads', () => {
  it.each<[what: string, args: unknown[]]>([
    ['nothing', []],
    ['what JSON knows', [null, true, -0.5, 1e300, '', 'é😀\u2028', [], {}, [[[]]], { a: { b: null } }]],
    ['ten binary parts as arguments', parts(10)],
    ['ten binary parts at any depth', [{ list: parts(4), more: Object.assign({}, parts(5)) }, [[[part(3)]]], 'text']],
    ['text and bytes by turns', ['a', part(1), { b: 2 }, part(0), [part(3), null], 'end']],
    ['what looks like a placeholder', [{ _placeholder: true, num: 0 }, { _placeholder: 'x' }]],
    ['keys that mean something', [JSON.parse('{"__proto__":{"a":1},"constructor":2,"toString":"x"}'), { length: 3 }]],
  ])('come back unchanged: %s', async (_what, args) => {
    const [client, socket] = await connected();
    const answer = await new Promise((resolve) => {
      client.emit('echo', ...args, (...back: unknown[]) => resolve(back));
    });
    expect(answer).toEqual(args);
    const got = told(client, 'back');
    socket.emit('back', ...args);
    expect(await got).toEqual(args);
  });

  it('of more than ten binary parts cannot be emitted by the server, and close the connection of a client that sends them', async () => {
    const [client, socket] = await connected();
    expect(() => socket.emit('e', ...parts(11))).toThrow(expect.objectContaining({ code: 'TOO_MANY_ATTACHMENTS' }));
    expect(await client.emitWithAck('echo', 'still here')).toBe('still here');
    const ends = Promise.all([told(socket, 'disconnect'), told(client, 'disconnect')]);
    client.emit('e', ...parts(11));
    const [[ours], [theirs]] = await ends;
    expect([ours, theirs]).toEqual(['parse error', 'transport close']);
  });

  it('pass in either direction with compression, on and off', async () => {
    const [client, socket, rig] = await connected({ perMessageDeflate: { threshold: 0 } });
    const text = 'x'.repeat(50_000);
    expect(await client.emitWithAck('echo', text)).toBe(text);
    expect(await client.compress(false).emitWithAck('echo', text, part(9))).toBe(text);
    const got = told(client, 'both');
    const seen = watch(client);
    socket.compress(false).emit('plain', text);
    rig.server.compress(true).emit('packed', text, part(9));
    socket.emit('both');
    await got;
    expect(seen).toEqual([['plain', text], ['packed', text, part(9)], ['both']]);
  });
});

describe('catch-all listeners', () => {
  it('see incoming and outgoing events, at both ends', async () => {
    const [client, socket] = await connected();
    const log: unknown[] = [];
    const once = (): void => void log.push('removed');
    client.onAny((...event) => log.push(['client got', ...event]));
    client.prependAny(() => log.push('first'));
    client.onAny(once);
    client.offAny(once);
    client.onAnyOutgoing((...event) => log.push(['client sent', ...event.slice(0, 2)]));
    socket.onAny((...event) => log.push(['server got', ...event.slice(0, 2)]));
    socket.onAnyOutgoing((...event) => log.push(['server sent', ...event]));
    socket.on('ask', (_bytes, ack: (answer: unknown) => void) => {
      socket.emit('news', 1);
      ack('yes');
    });
    await client.emitWithAck('ask', Buffer.from([1]));
    expect(log).toEqual([
      ['client sent', 'ask', Buffer.from([1])],
      ['server got', 'ask', Buffer.from([1])],
      ['server sent', 'news', 1],
      'first',
      ['client got', 'news', 1],
    ]);
  });
});
