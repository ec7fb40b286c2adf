/** Mistakes of a client before it has joined a namespace, and their consequences. */
import { describe, expect, it, vi } from 'vitest';
import { ConnectionRefused } from '../../../lib/server/internal.js';
import { BYTES, hostileScene, PART, type Messages, title } from '../../support/hostile-scene.js';
import { deferred } from '../../support/server-rig.js';

const scene = hostileScene();

describe('before any CONNECT', () => {
  const CLOSING: readonly Messages[] = [
    ['40[]'],
    ['40"s"'],
    ['40null'],
    ['401null'],
    ['40{"a":1'],
    ['40custom'],
    ['4'],
    [BYTES],
    [Buffer.alloc(0)],
    ['44{"message":"x"}'],
    ['44"x"'],
    ['41'],
    ['42["x"]'],
    ['420["x"]'],
    ['430[]'],
    [`451-["x",${PART}]`],
    [`461-0[${PART}]`],
    ['47'],
  ];

  it.each(CLOSING.map((messages) => ({ name: title(messages), messages })))(
    'closes the connection without a word: $name',
    async ({ messages }) => {
      const client = await scene.open();
      client.send(...messages);
      expect(await client.closed).toEqual({ code: 1002 });
      expect(client.heard).toEqual([]);
    },
  );

  it('closes a silent client after connectTimeout', async () => {
    const client = await scene.open();
    scene.rig.clock.advance(46_000);
    expect(await client.closed).toEqual({ code: 1000 });
    expect(client.heard).toEqual([]);
  });

  it('closes a client after connectTimeout even if it keeps asking for namespaces that refuse it', async () => {
    scene.rig.of('/closed').use((_socket, next) => next(new Error('no')));
    const client = await scene.open();
    client.send('40/nope,', '40/closed,');
    expect(await client.next()).toBe('44/nope,{"message":"Invalid namespace"}');
    expect(await client.next()).toBe('44/closed,{"message":"no"}');
    scene.rig.clock.advance(46_000);
    expect(await client.closed).toEqual({ code: 1000 });
  });
});

describe('CONNECT', () => {
  it.each([
    ['405', /^40\{"sid":"[\w-]{20}"\}$/],
    ['405{"a":1}', /^40\{"sid":"[\w-]{20}"\}$/],
    ['40{"__proto__":{"admin":true},"constructor":1}', /^40\{"sid":"[\w-]{20}"\}$/],
    ['40/custom', /^40\/custom,\{"sid":"[\w-]{20}"\}$/],
    ['40/nope,', /^44\/nope,\{"message":"Invalid namespace"\}$/],
    ['40/custom?x=1,', /^44\/custom\?x=1,\{"message":"Invalid namespace"\}$/],
    ['40/__proto__,', /^44\/__proto__,\{"message":"Invalid namespace"\}$/],
    ['40/toString,', /^44\/toString,\{"message":"Invalid namespace"\}$/],
  ])('is answered: %s', async (connect, answer) => {
    const client = await scene.open();
    client.send(connect);
    expect(await client.next()).toMatch(answer);
    await client.join('/other');
    await client.idle('/other');
    expect(Reflect.get({}, 'admin')).toBeUndefined();
  });

  it('sent again before the answer is written makes one socket, and is answered once', async () => {
    const connected = vi.fn<() => void>();
    scene.rig.server.on('connection', connected);
    const client = await scene.open();
    client.send('40', '40', '40');
    expect(await client.next()).toMatch(/^40\{"sid":"[\w-]{20}"\}$/);
    await client.idle();
    expect(connected).toHaveBeenCalledOnce();
    expect(scene.rig.server.sockets.sockets.size).toBe(2); // one is the neighbour's
  });

  it('sent again after the answer closes the connection', async () => {
    const client = await scene.open();
    await client.join();
    client.send('40');
    expect(await client.closed).toEqual({ code: 1002 });
  });

  it('sent a hundred times while it is being decided runs the middleware once', async () => {
    const [go, asked] = [deferred(), vi.fn<() => void>()];
    const connected = vi.fn<() => void>();
    const slow = scene.rig
      .of('/slow')
      .use((_socket, next) => {
        asked();
        void go.promise.then(() => next());
      })
      .on('connection', connected);
    const client = await scene.open();
    client.send(...Array.from({ length: 100 }, () => '40/slow,'));
    await vi.waitFor(() => expect(asked).toHaveBeenCalled());
    go.resolve();
    expect(await client.next()).toMatch(/^40\/slow,/);
    await client.idle('/slow');
    expect(asked).toHaveBeenCalledOnce();
    expect(connected).toHaveBeenCalledOnce();
    expect(slow.sockets.size).toBe(1);
  });

  it('sent for more namespaces than limits.namespaces closes the connection', async () => {
    const client = await scene.open();
    for (let i = 0; i < 100; i++) {
      scene.rig.of(`/n${i}`);
      await client.join(`/n${i}`);
    }
    client.send('40/custom,');
    expect(await client.closed).toEqual({ code: 1002 });
  });

  it('sent for endless unknown namespaces creates none', async () => {
    await scene.restart({ limits: { refusedConnects: false } });
    const client = await scene.open();
    client.send(...Array.from({ length: 500 }, (_, i) => `40/nope${i},`));
    for (let i = 0; i < 500; i++) expect(await client.next()).toBe(`44/nope${i},{"message":"Invalid namespace"}`);
    await client.join();
    await client.idle();
    expect(scene.rig.server.has('/nope0')).toBe(false);
  });
});

/** Opens a client that joins `/slow`, whose middleware decides when `go` settles. */
async function knock() {
  const [asked, go] = [deferred(), deferred()];
  const handled: unknown[] = [];
  scene.rig
    .of('/slow')
    .onConnect(() => {
      asked.resolve();
      return go.promise;
    })
    .onEvent('e', (_socket, { data }) => void handled.push(data[1]));
  const client = await scene.open();
  client.send('40/slow,');
  await asked.promise;
  return { client, go, handled };
}

describe('before the answer to a CONNECT', () => {
  it('buffers events and handles them afterwards, in order', async () => {
    const { client, go, handled } = await knock();
    client.send('42/slow,["e",1]', `451-/slow,["e",${PART}]`, BYTES, '42/slow,["e",3]');
    await client.join('/other'); // its answer shows that the server has read them
    expect(handled).toEqual([]);
    go.resolve();
    expect(await client.next()).toMatch(/^40\/slow,/);
    await client.idle('/slow');
    expect(handled).toEqual([1, BYTES, 3]);
  });

  it.each([
    ['many', 1_000, ''],
    ['large', 3, 'x'.repeat(600_000)],
  ])('reads no more when the events are too %s, and handles all of them afterwards', async (_what, count, text) => {
    const { client, go, handled } = await knock();
    client.send(...Array.from({ length: count }, (_, i) => `42/slow,["e","${i}${text}"]`));
    await expect.poll(() => scene.rig.server.engine.limitCounts.heldWeight).toBe(1);
    expect(handled).toEqual([]);
    go.resolve();
    expect(await client.next()).toMatch(/^40\/slow,/);
    await client.idle('/slow');
    expect(handled).toEqual(Array.from({ length: count }, (_, i) => `${i}${text}`));
  });

  it('drops the events when the client is refused', async () => {
    const { client, go, handled } = await knock();
    client.send('42/slow,["e",1]', '42/slow,0["e",2]');
    await client.join('/other'); // its answer shows that the server has read them
    go.reject(new ConnectionRefused('no'));
    expect(await client.next()).toBe('44/slow,{"message":"no"}');
    await client.join();
    await client.idle();
    expect(handled).toEqual([]);
  });
});
