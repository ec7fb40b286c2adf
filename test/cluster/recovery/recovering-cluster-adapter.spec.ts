/** Connection state recovery in a cluster, as clients see it on the wire. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createCluster, memoryBroker } from '../../../lib/cluster/internal.js';
import type { BrokerFactory } from '../../../lib/cluster/internal.js';
import type { Middleware, ServerOptions } from '../../../lib/server/internal.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { turn } from '../../support/engine-rig.js';
import { answered, enter, type Entered, lose, missedBy, offsetOf } from '../../support/resuming-client.js';
import { deferred, type ServerRig, startServer, told } from '../../support/server-rig.js';
import { GatedBroker } from './gated-broker.js';

afterEach(cleanUp);

async function startNode(broker: BrokerFactory, options: ServerOptions = {}): Promise<ServerRig> {
  const rig = await startServer({ connectionStateRecovery: {}, broker: createCluster(broker), ...options });
  await rig.server.joinCluster();
  await turn();
  return rig;
}

/** Two nodes, and the factory with which others can join. */
async function startTwo(options: ServerOptions = {}): Promise<[a: ServerRig, b: ServerRig, broker: BrokerFactory]> {
  const broker = memoryBroker();
  return [await startNode(broker, options), await startNode(broker, options), broker];
}

/** Waits until all that was sent so far has arrived everywhere. */
async function settled(): Promise<void> {
  for (let i = 0; i < 4; i++) await turn();
}

const claimOf = ({ pid }: Entered, offset?: string): object => (offset === undefined ? { pid } : { pid, offset });

describe('an event in a cluster', () => {
  it('carries the offset of the node that delivers it', async () => {
    const [a, b] = await startTwo();
    const [ann, bob] = [await enter(a), await enter(b)];
    a.server.emit('news', Buffer.from([1]));
    const [own, other] = [await ann.client.next(), await bob.client.next()];
    expect(own).toMatch(/^451-\["news",\{"_placeholder":true,"num":0\},"[\w-]{10}\.1\.\w+\.\w+"\]$/);
    expect(other).toMatch(/^451-\["news",\{"_placeholder":true,"num":0\},"[\w-]{10}\.0\.1\.\w+"\]$/);
    expect(offsetOf(own).slice(0, 10)).not.toBe(offsetOf(other).slice(0, 10));
    expect([await ann.client.next(), await bob.client.next()]).toEqual([Buffer.from([1]), Buffer.from([1])]);
  });

  it('never mistakes another argument for an offset', async () => {
    const [a, b] = await startTwo();
    const [ann, bob] = [await enter(a), await enter(b)];
    a.server.volatile.emit('tick', 'x');
    a.server.local.emit('local', 'x');
    expect([await ann.client.next(), await bob.client.next()]).toEqual(Array(2).fill('42["tick","x",null]'));
    expect(await ann.client.next()).toBe('42["local","x",null]');
    a.server.latest('AAPL').emit('price', 'x');
    expect([await ann.client.next(), await bob.client.next()]).toEqual(Array(2).fill('42["price","x",null]'));
  });

  it('is seen without its offset by the listeners of outgoing events', async () => {
    const [a, b] = await startTwo();
    const bob = await enter(b);
    const sent: unknown[][] = [];
    bob.socket.onAnyOutgoing((...event: unknown[]) => sent.push(event));
    a.server.emit('news', 1);
    await bob.client.next();
    expect(sent).toEqual([['news', 1]]);
  });
});

describe('latest values that a history keeps', () => {
  const PRICES = { history: { '/': {} } };

  it('stay latest values on other nodes, without an offset', async () => {
    const [a, b] = await startTwo(PRICES);
    const bob = await enter(b);
    await bob.socket.join('nyse', {});
    a.server.to('nyse').latest('AAPL').emit('price', 1);
    expect(await bob.client.next()).toBe('42["price",1]');
  });

  it('have numbers of their own among the events: a client that joins elsewhere gets each event once', async () => {
    const [a, b] = await startTwo(PRICES);
    for (let i = 0; i < 3; i++) a.server.to('nyse').latest('AAPL').emit('price', i);
    a.server.to('den').emit('said', 'hello');
    await settled();
    const bob = await enter(b);
    expect(await bob.socket.join('den', {})).toEqual({ events: 1, complete: true });
    expect(await b.server.of('/').history?.read('den')).toMatchObject([{ event: 'said', args: ['hello'] }]);
  });

  it('are not replayed to a client that resumes, which gets each missed event once', async () => {
    const [a, b] = await startTwo(PRICES);
    const ann = await enter(a);
    ann.socket.join(['den', 'nyse']);
    await settled();
    const tick = (): boolean => a.server.to('nyse').latest('AAPL').emit('price', 1);
    for (let i = 0; i < 3; i++) tick();
    a.server.to('den').emit('seen');
    for (let i = 0; i < 3; i++) await ann.client.next();
    const offset = offsetOf(await ann.client.next());
    await settled();
    await lose(ann);
    tick();
    a.server.to('den').emit('missed');
    tick();
    await settled();
    const back = await enter(b, claimOf(ann, offset));
    expect(back.socket.recovered).toBe(true);
    expect(missedBy(back)).toEqual([['missed']]);
  });
});

describe('a client that is sent the past of a room', () => {
  it('gets the presence of the room without an offset, and the last event with one', async () => {
    const [a] = await startTwo({ history: { '/': {} } });
    const { presence } = a.server.sockets;
    const [ann, bob] = [await enter(a), await enter(a)];
    presence.track(ann.socket, { user: 'ann' });
    await ann.socket.join('den', {});
    a.clock.advance(1_000);
    a.server.to('den').emit('said', 1);
    await bob.socket.join('den', {});
    const heard = [String(await bob.client.next()), String(await bob.client.next())];
    expect(heard).toContain('42["presence_state","den",[["ann",null]]]');
    expect(heard).toContainEqual(expect.stringMatching(/^42\["said",1,"\S+"\]$/));
  });
});

describe('a client that resumes in a cluster', () => {
  it('has its id, rooms and data on another node, and first the events that it missed', async () => {
    const [a, b] = await startTwo();
    const ann = await enter(a);
    ann.socket.join(['den', 'cellar']);
    ann.socket.data = { name: 'Ann' };
    a.server.emit('seen');
    const offset = offsetOf(await ann.client.next());
    await lose(ann);
    a.server.emit('to all', 1);
    await settled();
    b.server.to('den').emit('to the den', 2);
    b.server.to('elsewhere').emit('not for ann');
    b.server.to(['den', 'cellar']).except('cellar').emit('not for ann either');
    await settled();
    a.server.to(ann.sid).emit('to ann', 3);
    a.server.of('/other').emit('not here');
    await settled();
    const back = await enter(b, claimOf(ann, offset));
    expect(back).toMatchObject({ sid: ann.sid, pid: ann.pid });
    expect(back.socket.recovered).toBe(true);
    expect(back.socket.rooms).toEqual(new Set([ann.sid, 'den', 'cellar']));
    expect(back.socket.data).toEqual({ name: 'Ann' });
    expect(missedBy(back)).toEqual([
      ['to all', 1],
      ['to the den', 2],
      ['to ann', 3],
    ]);
    b.server.to('den').emit('live');
    expect(await back.client.next()).toMatch(/^42\["live","[\w-]{10}\./);
  });

  it('goes on from any event that it has missed, on any node', async () => {
    const [a, b, broker] = await startTwo();
    const c = await startNode(broker);
    const ann = await enter(a);
    a.server.emit('0');
    let offset = offsetOf(await ann.client.next());
    await lose(ann);
    for (const [index, node] of [b, c, a, b, c, a].entries()) node.server.emit(String(index + 1));
    await settled();
    let left = ['1', '2', '3', '4', '5', '6'];
    let last = ann;
    for (const node of [b, c, a, b]) {
      last = await enter(node, claimOf(last, offset));
      const missed = missedBy(last).map(([name]) => name);
      expect(new Set(missed)).toEqual(new Set(left));
      expect(missed).toHaveLength(left.length);
      offset = offsetOf(last.client.heard[0]); // as if the connection had broken after the first of them
      left = left.filter((name) => name !== missed[0]);
      await lose(last);
      await settled();
    }
  });

  it('does not wait for the broker on its own node', async () => {
    const broker = new GatedBroker();
    const a = await startNode(broker);
    const ann = await enter(a);
    a.server.emit('seen');
    const offset = offsetOf(await ann.client.next());
    await settled();
    broker.isShut = true;
    await lose(ann);
    a.server.emit('missed', 1);
    const back = await enter(a, claimOf(ann, offset));
    expect(back.socket.recovered).toBe(true);
    expect(missedBy(back)).toEqual([['missed', 1]]);
    broker.open();
    await settled();
    await lose(back);
    expect((await enter(a, claimOf(back, offsetOf(back.client.heard[0])))).socket.recovered).toBe(true);
  });

  it('does not get an event twice that it had on its former node before the broker did', async () => {
    const gate = new GatedBroker();
    const a = await startNode(gate);
    const b = await startNode(gate.inner);
    const ann = await enter(a);
    a.server.emit('before');
    await ann.client.next();
    await settled();
    gate.isShut = true;
    a.server.emit('held back');
    const offset = offsetOf(await ann.client.next());
    gate.isShut = false; // its session can be written, its event is still held back
    await lose(ann);
    await settled();
    const back = await enter(b, claimOf(ann, offset));
    expect(back.socket.recovered).toBe(true);
    gate.open();
    a.server.emit('after');
    expect(await back.client.next()).toMatch(/^42\["after"/);
  });

  it('gets only the events of a room that came after it had joined', async () => {
    const [a, b] = await startTwo();
    const ann = await enter(a);
    a.server.emit('seen');
    const offset = offsetOf(await ann.client.next());
    b.server.to('den').emit('too early');
    a.server.to('den').emit('too early');
    await settled();
    ann.socket.join('den');
    a.server.to('den').emit('1');
    b.server.to('den').emit('2');
    await settled();
    await lose(ann);
    const back = await enter(b, claimOf(ann, offset));
    expect(missedBy(back)).toEqual([['1'], ['2']]);
    back.socket.leave('den');
    b.server.to('den').emit('3');
    await lose(back);
    expect(missedBy(await enter(a, claimOf(back, offsetOf(back.client.heard[1]))))).toEqual([]);
  });

  it('resumes if it has received nothing at all, again and again', async () => {
    const [a, b] = await startTwo();
    a.server.emit('before');
    await settled();
    let last = await enter(a);
    for (const node of [b, a, b]) {
      await lose(last);
      await settled();
      last = await enter(node, claimOf(last));
      expect(last.socket.recovered).toBe(true);
      expect(missedBy(last)).toEqual([]);
    }
  });

  it('resumes although its last event is gone, if it has received all its events', async () => {
    const [a, b] = await startTwo({ limits: { recoveryBytes: 20_000 } });
    const ann = await enter(a);
    a.server.to(ann.sid).emit('seen');
    const offset = offsetOf(await ann.client.next());
    for (let i = 0; i < 200; i++) {
      b.server.to('elsewhere').emit('filler', 'x'.repeat(200));
      await turn();
    }
    await lose(ann);
    await settled();
    const back = await enter(b, claimOf(ann, offset));
    expect(back.socket.recovered).toBe(true);
    expect(missedBy(back)).toEqual([]);
  });

  it('resumes on a node that started after the events', async () => {
    const [a, b, broker] = await startTwo();
    const ann = await enter(a);
    b.server.emit('seen');
    const offset = offsetOf(await ann.client.next());
    await lose(ann);
    b.server.emit('missed');
    await settled();
    const late = await startNode(broker);
    const back = await enter(late, claimOf(ann, offset));
    expect(back.socket.recovered).toBe(true);
    expect(missedBy(back)).toEqual([['missed']]);
  });

  it('resumes elsewhere before its node has noticed that it is gone, and is not there any more', async () => {
    const [a, b] = await startTwo();
    const ann = await enter(a);
    ann.socket.data = { name: 'Ann' };
    await settled();
    a.clock.advance(1_000);
    await settled();
    const gone = told(ann.socket, 'disconnect');
    const back = await enter(b, claimOf(ann));
    expect(back).toMatchObject({ sid: ann.sid });
    expect(back.socket.data).toEqual({ name: 'Ann' });
    expect(await gone).toContain('transport close');
    await settled();
    await lose(back);
    await settled();
    expect((await enter(a, claimOf(back))).socket.recovered).toBe(true);
  });

  it('does not resume a session that has been resumed elsewhere', async () => {
    const [a, b] = await startTwo();
    const ann = await enter(a);
    await lose(ann);
    await settled();
    expect((await enter(b, claimOf(ann))).socket.recovered).toBe(true);
    await settled();
    const thief = await enter(a, claimOf(ann));
    // Its owner is connected: whoever has the secret is taken for the owner, who has returned.
    expect(thief.socket.recovered).toBe(true);
    expect(b.server.sockets.sockets.size).toBe(0);
  });

  it('does not resume if events were lost on their way', async () => {
    const gate = new GatedBroker();
    const a = await startNode(gate, { limits: { brokerMessages: 2 } });
    const b = await startNode(gate.inner);
    const bob = await enter(b);
    a.server.emit('seen');
    const offset = offsetOf(await bob.client.next());
    await lose(bob);
    gate.isShut = true;
    for (let i = 0; i < 10; i++) {
      a.server.emit('lost');
      await turn();
    }
    gate.open();
    await settled();
    a.server.emit('arrives');
    await settled();
    expect((await enter(b, claimOf(bob, offset))).socket.recovered).toBe(false);
    expect(a.server.cluster.health.dropped).toBeGreaterThan(0);
    expect(b.server.cluster.health.missed).toBeGreaterThan(0);
  });

  it('does not resume with an offset that is none, or from before it joined', async () => {
    const [a, b] = await startTwo();
    const bob = await enter(a);
    a.server.emit('before ann was there');
    const early = offsetOf(await bob.client.next());
    a.server.emit('still before');
    await settled();
    for (const offset of [early, 'abc', `${early}9`]) {
      for (const node of [a, b]) {
        const ann = await enter(a);
        a.server.emit('then');
        await lose(ann);
        await settled();
        const back = await enter(node, claimOf(ann, offset));
        expect(back.socket.recovered).toBe(false);
        expect(missedBy(back)).toEqual([]);
      }
    }
  });

  it('resumes only as the user of the session, for whom it stays', async () => {
    const [a, b] = await startTwo();
    for (const { server } of [a, b]) {
      server.use((socket, next) => {
        socket.user = 'ann';
        next();
      });
    }
    const ann = await enter(a);
    expect(ann.socket.userId).toBe('ann');
    await lose(ann);
    await settled();
    b.server.disconnectUser('bob');
    expect((await enter(b, claimOf(ann))).socket.recovered).toBe(true);
    const again = await enter(a);
    await lose(again);
    await settled();
    b.server.disconnectUser('ann');
    await settled();
    expect((await enter(a, claimOf(again))).socket.recovered).toBe(false);
    expect((await enter(b, claimOf(again))).socket.recovered).toBe(false);
  });

  it('does not resume after its time', async () => {
    const [a, b] = await startTwo({ connectionStateRecovery: { maxDisconnectionDuration: 1_000 } });
    const ann = await enter(a);
    await lose(ann);
    await settled();
    for (const { clock } of [a, b]) clock.advance(1_100);
    expect((await enter(b, claimOf(ann))).socket.recovered).toBe(false);
    expect((await enter(a, claimOf(ann))).socket.recovered).toBe(false);
  });

  it('gets a new session if the broker does not answer', async () => {
    const gate = new GatedBroker();
    const a = await startNode(gate.inner);
    const b = await startNode(gate);
    const ann = await enter(a);
    await lose(ann);
    await settled();
    gate.isShut = true;
    const client = await b.open();
    client.send(`40${JSON.stringify(claimOf(ann))}`);
    await settled();
    b.clock.advance(5_000);
    expect(await answered(client)).not.toContain(ann.sid);
    gate.open();
    await settled();
    // The session that the broker returned too late is in the broker again.
    const c = await startNode(gate.inner);
    expect((await enter(c, claimOf(ann))).socket.recovered).toBe(true);
  });

  it('waits for a node that is still connecting to the broker, but not for long', async () => {
    const gate = new GatedBroker();
    const a = await startNode(gate.inner);
    const [ann, bob] = [await enter(a), await enter(a)];
    await lose(ann);
    await lose(bob);
    await settled();
    const connects = deferred();
    gate.connects = connects.promise;
    const b = await startServer({ connectionStateRecovery: {}, broker: createCluster(gate) });
    const late = await b.open();
    late.send(`40${JSON.stringify(claimOf(ann))}`);
    await settled();
    b.clock.advance(5_000);
    expect(await answered(late)).not.toContain(ann.sid);
    const client = await b.open();
    client.send(`40${JSON.stringify(claimOf(bob))}`);
    await settled();
    connects.resolve();
    expect(await answered(client)).toContain(bob.sid);
  });

  it('can be refused, and tries again with the same session', async () => {
    const [a, b] = await startTwo();
    const ann = await enter(a);
    await lose(ann);
    await settled();
    const { promise, resolve } = deferred();
    const asked = vi.fn<Middleware>((_socket, next) => void promise.then(() => next()));
    b.server.use(asked);
    const client = await b.open();
    client.send(`40${JSON.stringify(claimOf(ann))}`);
    await expect.poll(() => asked.mock.calls.length).toBe(1);
    client.terminate();
    await expect.poll(() => asked.mock.calls[0]?.[0].ending?.reason).toBe('transport close');
    resolve();
    await expect.poll(() => b.server.sockets.members.size).toBe(0);
    await settled();
    expect((await enter(a, claimOf(ann))).socket.recovered).toBe(true);
  });

  it('leaves nothing in the broker when it leaves for good', async () => {
    const gate = new GatedBroker();
    const a = await startNode(gate);
    const ann = await enter(a);
    await settled();
    expect(gate.keys).toBe(1);
    const gone = told(ann.socket, 'disconnect');
    ann.client.send('41');
    await gone;
    await settled();
    expect(gate.keys).toBe(0);
  });

  it('resumes with another codec', async () => {
    const [a, b] = await startTwo({ json: { stringify: JSON.stringify, parse: JSON.parse } });
    const ann = await enter(a);
    b.server.emit('seen');
    const offset = offsetOf(await ann.client.next());
    await lose(ann);
    a.server.emit('missed', 1);
    await settled();
    expect(missedBy(await enter(b, claimOf(ann, offset)))).toEqual([['missed', 1]]);
  });
});

it('is refused at the start with a broker that keeps nothing', async () => {
  class Forgetful extends GatedBroker {
    override readonly engine = 'PostgreSQL' as 'memory';
    override readonly keepsEvents = false as boolean as true;
  }
  await expect(startNode(new Forgetful())).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    message:
      'connectionStateRecovery needs a broker that keeps events, and PostgreSQL does not: use redis://, nats:// or ' +
      'memoryBroker(), or remove connectionStateRecovery',
  });
});
