/** Two thousand clients connect, break the rules in various ways, and leave: the server keeps nothing of them. */
import { expect, it } from 'vitest';
import type { Namespace, Socket } from '../../../lib/server/internal.js';
import { turn } from '../../support/engine-rig.js';
import { BYTES, hostileScene, PART } from '../../support/hostile-scene.js';
import type { WireClient } from '../../support/server-wire.js';

const scene = hostileScene();

const CLIENTS = 2_000;
const AT_A_TIME = 50;

/** The ways in which a client behaves before it leaves or is closed. */
const CONDUCTS: readonly ((client: WireClient, number: number) => unknown)[] = [
  () => {}, // joins nothing
  (client) => client.send('40'),
  (client) => client.send('40', '40'),
  (client) => client.send('40', '42["ask me"]', '42["room"]'),
  (client) => client.send('40', `452-["e",${PART},{"_placeholder":true,"num":1}]`, BYTES),
  (client) => client.send('40/room,', '42/room,["room"]', '42/room,["connect"]'),
  (client, number) => client.send(`40/made${number},`, `42/made${number},["room"]`),
  (client, number) => client.send(`40/made${number},`, `41/made${number},`, `40/made${number},`),
  (client) => client.send('40/never,', '42/never,["e"]'),
  (client) => client.send('40/hangs,', '42/hangs,["e"]', '41/hangs,'),
  (client) => client.send('40/refused,', '40/nope,', '42/refused,["e"]'),
  (client, number) => client.send(`40/asked${number},`, `42/asked${number},["e"]`),
  (client) => client.send('40/room,', '42/room,["room"]', '41/room,', '42/room,["late"]'),
  (client) => client.send(Buffer.alloc(0)),
  (client) => client.send('40', '42["ask me"]', '430["answer"]', '430["again"]'),
  (client) => client.send('40', '42["leave me"]', '42["late"]'),
];

/** Gives the application everything that could keep a reference to a client. */
function furnish(): { asked: Promise<unknown>[] } {
  const { server } = scene.rig;
  const asked: Promise<unknown>[] = [];
  const equip = (namespace: Namespace): Namespace =>
    namespace.on('connection', (socket: Socket) => {
      socket.data = { socket };
      socket.on('room', () => socket.join(['a', 'b', socket.id]));
      socket.on('ask me', () => {
        asked.push(Promise.allSettled([socket.emitWithAck('ask'), socket.timeout(5_000).emitWithAck('ask')]));
      });
      socket.on('leave me', () => socket.disconnect());
    });
  equip(server.sockets);
  equip(scene.rig.of('/room')).onDisconnect(() => turn());
  equip(server.of(/^\/made\d+$/));
  scene.rig.of('/never').use((socket) => socket.join('a'));
  scene.rig.of('/hangs').onConnect((socket) => {
    socket.join('b');
    return new Promise(() => {});
  });
  scene.rig.of('/refused').use((socket, next) => {
    socket.join('a');
    next(new Error('no'));
  });
  server.of((name, _auth, next) => {
    if (!name.startsWith('/asked')) next(null, false);
  });
  return { asked };
}

it('keeps nothing of them', { timeout: 60_000 }, async () => {
  const { asked } = furnish();
  const { server, clock } = scene.rig;
  for (let from = 0; from < CLIENTS; from += AT_A_TIME) {
    const clients = await Promise.all(Array.from({ length: AT_A_TIME }, () => scene.rig.open()));
    clients.forEach((client, i) => void CONDUCTS[(from + i) % CONDUCTS.length]?.(client, from + i));
    await scene.neighbour.idle();
    if (from % 100 === 0) for (const client of clients) client.terminate();
    else clock.advance(46_000);
    if (from % 100 !== 0) for (const client of clients) client.terminate(); // those that were not closed
    await Promise.all(clients.map(({ closed }) => closed));
  }
  await expect.poll(() => server.engine.clientsCount).toBe(1);
  clock.advance(46_000); // for clients that left while the application was deciding
  await Promise.all(asked); // each has been settled
  await turn();

  for (const name of ['/', '/room', '/never', '/hangs', '/refused']) {
    const { sockets, members, adapter } = server.of(name);
    expect([name, sockets.size, members.size]).toEqual(name === '/' ? [name, 1, 1] : [name, 0, 0]);
    expect([adapter.rooms.has('a'), adapter.rooms.has('b')]).toEqual([false, false]);
  }
  const left = Array.from({ length: CLIENTS }, (_, i) => [server.has(`/made${i}`), server.has(`/asked${i}`)]);
  expect(left.flat()).not.toContain(true);
  // Anything still waiting would keep a timer; the one that remains is the heartbeat's.
  expect(clock.timers).toBe(1);
  expect(asked.length).toBeGreaterThan(CLIENTS / CONDUCTS.length);
  // Each is logged once a minute, with the number of repetitions.
  expect(new Set(scene.faults().map((line) => line.replace(/ \(\d+ more since the last such line\)$/, '')))).toEqual(
    new Set([
      'a middleware did not call next in /never within connectTimeout, 45000 ms: the client is refused',
      'a connect handler did not finish in /hangs within connectTimeout, 45000 ms: the client is refused',
      'a function that decides on namespaces did not call next within connectTimeout: the client is refused',
    ]),
  );
});
