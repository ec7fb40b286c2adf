import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Connection } from '../../../lib/engine/internal.js';
import { ProtocolError } from '../../../lib/errors.js';
import type { EventPacket } from '../../../lib/protocol/internal.js';
import { resolveServerOptions, type ServerOptions } from '../../../lib/server/server-options.js';
import { Client, type ClientServices } from '../../../lib/server/socket/client.js';
import { SocketsByNamespace } from '../../../lib/server/socket/client.js';
import type { Socket } from '../../../lib/server/socket/socket.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { type Deferred, deferred, type ServerRig, startServer, told } from '../../support/server-rig.js';

afterEach(cleanUp);

const PART = '{"_placeholder":true,"num":0}';

/** Whether the server still has its one client. A client that has joined nothing cannot be asked for a fence. */
const isConnected = (rig: ServerRig) => rig.server.engine.clientsCount === 1;

describe('CONNECT', () => {
  it('is answered with the id of the socket and nothing else', async () => {
    const rig = await startServer();
    const client = await rig.open();
    client.send('40');
    const answer = String(await client.next());
    expect(answer).toMatch(/^40\{"sid":"[\w-]{20}"\}$/);
    const { sid } = JSON.parse(client.greeting.slice(1)) as { sid: string };
    expect(answer).not.toContain(sid);
  });

  it.each(['40/chat,', '40/chat', '40/chat,{}'])('is answered with the namespace: %s', async (connect) => {
    const rig = await startServer();
    rig.of('/chat');
    const client = await rig.open();
    client.send(connect);
    expect(await client.next()).toMatch(/^40\/chat,\{"sid":"[\w-]{20}"\}$/);
    await client.idle('/chat');
  });

  it('gives each namespace a socket of its own', async () => {
    const rig = await startServer();
    const chat = rig.of('/chat');
    const [client, main] = await rig.join('/');
    const sid = await client.join('/chat');
    expect(sid).not.toBe(main.id);
    expect([...chat.sockets.keys()]).toEqual([sid]);
    expect(chat.sockets.get(sid)?.conn).toBe(main.conn);
  });

  it('is refused for an unknown namespace; the connection and other namespaces stay', async () => {
    const rig = await startServer();
    const [client] = await rig.join();
    client.send('40/nope,');
    expect(await client.next()).toBe('44/nope,{"message":"Invalid namespace"}');
    await client.idle();
    expect(rig.server.has('/nope')).toBe(false);
  });

  it('closes the connection if it is sent again for the same namespace', async () => {
    const rig = await startServer();
    const [client, socket] = await rig.join();
    const disconnected = told(socket, 'disconnect');
    client.send('40');
    expect(await client.closed).toEqual({ code: 1002 });
    expect(await disconnected).toEqual(['parse error', expect.any(ProtocolError)]);
    expect(rig.server.sockets.sockets.size).toBe(0);
  });

  it('closes the connection if it is sent for more than limits.namespaces namespaces', async () => {
    const rig = await startServer({ limits: { namespaces: 2 } });
    for (const name of ['/a', '/b', '/c']) rig.of(name);
    const [client] = await rig.join('/a');
    await client.join('/b');
    client.send('40/c,');
    expect(await client.closed).toEqual({ code: 1002 });
  });

  it('counts towards limits.namespaces only the namespaces that the client is in', async () => {
    const rig = await startServer({ limits: { namespaces: 2 } });
    for (const name of ['/a', '/b', '/c']) rig.of(name);
    rig.of('/closed').use((_socket, next) => next(new Error('no')));
    const [client] = await rig.join('/a');
    client.send('40/nope,', '40/closed,');
    expect(await client.next()).toBe('44/nope,{"message":"Invalid namespace"}');
    expect(await client.next()).toBe('44/closed,{"message":"no"}');
    await client.join('/b');
    client.send('41/b,');
    await client.join('/c');
    await client.idle('/c');
  });

  it('counts towards limits.namespaces the sockets whose disconnect handlers are running', async () => {
    const rig = await startServer({ limits: { namespaces: 2 } });
    const handled: Deferred<void>[] = [];
    rig.of('/a').onDisconnect(() => (handled[handled.length] = deferred()).promise);
    const [client] = await rig.join('/a');
    client.send('41/a,');
    await client.join('/a');
    client.send('41/a,', '40/a,');
    expect(await client.closed).toEqual({ code: 1002 });
    expect(handled).toHaveLength(2);
    for (const { resolve } of handled) resolve();
  });

  it('may be sent any number of times once those handlers have settled', async () => {
    const rig = await startServer({ limits: { namespaces: 2 } });
    const left = vi.fn<() => Promise<void>>(async () => {});
    rig.of('/a').onDisconnect(left);
    const [client] = await rig.join('/a');
    for (let i = 1; i <= 10; i++) {
      client.send('41/a,');
      await client.join('/a');
      expect(left).toHaveBeenCalledTimes(i);
    }
    await client.idle('/a');
  });
});

/** A server with a pattern for the namespaces `/slow1` and so on, which decides when `go` is settled. */
async function undecided(options: ServerOptions = {}) {
  const [rig, go, handled] = [await startServer(options), deferred(), [] as unknown[]];
  rig.server
    .of(/^\/slow\d$/)
    .onConnect(() => go.promise)
    .onEvent('e', (_socket, { data }) => void handled.push(data[1]));
  rig.server.of((name, _auth, next) => void go.promise.then(() => next(null, name === '/later')));
  const client = await rig.open();
  return { rig, go, handled, client };
}

describe('packets for undecided namespaces', () => {
  it('are buffered up to limits.heldWeight for all namespaces together; then the client is not read from', async () => {
    const { rig, client, go, handled } = await undecided({ limits: { heldWeight: 1_000 } });
    client.send('40/slow1,', '40/slow2,');
    client.send(`42/slow1,["e","${'x'.repeat(500)}"]`, `42/slow2,["e","${'y'.repeat(500)}"]`, `42/slow1,["e","late"]`);
    await expect.poll(() => rig.server.engine.limitCounts.heldWeight).toBe(1);
    client.send('40'); // waits, too
    await rig.join();
    expect(client.heard).toEqual([]);
    go.resolve();
    const answers = [await client.next(), await client.next(), await client.next()].map(String).toSorted();
    expect(answers.map((answer) => answer.slice(0, 9))).toEqual(['40/slow1,', '40/slow2,', '40{"sid":']);
    await client.idle();
    expect(handled).toEqual(['x'.repeat(500), 'y'.repeat(500), 'late']);
  });

  it('no longer count once the namespaces are decided, either way', async () => {
    const { rig, client, go, handled } = await undecided({ limits: { heldWeight: 2_000 } });
    const text = 'x'.repeat(300);
    client.send('40/slow1,', '40/later,', '40/nope,');
    client.send(`42/slow1,["e","${text}"]`, `42/later,["e","${text}"]`, `42/nope,["e","${text}"]`);
    await client.join();
    go.resolve();
    const answers = [await client.next(), await client.next(), await client.next()].map(String).toSorted();
    expect(answers).toEqual([
      expect.stringMatching(/^40\/later,/),
      expect.stringMatching(/^40\/slow1,/),
      '44/nope,{"message":"Invalid namespace"}',
    ]);
    client.send('40/slow2,', `42/slow2,["e","${'y'.repeat(900)}"]`);
    expect(await client.next()).toMatch(/^40\/slow2,/);
    await client.idle();
    expect(handled).toEqual([text, 'y'.repeat(900)]);
    expect(rig.server.engine.limitCounts.heldWeight).toBe(0);
  });
});

describe('socket.client', () => {
  it('is shared by all sockets of a client, and has the connection', async () => {
    const rig = await startServer();
    rig.of('/a');
    const [client, socket] = await rig.join();
    const other = rig.server.of('/a').sockets.get(await client.join('/a'));
    expect(other?.client).toBe(socket.client);
    expect(socket.client.conn).toBe(socket.conn);
    expect(socket.client.id).toBe(socket.conn.id);
    expect(socket.client.request).toBe(socket.request);
  });
});

describe('a client that joins nothing', () => {
  it('is closed after connectTimeout', async () => {
    const rig = await startServer({ connectTimeout: 6_400 });
    const client = await rig.open();
    rig.clock.advance(6_399);
    expect(isConnected(rig)).toBe(true);
    rig.clock.advance(101);
    expect(await client.closed).toEqual({ code: 1000 });
  });

  it('gets no more time from namespaces that refuse it', async () => {
    const rig = await startServer({ connectTimeout: 6_400 });
    rig.of('/closed').use((_socket, next) => next(new Error('no')));
    const client = await rig.open();
    rig.clock.advance(6_399);
    client.send('40/nope,', '40/closed,');
    await client.next();
    await client.next();
    expect(isConnected(rig)).toBe(true);
    rig.clock.advance(101);
    expect(await client.closed).toEqual({ code: 1000 });
  });

  it('gets no more time from a namespace that is undecided', async () => {
    const rig = await startServer({ connectTimeout: 6_400 });
    const asked = new Promise((resolve) => {
      rig.of('/slow').use(resolve);
    });
    const client = await rig.open();
    client.send('40/slow,');
    await asked;
    rig.clock.advance(6_500);
    expect(await client.closed).toEqual({ code: 1000 });
  });

  it('is safe from connectTimeout once it has joined, even if it leaves again', async () => {
    const rig = await startServer({ connectTimeout: 6_400 });
    const [client] = await rig.join();
    client.send('41');
    await client.join();
    client.send('41');
    rig.clock.advance(20_000);
    await client.join();
    await client.idle();
  });
});

describe('a packet', () => {
  it('is passed to the socket of its namespace', async () => {
    const rig = await startServer();
    const [client, main] = await rig.join();
    rig.of('/chat');
    const chat = rig.server.of('/chat').sockets.get(await client.join('/chat'));
    const heard: string[] = [];
    main.on('e', (text: string) => heard.push(`main ${text}`));
    chat?.on('e', (text: string) => heard.push(`chat ${text}`));
    client.send('42/chat,["e","1"]', '42["e","2"]');
    await client.idle();
    expect(heard).toEqual(['chat 1', 'main 2']);
  });

  it.each(['42["e"]', '41', '430[]', `451-["e",${PART}]`])(
    'before any CONNECT closes the connection: %s',
    async (text) => {
      const rig = await startServer();
      const client = await rig.open();
      client.send(text);
      expect(await client.closed).toEqual({ code: 1002 });
      expect(client.heard).toEqual([]);
    },
  );

  it('closes the connection and all its namespaces if its namespace was not joined', async () => {
    const rig = await startServer();
    rig.of('/chat');
    const [client, socket] = await rig.join();
    const disconnected = told(socket, 'disconnect');
    client.send('42/chat,["e"]');
    expect(await client.closed).toEqual({ code: 1002 });
    expect(await disconnected).toEqual(['parse error', expect.any(ProtocolError)]);
  });

  it('is dropped if the client has left its namespace: an acknowledgement may be late', async () => {
    const rig = await startServer();
    const [client, socket] = await rig.join();
    const answered = vi.fn<() => void>();
    socket.emit('question', answered);
    expect(await client.next()).toBe('420["question"]');
    client.send('41', '430[]', '42["e"]');
    await client.join();
    expect(answered).not.toHaveBeenCalled();
  });

  it('is dropped if its namespace was refused: it may have been sent before', async () => {
    const rig = await startServer();
    rig.of('/closed').use((_socket, next) => next(new Error('no')));
    const [client] = await rig.join();
    client.send('40/closed,', '42/closed,["e"]');
    expect(await client.next()).toBe('44/closed,{"message":"no"}');
    client.send('42/closed,1["e"]', '41/closed,');
    await client.idle();
  });

  it('is dropped for the latest limits.namespaces ended namespaces, and closes the connection for older ones', async () => {
    const rig = await startServer({ limits: { namespaces: 2 } });
    rig.server.of(/^\/room/);
    const [client] = await rig.join();
    for (const name of ['/room1', '/room2', '/room1', '/room3']) {
      await client.join(name);
      client.send(`41${name},`);
    }
    client.send('42/room1,["e"]', '42/room3,["e"]');
    await client.idle();
    client.send('42/room2,["e"]');
    expect(await client.closed).toEqual({ code: 1002 });
  });
});

/** The server reads its connections in turn: once it has answered another client, it has read this one. */
async function roundTrip(rig: ServerRig): Promise<void> {
  const [other] = await rig.join();
  await other.idle();
  other.terminate();
}

describe('attachments', () => {
  it('replace their placeholders, and the packet is passed to its socket', async () => {
    const rig = await startServer();
    const packets: EventPacket[] = [];
    rig.of('/chat').onEvent('file', (_socket, packet) => void packets.push(packet));
    const [client] = await rig.join('/chat');
    client.send(`451-/chat,7["file",{"name":"x","bytes":${PART}}]`, Buffer.from('0102', 'hex'));
    await client.idle('/chat');
    expect(packets.map(({ id, data }) => [id, data])).toEqual([
      [7, ['file', { name: 'x', bytes: Buffer.from('0102', 'hex') }]],
    ]);
  });

  it('are refused at the header for a namespace that was not joined', async () => {
    const rig = await startServer();
    rig.of('/chat');
    const [client] = await rig.join();
    client.send(`451-/chat,["file",${PART}]`);
    expect(await client.closed).toEqual({ code: 1002 });
  });

  it('close the connection if they do not arrive in time', async () => {
    const rig = await startServer({ attachmentTimeout: 6_400 });
    const [client, socket] = await rig.join();
    const [error, disconnected] = [told(socket, 'error'), told(socket, 'disconnect')];
    client.send('452-["file",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
    await roundTrip(rig);
    rig.clock.advance(6_399);
    expect(socket.connected).toBe(true);
    client.send(Buffer.from('01', 'hex')); // does not extend the deadline
    await roundTrip(rig);
    rig.clock.advance(101);
    expect(await client.closed).toEqual({ code: 1000 });
    expect(await error).toEqual([new ProtocolError('attachments did not arrive')]);
    expect(await disconnected).toEqual(['forced close', new ProtocolError('attachments did not arrive')]);
  });

  it('have the full time for each packet', async () => {
    const rig = await startServer({ attachmentTimeout: 6_400 });
    const [client] = await rig.join();
    for (let i = 0; i < 3; i++) {
      client.send(`451-["file",${PART}]`);
      await roundTrip(rig);
      rig.clock.advance(5_000);
      client.send(Buffer.from('01', 'hex'));
      await client.idle();
    }
    rig.clock.advance(20_000);
    await client.idle();
  });
});

describe('a socket that the server disconnects', () => {
  it('gets DISCONNECT, and the connection stays', async () => {
    const rig = await startServer();
    rig.of('/chat');
    const [client, socket] = await rig.join('/chat');
    await client.join();
    socket.disconnect();
    expect(await client.next()).toBe('41/chat,');
    await client.idle();
  });

  it('has its packets in flight dropped, and the connection stays', async () => {
    const rig = await startServer();
    const chat = rig.of('/chat');
    const handled: EventPacket[] = [];
    chat.onEvent('*', (_socket, packet) => void handled.push(packet));
    const [client, socket] = await rig.join('/chat');
    await client.join();
    socket.disconnect();
    client.send('42/chat,["e"]', '42/chat,1["e"]', '43/chat,0[]', '41/chat,');
    client.send(`451-/chat,["e",${PART}]`, Buffer.from('01', 'hex'));
    expect(await client.next()).toBe('41/chat,');
    await client.idle();
    expect(handled).toEqual([]);
    expect(chat.unhandledEvents).toBe(0);
  });

  it('makes room for another socket of the same client', async () => {
    const rig = await startServer();
    const [client, socket] = await rig.join();
    socket.disconnect();
    expect(await client.next()).toBe('41');
    const sid = await client.join();
    expect(sid).not.toBe(socket.id);
    await client.idle();
  });

  it('closes the connection and all its namespaces on request', async () => {
    const rig = await startServer();
    const chat = rig.of('/chat');
    const [client, socket] = await rig.join();
    const other = chat.sockets.get(await client.join('/chat'));
    const reasons = Promise.all([told(socket, 'disconnect'), told(other as typeof socket, 'disconnect')]);
    socket.emit('bye');
    socket.disconnect(true);
    expect(await client.closed).toEqual({ code: 1000 });
    expect(client.heard.slice(2)).toEqual(['42["bye"]', '41', '41/chat,']);
    expect((await reasons).map(([reason]) => reason)).toEqual([
      'server namespace disconnect',
      'server namespace disconnect',
    ]);
  });
});

describe('a connection that ends', () => {
  it('ends its sockets in all namespaces, with the same reason', async () => {
    const rig = await startServer();
    const chat = rig.of('/chat');
    const [client, socket] = await rig.join();
    const other = chat.sockets.get(await client.join('/chat'));
    const reasons = Promise.all([told(socket, 'disconnect'), told(other as typeof socket, 'disconnect')]);
    client.terminate();
    expect((await reasons).map(([reason]) => reason)).toEqual(['transport close', 'transport close']);
    expect([rig.server.sockets.sockets.size, chat.sockets.size]).toEqual([0, 0]);
  });

  it('leaves no deadline behind', () => {
    const [unjoined, incomplete] = [new Set<Client>(), new Set<Client>()];
    const services: ClientServices = {
      options: resolveServerOptions({}),
      namespace: () => undefined,
      refused: () => {},
      unjoined,
      incomplete,
      undecided: new Set(),
    };
    const client = new Client({} as Connection, services);
    incomplete.add(client);
    expect(unjoined).toContain(client);
    client.onClose('transport close');
    expect([unjoined.size, incomplete.size]).toEqual([0, 0]);
  });
});

describe('SocketsByNamespace', () => {
  it('finds the socket of a namespace', () => {
    const sockets = socketsIn('/', '/chat', '/news');
    expect(sockets.get('/')?.id).toBe('in /');
    expect(sockets.get('/news')?.id).toBe('in /news');
    expect(sockets.get('/admin')).toBeUndefined();
    expect([sockets.has('/chat'), sockets.has('/admin')]).toEqual([true, false]);
  });

  it('counts its sockets', () => {
    expect(socketsIn().size).toBe(0);
    expect(socketsIn('/').size).toBe(1);
    expect(socketsIn('/', '/chat', '/news').size).toBe(3);
  });

  it('lists its sockets in the order in which the client joined', () => {
    expect(listed(socketsIn('/chat', '/', '/news'))).toEqual(['/chat', '/', '/news']);
    expect(listed(socketsIn())).toEqual([]);
  });

  it('deletes any socket, and keeps the others in order', () => {
    const sockets = socketsIn('/', '/chat', '/news');
    sockets.delete('/');
    sockets.add(socketIn('/'));
    expect(listed(sockets)).toEqual(['/chat', '/news', '/']);
    sockets.delete('/news');
    sockets.delete('/admin');
    expect(listed(sockets)).toEqual(['/chat', '/']);
    expect(sockets.size).toBe(2);
  });

  it('can be used again after all sockets have left', () => {
    const sockets = socketsIn('/', '/chat');
    sockets.delete('/chat');
    sockets.delete('/');
    sockets.delete('/');
    expect([sockets.size, listed(sockets)]).toEqual([0, []]);
    sockets.add(socketIn('/news'));
    expect(listed(sockets)).toEqual(['/news']);
  });

  it('visits every socket even if each is deleted during its visit', () => {
    const sockets = socketsIn('/', '/chat', '/news');
    const visited = [];
    for (const { nsp } of sockets) {
      visited.push(nsp.name);
      sockets.delete(nsp.name);
    }
    expect(visited).toEqual(['/', '/chat', '/news']);
    expect(sockets.size).toBe(0);
  });
});

function socketsIn(...names: string[]): SocketsByNamespace {
  const sockets = new SocketsByNamespace();
  for (const name of names) sockets.add(socketIn(name));
  return sockets;
}

function socketIn(name: string): Socket {
  return { id: `in ${name}`, nsp: { name } } as unknown as Socket;
}

function listed(sockets: SocketsByNamespace): string[] {
  return Array.from(sockets, ({ nsp }) => nsp.name);
}
