/** The order of events for a client and for the application, on which users of Socket.IO rely. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Socket } from '../../lib/server/internal.js';
import { cleanUp } from '../support/engine-clean-up.js';
import { startServer, told } from '../support/server-rig.js';

afterEach(cleanUp);

describe('a connection', () => {
  it('is answered before its handlers run: their events come after the answer', async () => {
    const rig = await startServer();
    rig.server.on('connect', (socket) => socket.emit('first', socket.connected));
    rig.server.on('connection', (socket) => socket.emit('second'));
    const client = await rig.open();
    client.send('40');
    expect(await client.next()).toMatch(/^40\{"sid":"[\w-]{20}"\}$/);
    expect([await client.next(), await client.next()]).toEqual(['42["first",true]', '42["second"]']);
  });

  it('is sent the events that a middleware emits, once it is connected', async () => {
    const rig = await startServer();
    rig.server.use((socket, next) => {
      socket.emit('session', socket.connected);
      next();
    });
    rig.server.on('connection', (socket) => socket.emit('welcome'));
    const client = rig.stock();
    const heard: unknown[] = [];
    client.on('connect', () => heard.push('connect'));
    client.onAny((...event: unknown[]) => heard.push(event));
    await told(client, 'welcome');
    expect(heard).toEqual(['connect', ['session', false], ['welcome']]);
  });

  it('is passed to the listeners of connect before those of connection, on server and namespace alike', async () => {
    const rig = await startServer();
    const order: string[] = [];
    rig.server.on('connection', () => order.push('connection'));
    rig.server.sockets.on('connect', () => order.push('connect'));
    await rig.join();
    expect(order).toEqual(['connect', 'connection']);
  });
});

describe('a new namespace', () => {
  it('is announced before its first client is connected', async () => {
    const rig = await startServer();
    const order: string[] = [];
    rig.server.on('new_namespace', (namespace) => {
      order.push(`new ${namespace.name}`);
      namespace.on('connection', ({ nsp }) => order.push(`connection ${nsp.name}`));
    });
    rig.server.of(/^\/a/);
    rig.server.of('/b');
    await rig.join('/b');
    await (await rig.open()).join('/a1');
    expect(order).toEqual(['new /b', 'connection /b', 'new /a1', 'connection /a1']);
  });
});

describe('a synchronous disconnect', () => {
  it('drops the events that came with it', async () => {
    const rig = await startServer();
    const [other] = await rig.join();
    const heard: unknown[] = [];
    rig.server.on('connection', (socket: Socket) => {
      socket.onAny((...event) => heard.push(event));
      socket.on('leave', () => socket.disconnect());
    });
    const client = await rig.open();
    client.send('40', '42["a"]', '42["leave"]', '42["b"]', '420["c"]');
    await client.next();
    expect(await client.next()).toBe('41');
    await other.idle(); // the server has read all of it
    expect(heard).toEqual([['a'], ['leave']]);
  });

  it('drops all events if a connection handler does it', async () => {
    const rig = await startServer();
    const [other] = await rig.join();
    const heard: unknown[] = [];
    rig.server.on('connection', (socket: Socket) => {
      socket.onAny((...event) => heard.push(event));
      socket.disconnect();
    });
    const client = await rig.open();
    client.send('40', '42["a"]');
    await client.next();
    expect(await client.next()).toBe('41');
    await other.idle();
    expect(heard).toEqual([]);
  });
});
