import { afterEach, expect, it } from 'vitest';
import { createServer } from 'node:http';
import { Server, createCluster, memoryBroker } from '../../lib/index.js';
import { connectStock } from './../support/stock-client.js';
import { systemClock } from '../../lib/engine/internal.js';

const ends: (() => unknown)[] = [];
afterEach(async () => { for (const e of ends.splice(0).reverse()) await e(); });
async function node(broker: any, options = {}) {
  const http = createServer();
  await new Promise<void>((r) => http.listen(0, '127.0.0.1', r));
  const server = new Server(http, { broker: createCluster(broker), ...options });
  await server.joinCluster();
  ends.push(() => server.close(), );
  ends.push(() => {http.close()});
  const port = (http.address() as any).port;
  const join = async (ns='/') => { const c = connectStock(`http://127.0.0.1:${port}${ns}`); await new Promise((r) => c.on('connect', r as any)); return c; };
  return { server, port, join };
}
const next = (c: any, e: string) => new Promise<any[]>((r) => c.once(e, (...a: any[]) => r(a)));
it('works', async () => {
  const broker = memoryBroker();
  const a = await node(broker), b = await node(broker);
  const ann = await a.join(), bob = await b.join();
  const got = Promise.all([next(ann, 'x'), next(bob, 'x')]);
  a.server.emit('x', 1, Buffer.from([1,2]), 'ü');
  expect(await got).toEqual([[1, Buffer.from([1,2]),'ü'],[1, Buffer.from([1,2]),'ü']]);
  expect((await a.server.fetchSockets()).map(s=>s.id).sort()).toEqual([ann.id, bob.id].sort());
  expect(await b.server.countSockets()).toBe(2);
  for (const c of [ann, bob]) c.on('q', (n: number, done: any) => done(n, Buffer.from('a')));
  expect(await a.server.timeout(1000).emitWithAck('q', 5)).toEqual([5,5]);
  a.server.in(bob.id!).socketsJoin('den');
  const den = next(bob, 'den');
  a.server.to('den').emit('den', 'hi');
  expect(await den).toEqual(['hi']);
  b.server.on('ping', (x: any, done: any) => done(x + 1));
  expect(await a.server.serverSideEmitWithAck('ping', 1)).toEqual([2]);
  expect(await a.server.to(bob.id!).call('q', 9)).toBe(9);
  console.log(a.server.cluster.nodes, a.server.cluster.health);
  const gone = next(bob, 'disconnect');
  a.server.in('den').disconnectSockets(true, 'bye');
  console.log(await gone);
});
