/** The wildcard namespace, and the option that lets clients into namespaces without handlers. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Namespace, ServerOptions, Socket } from '../../../lib/server/internal.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { startServer, told } from '../../support/server-rig.js';

afterEach(cleanUp);

const refused = (name: string): string => `44${name},{"message":"Invalid namespace"}`;

/** A server whose handlers record their calls. */
async function start(options: ServerOptions = {}) {
  const rig = await startServer(options);
  const ran: string[] = [];
  const note = (who: string) => (socket: Socket) => void ran.push(`${who} ${socket.nsp.name}`);
  /** Adds handlers of the given events, which record their calls. */
  const handle = (namespace: Namespace, who: string, ...events: string[]): Namespace => {
    for (const event of events) namespace.onEvent(event, note(`${who} ${event}`));
    return namespace;
  };
  const everywhere = rig.server.forAll();
  everywhere.onEvent('fence', (socket, { id }) => socket.acknowledge(id as number, []));
  return { rig, ran, note, handle, everywhere };
}

describe('the wildcard namespace', () => {
  it('exists once per server', async () => {
    const { rig, everywhere } = await start();
    expect(rig.server.forAll()).toBe(everywhere);
    expect(everywhere.name).toBe('*');
  });

  it('handles an event after the namespace itself: (ns, event), (ns, *), (*, event), (*, *)', async () => {
    const { rig, ran, handle, everywhere } = await start();
    handle(everywhere, 'all', 'a', 'b', 'd', '*');
    handle(rig.of('/x'), 'x', 'a', '*');
    handle(rig.server.of('/y'), 'y', 'b');
    const client = await rig.open();
    for (const name of ['/x', '/y']) await client.join(name);
    client.send('42/x,["a"]', '42/x,["b"]', '42/x,["c"]', '42/y,["b"]', '42/y,["d"]', '42/y,["c"]', '42/y,["*"]');
    await client.idle('/y');
    expect(ran).toEqual(['x a /x', 'x * /x', 'x * /x', 'y b /y', 'all d /y', 'all * /y', 'all * /y']);
    expect(rig.server.of('/y').unhandledEvents).toBe(0);
  });

  it('acknowledges the events that it handles, like any handler', async () => {
    const { rig, everywhere } = await start();
    everywhere.onEvent('ask', (socket, { id }) => socket.acknowledge(id as number, [socket.nsp.name]));
    rig.server.of('/x').on('connection', (socket) => socket.onAny((...args) => socket.emit('saw', args.length)));
    const client = await rig.open();
    await client.join('/x');
    client.send('42/x,0["ask",1]');
    expect(await client.next()).toBe('42/x,["saw",2]'); // name and argument, without the acknowledgement
    expect(await client.next()).toBe('43/x,0["/x"]');
  });

  it('runs its connect and disconnect handlers for namespaces that have none', async () => {
    const { rig, ran, note, everywhere } = await start();
    everywhere.onConnect(note('all in')).onDisconnect(note('all out'));
    everywhere.onConnect(note('all always'), true).onDisconnect(note('all always out'), true);
    rig.server.of('/x').onConnect(note('x in'));
    rig.server.of('/y').onDisconnect(note('y out')).onConnect(note('y always'), true);
    const client = await rig.open();
    for (const name of ['/x', '/y']) {
      await client.join(name);
      client.send(`41${name},`);
    }
    await client.join();
    await client.idle();
    expect(ran.filter((line) => line.endsWith('/x'))).toEqual([
      'x in /x',
      'all always /x',
      'all out /x',
      'all always out /x',
    ]);
    expect(ran.filter((line) => line.endsWith('/y'))).toEqual([
      'y always /y',
      'all in /y',
      'all always /y',
      'y out /y',
      'all always out /y',
    ]);
    expect(ran.filter((line) => line.endsWith(' /'))).toEqual(['all in /', 'all always /']);
  });

  it('may refuse a client', async () => {
    const { rig, everywhere } = await start();
    everywhere.onConnect((socket) => {
      if (socket.nsp.name === '/x') throw new Error('oops');
    });
    rig.server.of('/x');
    const client = await rig.open();
    client.send('40/x,');
    expect(await client.next()).toBe('44/x,{"message":"Internal server error"}');
    await client.join('/');
  });

  it('has middlewares and listeners for all namespaces, and its middlewares run first', async () => {
    const { rig, ran, note, everywhere } = await start();
    const passing = (who: string) => (socket: Socket, next: () => void) => {
      note(who)(socket);
      next();
    };
    rig.server.of('/x').use(passing('x middleware'));
    everywhere.use(passing('all middleware'));
    everywhere.on('connection', note('connection'));
    everywhere.on('connect', note('connect'));
    const client = await rig.open();
    await client.join('/x');
    await client.join('/');
    expect(ran).toEqual([
      'all middleware /x',
      'x middleware /x',
      'connect /x',
      'connection /x',
      'all middleware /',
      'connect /',
      'connection /',
    ]);
  });

  it('broadcasts to the clients of all namespaces', async () => {
    const { rig, everywhere } = await start();
    rig.server.of('/x');
    rig.server.of(/^\/made/);
    const client = await rig.open();
    const ids = [];
    for (const name of ['/', '/x', '/made']) ids.push(await client.join(name));
    everywhere.emit('news');
    const frames = [await client.next(), await client.next(), await client.next()];
    expect(frames.map(String).toSorted()).toEqual(['42/made,["news"]', '42/x,["news"]', '42["news"]']);
    expect((await everywhere.fetchSockets()).map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    client.send('41/made,');
    await client.idle();
    everywhere.emit('news');
    expect([String(await client.next()), String(await client.next())].toSorted()).toEqual([
      '42/x,["news"]',
      '42["news"]',
    ]);
  });

  it('creates no namespace that clients could join', async () => {
    const { rig, everywhere } = await start();
    const client = await rig.open();
    for (const name of ['/other', '/*']) {
      client.send(`40${name},`);
      expect(await client.next()).toBe(refused(name));
    }
    expect((everywhere as unknown as { createChild(name: string): Namespace }).createChild('other')).toBe(
      rig.server.of('/other'),
    );
    await client.join('/other');
  });
});

describe('the option namespaces', () => {
  it('lets clients into the named namespaces without handlers, and into no others', async () => {
    const { rig, ran, handle, everywhere } = await start({ namespaces: ['lobby', '/hall', /^\/team-\d+$/] });
    handle(everywhere, 'all', 'e');
    const client = await rig.open();
    for (const name of ['/lobby', '/hall', '/team-7']) {
      await client.join(name);
      client.send(`42${name},["e"]`);
    }
    for (const name of ['/team-x', '/lobby2']) {
      client.send(`40${name},`);
      expect(await client.next()).toBe(refused(name));
    }
    expect(ran).toEqual(['all e /lobby', 'all e /hall', 'all e /team-7']);
    expect(rig.server.has('/lobby')).toBe(true);
    const gone = told([...rig.server.of('/lobby').sockets.values()][0] as Socket, 'disconnect');
    client.send('41/lobby,');
    await gone;
    expect(rig.server.has('/lobby')).toBe(false);
  });

  it.each(['*' as const, ['*']])('is %j for all', async (namespaces) => {
    const { rig } = await start({ namespaces });
    const client = await rig.open();
    for (const name of ['/a', '/b/c']) await client.join(name);
  });

  it('is tried after the patterns', async () => {
    const { rig, ran, handle } = await start({ namespaces: '*' });
    handle(rig.server.of(/^\/a/), 'pattern', 'e');
    const client = await rig.open();
    await client.join('/a1');
    client.send('42/a1,["e"]');
    await client.idle('/a1');
    expect(ran).toEqual(['pattern e /a1']);
  });
});
