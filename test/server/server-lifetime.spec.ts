import { afterEach, describe, expect, it, vi } from 'vitest';
import { Server, type Socket } from '../../lib/server/internal.js';
import { cleanUp } from '../support/engine-clean-up.js';
import { RecordingLog, turn } from '../support/engine-rig.js';
import { fakeAdapter } from '../support/fake-adapter.js';
import { ManualClock } from '../support/manual-clock.js';
import { deferred, startServer, told } from '../support/server-rig.js';

afterEach(cleanUp);

describe('close', () => {
  it('closes all clients with 1001, and their handlers get the reason', async () => {
    const rig = await startServer();
    const chat = rig.of('/chat');
    const [client, socket] = await rig.join();
    const other = chat.sockets.get(await client.join('/chat')) as Socket;
    const reasons = Promise.all([told(socket, 'disconnect'), told(other, 'disconnect')]);
    const unjoined = await rig.open();
    const closed = rig.server.close();
    expect((await reasons).map(([reason]) => reason)).toEqual(['server shutting down', 'server shutting down']);
    expect([await client.closed, await unjoined.closed]).toEqual([{ code: 1001 }, { code: 1001 }]);
    await closed;
    expect(rig.server.engine.clientsCount).toBe(0);
    expect(rig.clock.timers).toBe(0);
  });

  it('can be called again: the promise of the first call is returned', async () => {
    const rig = await startServer();
    await rig.join();
    const done = vi.fn<(error?: Error) => void>();
    const first = rig.server.close(done);
    expect(rig.server.close(done)).toBe(first);
    expect(done).not.toHaveBeenCalled();
    await first;
    expect(done.mock.calls).toEqual([[], []]);
  });

  it('lets the server count as draining before the first client is disconnected, until it is opened again', async () => {
    const rig = await startServer();
    const [, socket] = await rig.join();
    const states = [rig.server.draining];
    socket.on('disconnect', () => states.push(rig.server.draining));
    await rig.server.close();
    states.push(rig.server.draining);
    rig.server.attach(rig.http);
    states.push(rig.server.draining);
    expect(states).toEqual([false, true, true, false]);
  });

  it('waits for drain.delay before it disconnects clients, and accepts clients until then', async () => {
    const rig = await startServer({ drain: { delay: 3_000 } });
    const [first] = await rig.join();
    const closed = rig.server.close();
    expect(rig.server.draining).toBe(true);
    rig.clock.advance(2_999);
    const [second] = await rig.join();
    expect(rig.server.engine.clientsCount).toBe(2);
    rig.clock.advance(1);
    expect([await first.closed, await second.closed]).toEqual([{ code: 1001 }, { code: 1001 }]);
    await closed;
    expect(rig.clock.timers).toBe(0);
  });

  it('does not wait for drain.delay if nothing was served', async () => {
    await expect(
      new Server({ clock: new ManualClock(), logger: new RecordingLog(), drain: { delay: 3_000 } }).close(),
    ).resolves.toBeUndefined();
  });

  it('refuses clients that connect later', async () => {
    const rig = await startServer();
    await rig.server.close();
    await expect(rig.open()).rejects.toThrow('closed with code 1006');
  });

  it('waits for asynchronous disconnect handlers', async () => {
    const rig = await startServer();
    const [leaving, entered] = [deferred(), deferred()];
    const steps: string[] = [];
    rig.server.sockets.onDisconnect(async (socket) => {
      entered.resolve();
      await leaving.promise;
      steps.push(`left ${socket.rooms.has('room')}`);
    });
    const [, socket] = await rig.join();
    socket.join('room');
    const closed = rig.server.close().then(() => steps.push('closed'));
    await entered.promise;
    await rig.deserted();
    expect(steps).toEqual([]);
    leaving.resolve();
    await closed;
    expect(steps).toEqual(['left true', 'closed']);
    expect(rig.log.warnings).toEqual([]);
    expect(rig.clock.timers).toBe(0);
  });

  it('waits for connect handlers, and for the disconnect handlers that follow them', async () => {
    const rig = await startServer();
    const [entering, entered] = [deferred(), deferred()];
    const steps: string[] = [];
    rig.server.sockets
      .onConnect(async () => {
        entered.resolve();
        await entering.promise;
        steps.push('entered');
      })
      .onDisconnect((_socket, reason) => void steps.push(reason));
    const client = await rig.open();
    client.send('40');
    await entered.promise;
    const closed = rig.server.close().then(() => steps.push('closed'));
    await rig.deserted();
    expect(steps).toEqual([]);
    entering.resolve();
    await closed;
    expect(steps).toEqual(['entered', 'server shutting down', 'closed']);
  });

  it('waits no longer than shutdownTimeout, and logs it', async () => {
    const rig = await startServer({ shutdownTimeout: 50 });
    const never = deferred();
    rig.server.sockets.onDisconnect(() => never.promise);
    await rig.join();
    let closed = false;
    const closing = rig.server.close().then(() => (closed = true));
    await rig.deserted();
    rig.clock.advance(49);
    await turn();
    expect(closed).toBe(false);
    rig.clock.advance(1);
    await closing;
    expect(rig.log.warnings).toEqual(['connect or disconnect handlers did not finish within shutdownTimeout, 50 ms']);
    never.resolve();
  });

  it('closes the adapters after the disconnect handlers and before the connections, and waits for them', async () => {
    const steps: string[] = [];
    const [leaving, closing] = [deferred(), deferred()];
    const adapter = fakeAdapter({
      broadcast: () => void steps.push('broadcast'),
      close: () => {
        steps.push(`adapter closes, connections: ${rig.server.engine.clientsCount}`);
        return closing.promise;
      },
    });
    const rig = await startServer({ adapter: () => adapter });
    rig.server.sockets.onDisconnect(async () => {
      await leaving.promise;
      rig.server.emit('left');
    });
    const [client] = await rig.join();
    client.pause(); // never completes the closing handshake
    const closed = rig.server.close().then(() => steps.push('closed'));
    leaving.resolve();
    await vi.waitFor(() => expect(steps).toEqual(['broadcast', 'adapter closes, connections: 1']));
    client.resume();
    await client.closed;
    await turn();
    expect(steps).toHaveLength(2);
    closing.resolve();
    await closed;
    expect(steps.at(-1)).toBe('closed');
  });

  it('waits at most 2 s for an adapter, and logs it', async () => {
    const rig = await startServer({ adapter: () => fakeAdapter({ close: () => new Promise(() => {}) }) });
    const closed = rig.server.close();
    await vi.waitFor(() => expect(rig.clock.timers).toBe(1));
    rig.clock.advance(2_000);
    await closed;
    expect(rig.log.warnings).toEqual(['the adapters did not close within 2000 ms']);
  });

  it('is not stopped by an adapter that fails to close', async () => {
    const rig = await startServer({ adapter: () => fakeAdapter({ close: () => Promise.reject(new Error('gone')) }) });
    await rig.server.close();
    expect(rig.log.errors).toEqual([['close of its adapter in / failed', new Error('gone')]]);
  });
});

describe('attach after close', () => {
  it('serves the same HTTP server again, with rooms, handlers and recovery', async () => {
    const rig = await startServer({ connectionStateRecovery: {} });
    const seen: string[] = [];
    rig.server.sockets.onConnect(({ rooms }) => void seen.push(`in ${rooms.size}`));
    const [, before] = await rig.join();
    before.join('room');
    await rig.server.close();
    rig.server.attach(rig.http);
    const [client, socket] = await rig.join();
    socket.join('room');
    expect([...(rig.server.sockets.adapter.rooms.get('room') ?? [])]).toEqual([socket.id]);
    rig.server.to('room').emit('again', 1);
    expect(await client.next()).toMatch(/^42\["again",1,"[^"]+"\]$/);
    expect(seen).toEqual(['in 1', 'in 1']);
    await rig.server.close();
    expect(rig.clock.timers).toBe(0);
  });

  it('creates the adapters anew', async () => {
    const made: string[] = [];
    const rig = await startServer({
      adapter: ({ name }: { name: string }) => {
        made.push(name);
        return fakeAdapter();
      },
    });
    await rig.server.close();
    rig.server.attach(rig.http);
    expect(made).toEqual(['/', '/']);
    expect(rig.server.brokerHealth).toEqual({
      degraded: null,
      dropped: 0,
      failed: 0,
      unreadable: 0,
      waiting: { messages: 0, bytes: 0 },
    });
  });

  it('is refused while the server is closing', async () => {
    const rig = await startServer();
    const closed = rig.server.close();
    expect(() => rig.server.attach(rig.http)).toThrow(
      expect.objectContaining({
        code: 'SERVER_CLOSED',
        message: 'attach() and listen() must wait until the server is closed: await close()',
      }),
    );
    await closed;
  });
});
