/** Adapters that copy the packets they get, and adapters that are asked for sockets. */
import { Adapter, ClusterAdapter } from 'socket.io-adapter';
import { afterEach, expect, it } from 'vitest';
import { cleanUp } from '../../support/engine-clean-up.js';
import { deferred, startServer } from '../../support/server-rig.js';

afterEach(cleanUp);

const COPIES: [string, (packet: object) => object][] = [
  ['spreads', (packet) => ({ ...packet, data: [...(packet as { data: unknown[] }).data] })],
  ['serialises', (packet) => JSON.parse(JSON.stringify(packet)) as object],
  ['clones', (packet) => structuredClone(packet)],
];

it.each(COPIES)('delivers once through an adapter that %s packets and targets', async (_how, copy) => {
  class Copying extends Adapter {
    override broadcast(packet: object, target: { rooms: Set<string> }): void {
      super.broadcast(copy(packet), { ...target, rooms: new Set(target.rooms) });
    }
    override broadcastWithAck(packet: object, ...rest: unknown[]): void {
      super.broadcastWithAck(copy(packet), ...(rest as [never, never, never]));
    }
  }
  const rig = await startServer({ adapter: Copying as never });
  const [ann, annHere] = await rig.join();
  const [healthy] = await rig.join();
  const outgoing: unknown[] = [];
  annHere.onAnyOutgoing((...event) => outgoing.push(event));
  rig.server.emit('once', 1);
  rig.server.to(annHere.id).emit('twice', 2);
  expect([await ann.next(), await ann.next()]).toEqual(['42["once",1]', '42["twice",2]']);
  await ann.idle();
  expect(outgoing).toEqual([
    ['once', 1],
    ['twice', 2],
  ]);
  const answers = rig.server.timeout(100).emitWithAck('ask');
  expect(await ann.next()).toBe('420["ask"]');
  ann.send('430["yes"]');
  expect(await healthy.next()).toBe('42["once",1]');
  expect(await healthy.next()).toBe('420["ask"]');
  healthy.send('430["too"]');
  expect(new Set(await answers)).toEqual(new Set(['yes', 'too']));
  await Promise.all([ann.idle(), healthy.idle()]);
  expect([ann, healthy].map(({ heard }) => heard.filter((frame) => String(frame).startsWith('42')).length)).toEqual([
    3, 2,
  ]);
});

it('finds no client before it is admitted, in this process or for another server', async () => {
  const responses: { sockets: { id: string }[] }[] = [];
  class Brokered extends ClusterAdapter {
    override doPublish(): Promise<string> {
      return Promise.resolve('');
    }
    override doPublishResponse(_uid: string, response: { data: unknown }): Promise<void> {
      responses.push(response.data as never);
      return Promise.resolve();
    }
    override serverCount(): Promise<number> {
      return Promise.resolve(1);
    }
  }
  for (const adapter of [Brokered, undefined]) {
    const rig = await startServer(adapter === undefined ? {} : { adapter: adapter as never });
    const decided = deferred<undefined>();
    let admitted = 0;
    rig.of('/').onConnect(() => (admitted++ === 0 ? undefined : decided.promise));
    const [healthy, ann] = await rig.join();
    const late = await rig.open();
    late.send('40');
    await expect.poll(() => admitted).toBe(2);
    const { adapter: shown } = rig.of('/');
    expect(await rig.server.fetchSockets()).toEqual([ann]);
    expect(await shown.sockets(new Set())).toEqual(new Set([ann.id]));
    if (adapter !== undefined) {
      const question = { uid: 'far', nsp: '/', type: 7, data: { requestId: '1', opts: { rooms: [], except: [] } } };
      (shown as unknown as { onMessage(message: object): void }).onMessage(question);
      await expect.poll(() => responses.map(({ sockets }) => sockets.map(({ id }) => id))).toEqual([[ann.id]]);
      const news = { type: 2, nsp: '/', data: ['news'] };
      const broadcast = { uid: 'far', nsp: '/', type: 3, data: { packet: news, opts: { rooms: [], except: [] } } };
      (shown as unknown as { onMessage(message: object): void }).onMessage(broadcast);
    } else rig.server.emit('news');
    expect(await healthy.next()).toBe('42["news"]');
    await healthy.idle();
    decided.resolve(undefined);
    expect(await late.next()).toContain('40{"sid"');
    expect(await late.next()).toBe('42["news"]'); // although it was not found
  }
});
