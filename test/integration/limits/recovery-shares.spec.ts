/** A client that makes the server send much costs others none of what they have missed. */
import { expect, it } from 'vitest';
import type { Namespace } from '../../../lib/server/internal.js';
import { hostileScene, type Subject } from '../../support/hostile-scene.js';
import { enter as enterNamespace, type Entered, lose, missedBy as missedIn } from '../../support/resuming-client.js';

const scene = hostileScene({ connectionStateRecovery: {} });

/** The well-behaved client of the scene is in another namespace. */
const NAME = '/custom';

const enter = (claim?: object): Promise<Entered> => enterNamespace(scene.rig, claim, NAME);
const missedBy = (entered: Entered): unknown[][] => missedIn(entered, NAME);
const chat = (): Namespace => scene.rig.server.of(NAME);

/** Lets a client request `count` echoes, and reads them. */
async function echo({ client }: Pick<Subject, 'client'>, count: number, text: string): Promise<void> {
  for (let sent = 0; sent < count; sent += 500) {
    client.send(...Array.from({ length: Math.min(500, count - sent) }, () => `42${NAME},["echo","${text}"]`));
    for (let i = sent; i < Math.min(count, sent + 500); i++) await client.next();
  }
}

/** The ways in which an application answers a client with an event. */
const WAYS: [string, (namespace: Namespace) => void][] = [
  ['emits to the socket', (nsp) => nsp.onEvent('echo', (socket, { data }) => void socket.emit('echo', data[1]))],
  ['broadcasts to its id', (nsp) => nsp.onEvent('echo', ({ id }, { data }) => void nsp.to(id).emit('echo', data[1]))],
  [
    'broadcasts to the room of its user',
    (nsp) =>
      nsp.onEvent('echo', (socket, { data }) => {
        socket.join('user:7');
        nsp.to('user:7').emit('echo', data[1]);
      }),
  ],
];

it.each(WAYS)(
  'keeps what others missed while a client gets 10,001 echoes, if the application %s',
  async (_way, serve) => {
    const { rig } = scene;
    serve(chat());
    const [ann, bob, mallory] = [await enter(), await enter(), await enter()];
    chat().emit('seen');
    ann.client.pause();
    bob.socket.emit('for bob');
    chat().emit('lost on the way', 1);
    await lose(ann);
    await lose(bob);
    chat().emit('missed', 2);
    await echo(mallory, 10_001, 'x');
    chat().emit('missed', 3);
    expect(missedBy(await enter({ pid: ann.pid }))).toEqual([
      ['seen'],
      ['lost on the way', 1],
      ['missed', 2],
      ['missed', 3],
    ]);
    expect(missedBy(await enter({ pid: bob.pid }))).toHaveLength(5);
    expect(rig.server.recoveryBudget.directs.weight).toBeLessThan(1_000_000);
    await lose(mallory);
    expect((await enter({ pid: mallory.pid })).sid).not.toBe(mallory.sid); // its own early events are gone
  },
);

it('keeps what others missed while a client gets many large events of its own', async () => {
  const { rig } = scene;
  WAYS[0]?.[1](chat());
  const [ann, mallory] = [await enter(), await enter()];
  await lose(ann);
  chat().emit('missed');
  await echo(mallory, 15, 'x'.repeat(900_000));
  expect(rig.server.recoveryBudget.directs.weight).toBeLessThan(1_000_000);
  expect(missedBy(await enter({ pid: ann.pid }))).toEqual([['missed']]);
});

it('keeps broadcasts and sessions, although many clients get events of their own up to recoveryBytes', async () => {
  await scene.restart({ connectionStateRecovery: {}, limits: { recoveryBytes: 300_000 } });
  const { rig } = scene;
  WAYS[0]?.[1](chat());
  const ann = await enter();
  await lose(ann);
  chat().emit('missed', 'x'.repeat(50_000));
  for (let i = 0; i < 10; i++) await echo(await enter(), 100, 'x'.repeat(1_000));
  expect(rig.server.engine.limitCounts.recoveryBytes).toBeGreaterThan(500);
  expect(rig.server.recoveryBudget.weight).toBeLessThanOrEqual(300_000);
  expect(missedBy(await enter({ pid: ann.pid }))).toEqual([['missed', 'x'.repeat(50_000)]]);
});

it('keeps what others missed while a client speaks in rooms where it is alone', async () => {
  const { rig } = scene;
  chat().onEvent('say', (socket, { data: [, room, text] }) => {
    socket.join(String(room));
    socket.to(String(room)).emit('said', text);
    chat()
      .to(`no one is in ${String(room)}`)
      .emit('said', text);
  });
  const [ann, mallory] = [await enter(), await enter()];
  await lose(ann);
  chat().emit('missed');
  expect(await mallory.client.next()).toContain('missed');
  const { weight } = rig.server.recoveryBudget;
  for (let i = 0; i < 11; i++)
    mallory.client.send(...Array.from({ length: 1_000 }, () => `42${NAME},["say","den","x"]`));
  mallory.client.send(`42${NAME},["say","den","${'x'.repeat(900_000)}"]`);
  await mallory.client.idle(NAME);
  expect(rig.server.recoveryBudget.weight).toBe(weight);
  expect(missedBy(await enter({ pid: ann.pid }))).toEqual([['missed']]);
});
