import { memoryBroker, type Socket } from 'nest-socketio';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type ClusterNode, startNode, startNodes } from '../../support/cluster-nodes.js';
import { cleanUp, onCleanUp } from '../../support/engine-clean-up.js';
import { next, SOON } from '../../support/events.js';
import { itKeepsHistory } from '../../support/history-suite.js';

describe('the history of rooms with a broker in memory', () => {
  afterEach(async () => {
    vi.useRealTimers();
    await cleanUp();
  });

  describe('on its own', () => {
    itKeepsHistory(memoryBroker);
  });

  describe('with recovery', () => {
    itKeepsHistory(memoryBroker, { connectionStateRecovery: {} });
  });

  it.each([{}, { connectionStateRecovery: {} }])('has the time at which an event was sent, with %o', async (more) => {
    const nodes = (await startNodes(2, memoryBroker(), { history: { '/': {} }, ...more })) as [
      ClusterNode,
      ClusterNode,
    ];
    onCleanUp(() => Promise.all(nodes.map((node) => node.close())));
    vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 });
    nodes[0].server.to('room').emit('said', 1);
    vi.setSystemTime(1_800_000_005_000);
    nodes[0].server.to('room').latest('x').emit('price', 2);
    const times = nodes.map(({ server }) => (): number[] => {
      const { events = [], latest = [] } = server.histories.find('/', 'room') ?? {};
      return [...events, ...latest].map(({ at }) => at);
    });
    for (const at of times) await expect.poll(at, SOON).toEqual([1_800_000_000_000, 1_800_000_005_000]);
  });

  it('is sent again to a client that leaves and joins again before it has been sent', async () => {
    const node = await startNode(memoryBroker(), { history: { '/': {} } });
    onCleanUp(() => node.close());
    const ann = await node.connect();
    const socket = node.server.sockets.sockets.get(ann.id as string) as Socket;
    const heard: unknown[] = [];
    ann.onAny((event: string) => heard.push(event));
    node.server.to('room').emit('said');
    void socket.join('room', {});
    socket.leave('room');
    socket.emit('left');
    await socket.join('room', {});
    socket.emit('end');
    await next(ann, 'end');
    expect(heard.slice(heard.indexOf('left'))).toEqual(['left', 'said', 'end']);
  });

  it('leaves out no event that a listener emits while an event of the past is delivered', async () => {
    const node = await startNode(memoryBroker(), { history: { '/': {} } });
    onCleanUp(() => node.close());
    const { sockets } = node.server.sockets;
    const [ann, bob] = [await node.connect(), await node.connect()];
    const [annsSocket, bobsSocket] = [sockets.get(ann.id as string), sockets.get(bob.id as string)] as [Socket, Socket];
    await annsSocket.join('room', {});
    annsSocket.onAnyOutgoing((event: string) => {
      if (event === 'said') bobsSocket.emit('ann has heard it');
    });
    const heard: string[] = [];
    bob.onAny((event: string) => heard.push(event));
    const rewound = bobsSocket.join('room', {}); // its past is read now, and has the next event
    node.server.to('room').emit('said', 1);
    expect(await rewound).toEqual({ events: 1, complete: true });
    bobsSocket.emit('end');
    await next(bob, 'end');
    expect(heard).toEqual(['said', 'ann has heard it', 'end']);
  });
});
