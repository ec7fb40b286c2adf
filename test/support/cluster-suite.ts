/** Tests of servers in a cluster, for any adapter, in both directions. */
import { expect, it } from 'vitest';
import { type Cluster, type CreateAdapter, found, startCluster } from './cluster.js';
import { SOON } from './events.js';
import { ask, next } from './events.js';

export function itServesACluster(createAdapter: CreateAdapter): void {
  const start = (): Promise<Cluster> => startCluster(createAdapter);

  it('reaches the clients of both servers', async () => {
    const { ours, peer, ann, bob } = await start();
    const message = ['hello', { data: Buffer.from([1, 2]) }];
    for (const [server, event] of [
      [ours, 'ours'],
      [peer, 'peer'],
    ] as const) {
      const heard = Promise.all([next(ann, event), next(bob, event)]);
      server.emit(event, ...message);
      expect(await heard).toEqual([message, message]);
    }
    const direct = Promise.all([next(ann, 'direct'), next(bob, 'direct')]);
    ours.to(bob.id as string).emit('direct', 1);
    peer.to(ann.id as string).emit('direct', 2);
    expect(await direct).toEqual([[2], [1]]);
  });

  it('joins and leaves rooms, and leaves out whom it excepts', async () => {
    const { ours, peer, ann, bob } = await start();
    ours.socketsJoin('den');
    await found(peer.in('den'), 2);
    await found(ours.in('den'), 2);

    const heard = Promise.all([next(ann, 'last'), next(bob, 'last')]);
    const seen: unknown[] = [];
    ann.on('said', (text) => seen.push(['ann', text]));
    bob.on('said', (text) => seen.push(['bob', text]));
    ours
      .to('den')
      .except(ann.id as string)
      .emit('said', 'to bob');
    peer
      .to('den')
      .except(bob.id as string)
      .emit('said', 'to ann');
    ours.to([]).emit('said', 'to nobody');
    ours.to('den').emit('last');
    await heard;
    await expect.poll(() => seen.length, SOON).toBe(2);
    expect(seen).toEqual(
      expect.arrayContaining([
        ['bob', 'to bob'],
        ['ann', 'to ann'],
      ]),
    );

    peer.in(ann.id as string).socketsLeave('den');
    await found(ours.in('den'), 1);
    ours.in(bob.id as string).socketsLeave('den');
    await found(peer.in('den'), 0);
  });

  it('collects the acknowledgements of both servers', async () => {
    const { ours, peer, ann, bob } = await start();
    ann.on('question', (_text, answer) => answer('ann'));
    bob.on('question', (_text, answer) => answer('bob'));
    expect(new Set(await ours.timeout(10_000).emitWithAck('question', '?'))).toEqual(new Set(['ann', 'bob']));
    expect(new Set(await peer.timeout(10_000).emitWithAck('question', '?'))).toEqual(new Set(['ann', 'bob']));
    expect(await ours.to(bob.id as string).call('question', '?')).toBe('bob');
  });

  it('finds the sockets of both servers, and acts on those of the other', async () => {
    const { ours, peer, ann, bob } = await start();
    const distant = (await ours.fetchSockets()).find(({ id }) => id === bob.id);
    expect(distant?.handshake.auth).toEqual({ name: 'bob' });
    expect(distant?.data).toEqual({ role: 'peer' });
    const back = (await peer.fetchSockets()).find(({ id }) => id === ann.id);
    expect(back?.handshake.auth).toEqual({ name: 'ann' });

    bob.on('question', (answer) => answer('yes'));
    expect(await distant?.timeout(10_000).emitWithAck('question')).toBe('yes');
    distant?.join('cellar');
    await found(peer.in('cellar'), 1);
    const left = Promise.all([next(ann, 'disconnect'), next(bob, 'disconnect')]);
    distant?.disconnect();
    peer.in(ann.id as string).disconnectSockets();
    expect((await left).map(([reason]) => reason)).toEqual(Array(2).fill('io server disconnect'));
  });

  it('lets the servers talk to each other', async () => {
    const { ours, peer } = await start();
    peer.on('ping?' as never, ((text: string, answer: (reply: string) => void) => answer(`peer: ${text}`)) as never);
    ours.on('ping?', (text: string, answer: (reply: string) => void) => answer(`ours: ${text}`));
    expect(await askServers(ours, 'ping?', 'a')).toEqual([null, ['peer: a']]);
    expect(await askServers(peer, 'ping?', 'b')).toEqual([null, ['ours: b']]);
  });
}

/** Resolves with the arguments that the callback of `serverSideEmit` is called with. */
function askServers(
  server: { serverSideEmit(event: string, ...args: unknown[]): unknown },
  ...event: [string, string]
): Promise<unknown[]> {
  return ask({ emit: (name, ...args) => server.serverSideEmit(name, ...args) }, ...event);
}
