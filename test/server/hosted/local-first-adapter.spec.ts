import { Adapter, ClusterAdapter } from 'socket.io-adapter';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { PublishedAdapter } from '../../../lib/server/hosted/published-adapter.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { fakeAdapter } from '../../support/fake-adapter.js';
import { deferred, type ServerRig, startServer } from '../../support/server-rig.js';

afterEach(cleanUp);

/** An adapter that awaits its broker before it delivers, and the messages that it has published. */
function adapterWithBroker(publish: () => Promise<string>) {
  const said: { type: number; data: unknown }[] = [];
  class Brokered extends ClusterAdapter {
    // oxlint-disable-next-line typescript/no-useless-constructor -- the one it extends is protected
    constructor(nsp: never) {
      super(nsp);
    }
    override doPublish(message: { type: number; data?: unknown }): Promise<string> {
      said.push(structuredClone({ type: message.type, data: message.data }));
      return publish();
    }
    override doPublishResponse(): Promise<void> {
      return Promise.resolve();
    }
    override serverCount(): Promise<number> {
      return Promise.resolve(2);
    }
  }
  return { adapter: Brokered, said };
}

describe('an adapter that awaits its broker before it delivers', () => {
  it('makes our clients neither wait nor get events out of order', async () => {
    const published = deferred<string>();
    const { adapter, said } = adapterWithBroker(() => published.promise);
    const rig = await startServer({ adapter });
    const [ann, annHere] = await rig.join();
    rig.server.emit('first', Buffer.from([1]));
    rig.server.local.emit('second');
    annHere.emit('third');
    const heard = [await ann.next(), await ann.next(), await ann.next(), await ann.next()];
    expect(heard).toEqual([
      '451-["first",{"_placeholder":true,"num":0}]',
      Buffer.from([1]),
      '42["second"]',
      '42["third"]',
    ]);
    expect(said).toEqual([
      {
        type: 3,
        data: {
          packet: { type: 2, nsp: '/', data: ['first', new Uint8Array([1])], origin: expect.any(String) },
          opts: { rooms: [], except: [], flags: {} },
        },
      },
    ]);
    published.resolve('');
    await published.promise;
    await ann.idle(); // the packet returns at last, and is not delivered again
  });

  const broken = new Error('the broker is away');
  it.each<[string, () => Promise<string>, unknown[]]>([
    ['hangs', () => new Promise(() => {}), []],
    ['fails', () => Promise.reject(broken), [['publishing of its adapter in / failed', broken]]],
  ])('serves our clients while its broker %s', async (_what, publish, logged) => {
    const { adapter } = adapterWithBroker(publish);
    const rig = await startServer({ adapter });
    const [ann, annHere] = await rig.join();
    const [bob, bobHere] = await rig.join();
    rig.server.in(annHere.id).socketsJoin('x');
    rig.server.to('x').emit('to ann');
    rig.server.in('x').socketsLeave('x');
    rig.server.to('x').emit('to no one');
    const asked = rig.server.timeout(5).emitWithAck('ask');
    expect([await ann.next(), await ann.next(), await bob.next()]).toEqual([
      '42["to ann"]',
      '420["ask"]',
      '420["ask"]',
    ]);
    ann.send('430["yes"]');
    await ann.idle();
    const failed = expect(asked).rejects.toMatchObject({ code: 'ACK_INCOMPLETE', responses: ['yes'] });
    rig.clock.advance(5);
    await failed;
    rig.server.in(bobHere.id).disconnectSockets();
    expect(bobHere.connected).toBe(false);
    expect(rig.log.errors).toEqual(logged);
  });
});

describe('clients of this process', () => {
  it('get each event once, even if the adapter copies packets and targets', async () => {
    const rig = await startServer({
      adapter: class extends Adapter {
        override broadcast(packet: object, target: object): void {
          super.broadcast({ ...packet }, { ...target } as never);
        }
      },
    });
    const [ann, annHere] = await rig.join();
    const outgoing = vi.fn<(...event: unknown[]) => void>();
    annHere.onAnyOutgoing(outgoing);
    rig.server.emit('all', 1);
    expect(await ann.next()).toBe('42["all",1]');
    await ann.idle();
    expect(outgoing.mock.calls).toEqual([['all', 1]]);
  });

  it('get events of other servers in our own frames, whatever the adapter has prepared', async () => {
    const rig = await startServer({ adapter: Adapter, perMessageDeflate: { threshold: 0 } });
    const [plain] = await rig.join();
    const [deflating] = await rig.join('/', { deflate: true });
    const text = 'x'.repeat(200);
    const [plainBefore, deflatingBefore] = [plain.bytesReceived, deflating.bytesReceived];
    rig.of('/').adapter.broadcast({ type: 2, data: ['all', text] }, { rooms: new Set(), except: new Set() });
    expect([await plain.next(), await deflating.next()]).toEqual(Array(2).fill(`42["all","${text}"]`));
    expect(plain.bytesReceived - plainBefore).toBeGreaterThan(200);
    expect(deflating.bytesReceived - deflatingBefore).toBeLessThan(100);
  });

  it('are served without the adapter if only they are selected', async () => {
    const never = vi.fn<() => never>();
    const rig = await startServer({
      adapter: () =>
        fakeAdapter({
          broadcast: never,
          broadcastWithAck: never,
          fetchSockets: never,
          addSockets: never,
          delSockets: never,
          disconnectSockets: never,
        }),
    });
    const [ann, annHere] = await rig.join();
    rig.server.local.emit('all');
    expect(await ann.next()).toBe('42["all"]');
    const asked = rig.server.local.emitWithAck('ask');
    expect(await ann.next()).toBe('420["ask"]');
    ann.send('430["yes"]');
    expect(await asked).toEqual(['yes']);
    rig.server.local.socketsJoin(['x', 'y']);
    rig.server.local.socketsLeave('y');
    expect([...annHere.rooms]).toEqual([annHere.id, 'x']);
    expect(await rig.server.local.fetchSockets()).toEqual([annHere]);
    rig.server.local.disconnectSockets();
    expect(annHere.connected).toBe(false);
    expect(never).not.toHaveBeenCalled();
  });

  it('join and leave rooms when the adapter makes them do so', async () => {
    const rig = await startServer({ adapter: Adapter });
    const [ann, annHere] = await rig.join();
    const { adapter } = rig.of('/');
    void adapter.addAll(annHere.id, new Set(['x', 'y']));
    void adapter.addAll('unknown', new Set(['x']));
    void adapter.del(annHere.id, 'y');
    expect([...annHere.rooms]).toEqual([annHere.id, 'x']);
    rig.server.to('x').emit('in x');
    expect(await ann.next()).toBe('42["in x"]');
  });
});

/** Another server, whose clients answer when the test says so. */
function otherServer(): {
  adapter: () => PublishedAdapter;
  asked(clients: number): void;
  answer(value: unknown): void;
} {
  let count: ((count: number) => void) | undefined;
  let tell: ((answer: unknown) => void) | undefined;
  return {
    adapter: () =>
      fakeAdapter({
        serverCount: () => Promise.resolve(2),
        broadcastWithAck: (_packet, _target, clientCount, answer) => {
          clientCount(0); // the clients of this process, which have received it already
          [count, tell] = [clientCount, answer];
        },
      }),
    asked: (clients) => count?.(clients),
    answer: (value) => tell?.(value),
  };
}

async function start(): Promise<[ServerRig, ReturnType<typeof otherServer>]> {
  const server = otherServer();
  return [await startServer({ adapter: server.adapter }), server];
}

describe('acknowledgements', () => {
  it('arrive from the clients of all servers', async () => {
    const [rig, server] = await start();
    const [ann] = await rig.join();
    const answers = rig.server.emitWithAck('ask');
    expect(await ann.next()).toBe('420["ask"]');
    server.asked(1);
    server.answer('far');
    ann.send('430["near"]');
    expect(await answers).toEqual(['far', 'near']);
  });

  it('fail as soon as a client of this process leaves', async () => {
    const [rig, server] = await start();
    const [ann] = await rig.join();
    const answers = rig.server.emitWithAck('ask');
    expect(await ann.next()).toBe('420["ask"]');
    server.asked(1);
    server.answer('far');
    ann.terminate();
    await expect(answers).rejects.toMatchObject({
      code: 'ACK_INCOMPLETE',
      responses: ['far'],
      message: '1 of 2 clients acknowledged: the client left before it acknowledged',
    });
  });

  it('fail when a server does not report how many clients it has', async () => {
    const [rig] = await start();
    await rig.join();
    const failed = expect(rig.server.timeout(5).emitWithAck('ask')).rejects.toMatchObject({
      message: '0 of 1 clients acknowledged: not every client acknowledged within 5 ms',
    });
    rig.clock.advance(5);
    await failed;
  });

  it('are not awaited for an event that cannot be encoded', async () => {
    const [rig] = await start();
    const answered = vi.fn<() => void>();
    expect(() => rig.server.timeout(5).emit('big', 1n, answered)).toThrow('BigInt');
    rig.clock.advance(5);
    expect(answered).not.toHaveBeenCalled();
  });

  it('are not awaited from a client with too many outstanding, but from all others', async () => {
    const rig = await startServer({ adapter: Adapter, limits: { pendingAcks: 1 } });
    const [ann] = await rig.join();
    void rig.server.emitWithAck('first');
    const second = expect(rig.server.emitWithAck('second')).rejects.toMatchObject({ cause: { code: 'TOO_MANY_ACKS' } });
    expect(await ann.next()).toBe('420["first"]');
    expect(await ann.next()).toMatch(/^42\d\["second"\]$/);
    await second;
    ann.send('430[]');
    await ann.idle();
  });
});
