/** How many namespaces a broker hears of: those with clients, and those that were emitted to a short while ago. */
import { createAdapter } from '@socket.io/redis-adapter';
import { Redis as IoRedis } from 'ioredis';
import { Broadcaster, ConnectionRefused } from 'nest-socketio';
import { afterEach, expect, it } from 'vitest';
import { connect, found, startOurs } from '../../support/cluster.js';
import { RecordingLog } from '../../support/engine-rig.js';
import { SOON } from '../../support/events.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { fakeAdapter } from '../../support/fake-adapter.js';
import { later, next } from '../../support/nest-app.js';
import { startRedis } from '../../support/redis.js';
import { describeWith } from '../../support/requires.js';
import { startServer } from '../../support/server-rig.js';

afterEach(cleanUp);

/** An adapter that records for which namespaces it exists and what it publishes. */
function recording() {
  const open = new Set<string>();
  const created: string[] = [];
  const published: string[] = [];
  const adapter = ({ name }: { readonly name: string }) => {
    open.add(name);
    created.push(name);
    return fakeAdapter({ broadcast: () => void published.push(name), close: () => void open.delete(name) });
  };
  return { adapter, open, created, published };
}

it('tells the broker of a namespace by pattern only when a client is admitted', async () => {
  const { adapter, created, open } = recording();
  const rig = await startServer({ adapter: adapter as never, limits: { refusedConnects: false } });
  rig.server.of(/^\/room-\d+$/).use((_socket, next) => next(new Error('no')));
  rig.server.of(/^\/open-\d+$/).onConnect((socket) => {
    if (socket.auth['key'] !== 'yes') throw new ConnectionRefused('no');
  });
  const hostile = await rig.open();
  for (let i = 0; i < 90; i++) hostile.send(`40/room-${i},`);
  for (let i = 0; i < 90; i++) expect(await hostile.next()).toContain('44/room-');
  expect(created).toEqual(['/']);

  const [healthy, socket] = await rig.join();
  socket.on('ask', (answer: (text: string) => void) => answer('answered'));
  healthy.send('420["ask"]');
  expect(await healthy.next()).toBe('430["answered"]');

  const guest = await rig.open();
  guest.send('40/open-1,{"key":"yes"}');
  expect(await guest.next()).toContain('40/open-1,{"sid"');
  expect(created).toEqual(['/', '/open-1']);
  guest.send('41/open-1,');
  await expect.poll(() => [...open]).toEqual(['/']);
});

it('lets a server broadcast to a namespace by pattern whose first client is still being decided on', async () => {
  const { adapter, published } = recording();
  const rig = await startServer({ adapter: adapter as never });
  rig.server.of(/^\/room$/).use(() => {});
  const client = await rig.open();
  client.send('40/room,');
  await expect.poll(() => rig.server.has('/room')).toBe(true);
  rig.server.reach('/room').emit('news');
  expect(published).toEqual(['/room']);
});

it('tells the broker of a namespace by pattern when the application names it', async () => {
  const { adapter, created } = recording();
  const rig = await startServer({ adapter: adapter as never });
  rig.server.of(/^\/room$/).use(() => {});
  const client = await rig.open();
  client.send('40/room,');
  await expect.poll(() => rig.server.has('/room')).toBe(true);
  expect(created).toEqual(['/']);
  rig.server.of('/room');
  expect(created).toEqual(['/', '/room']);
});

it('keeps a hundred adapters for namespaces of other servers, and none that was idle for two minutes', async () => {
  const { adapter, open, published } = recording();
  const rig = await startServer({ adapter: adapter as never });
  const [healthy] = await rig.join();
  const broadcaster = new Broadcaster(rig.server);
  const kept = broadcaster.of('/name-0').to('room');
  for (let i = 0; i < 1_000; i++) broadcaster.of(`/name-${i}`).emit('news');
  await healthy.idle();
  expect(published).toHaveLength(1_000);
  expect(open.size).toBe(101);
  kept.emit('more');
  broadcaster.of('/name-0').emit('more');
  expect(published.slice(-2)).toEqual(['/name-0', '/name-0']);
  expect(open.size).toBe(101);
  rig.clock.advance(120_000);
  expect([...open]).toEqual(['/']);
  kept.emit('again');
  expect(published.at(-1)).toBe('/name-0');
});

it('keeps an adapter that waits for the answers of other servers', async () => {
  const open = new Set<string>();
  const adapter = ({ name }: { readonly name: string }) => {
    open.add(name);
    return fakeAdapter({ fetchSockets: () => new Promise(() => {}), close: () => void open.delete(name) });
  };
  const rig = await startServer({ adapter: adapter as never, ackTimeout: 200_000 });
  const failed = expect(rig.server.reach('/far').fetchSockets()).rejects.toMatchObject({ code: 'ADAPTER_FAILED' });
  rig.clock.advance(120_000);
  expect([...open]).toEqual(['/', '/far']);
  rig.clock.advance(80_000);
  await failed;
  rig.clock.advance(120_000);
  expect([...open]).toEqual(['/']);
});

describeWith('redis-server', 'Redis', () => {
  it('keeps the subscriptions of a hundred namespaces that a server only emits to', async () => {
    const redis = await startRedis();
    later(() => redis.stop());
    const client = (): IoRedis => {
      const made = new IoRedis({ host: '127.0.0.1', port: redis.port });
      made.setMaxListeners(0);
      later(() => made.disconnect());
      return made;
    };
    const subClient = client();
    const logger = new RecordingLog(); // each adapter reports that its client is gone at the end
    const [ours] = await startOurs(() => createAdapter(client(), subClient), { logger });
    const [theirs, theirUrl] = await startOurs(() => createAdapter(client(), client()));
    theirs.of('/name-7');
    const ann = connect(`${theirUrl}/name-7`);
    await next(ann, 'connect');
    await found(theirs.of('/name-7'), 1);
    const observer = client();
    await expect.poll(() => observer.call('PUBSUB', 'NUMPAT'), SOON).toBe(2); // "/" and "/name-7"
    const heard = next(ann, 'news');
    for (let i = 0; i < 400; i++) new Broadcaster(ours, `/name-${i}`).emit('news', i);
    expect((await heard)[0]).toBe(7);
    await expect.poll(() => observer.call('PUBSUB', 'NUMPAT'), SOON).toBe(102); // and "/" and "/name-7"
    expect(subClient.listenerCount('pmessageBuffer')).toBe(101);
  });
});
