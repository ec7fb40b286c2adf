/** What servers in one process cannot show. The rest is in `test/support/broker-suite.ts`. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ClusterAdapter, type ClusterPort } from '../../../lib/cluster/node/cluster-adapter.js';
import type { Subject } from '../../../lib/cluster/node/messages.js';
import { NodesSilent } from '../../../lib/cluster/node/nodes-silent.js';
import type { Answers } from '../../../lib/server/internal.js';
import { Message } from '../../../lib/engine/internal.js';
import { BroadcastTarget, type ClusterFactory, type ServerCluster } from '../../../lib/server/internal.js';
import { ClusterFactory as BaseFactory } from '../../../lib/server/cluster/cluster.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { ask } from '../../support/events.js';
import { type ServerRig, startServer } from '../../support/server-rig.js';
import { fakeHost } from './node-rig.js';

const { everybody } = BroadcastTarget;

describe('ClusterAdapter', () => {
  let rig: ServerRig;
  let adapter: ClusterAdapter;
  let port: { [method in 'broadcast' | 'send' | 'ask']: ReturnType<typeof vi.fn> } & { serverCount: number };
  let answers: Answers;

  beforeEach(async () => {
    answers = { answers: [], silent: [] };
    port = { broadcast: vi.fn(), send: vi.fn(), ask: vi.fn(() => Promise.resolve(answers)), serverCount: 3 };
    rig = await startServer({ broker: factoryOf(port) });
    adapter = rig.of('/').delivery as ClusterAdapter;
  });

  afterEach(cleanUp);

  it('sends the frames of a broadcast to the other servers, unless it is for this one only', () => {
    const { server } = rig;
    server.to('a').except('b').volatile.emit('said', 1);
    const target = everybody.to('a').except('b').with({ volatile: true });
    expect(port.broadcast.mock.calls).toEqual([['/', target, Message.of(['2["said",1]']).wire]]);
    server.local.emit('said', 1);
    server.to([]).emit('said', 1);
    server.local.socketsJoin('a');
    server.local.disconnectSockets();
    expect(port.broadcast).toHaveBeenCalledOnce();
    expect(port.send).not.toHaveBeenCalled();
  });

  it('asks nobody about the clients of this server', async () => {
    const { server } = rig;
    expect(await server.local.fetchSockets()).toEqual([]);
    expect(await server.local.fetchSocketIds()).toEqual([]);
    expect(await server.local.countSockets()).toBe(0);
    expect(await server.local.emitWithAck('x')).toEqual([]);
    expect(port.ask).not.toHaveBeenCalled();
  });

  it('counts the servers', async () => {
    expect(await rig.of('/').adapter.serverCount()).toBe(3);
  });

  it('passes the volatile flag on to its clients', async () => {
    const [, socket] = await rig.join();
    const deliver = vi.spyOn(socket, 'deliver');
    const { wire } = Message.of(['2["said"]']);
    adapter.receive({ target: everybody.with({ volatile: true, compress: false }), wire, event: 0, at: 0 });
    adapter.receive({ target: everybody, wire, event: 0, at: 0 });
    expect(deliver.mock.calls.map(([, message, volatile]) => [message.compress, volatile])).toEqual([
      [false, true],
      [true, false],
    ]);
  });

  it('shows events of other servers to listeners of outgoing events', async () => {
    const [, socket] = await rig.join();
    const seen: unknown[][] = [];
    socket.onAnyOutgoing((...event: unknown[]) => seen.push(event));
    adapter.receive({ target: everybody, wire: Message.of(['2["said",1]']).wire, event: 0, at: 0 });
    expect(seen).toEqual([['said', 1]]);
    expect(() => adapter.receive({ target: everybody, wire: Message.of(['9']).wire, event: 0, at: 0 })).toThrow();
  });

  it('reports the servers whose listeners do not answer', async () => {
    answers = { answers: [['a'], []], silent: ['web:1'] };
    const [error, responses] = await ask(
      { emit: (event, ...args) => rig.server.serverSideEmit(event, ...args) },
      'ping',
    );
    expect(error).toEqual(new NodesSilent(['web:1'], 5_000, ['a']));
    expect(responses).toEqual(['a']);
    expect(port.ask.mock.calls).toEqual([[5_000, 'listeners', '/', ['ping']]]);
    await expect(rig.server.serverSideEmitWithAck('ping')).rejects.toMatchObject({
      code: 'ACK_INCOMPLETE',
      responses: ['a'],
    });
  });

  it('reports a question that cannot be sent', async () => {
    const tooDeep = new Error('too deep');
    port.ask.mockRejectedValue(tooDeep);
    expect(await ask({ emit: (event, ...args) => rig.server.serverSideEmit(event, ...args) }, 'ping')).toEqual([
      tooDeep,
      [],
    ]);
    await expect(rig.server.emitWithAck('x')).rejects.toMatchObject({ cause: tooDeep });
    await expect(rig.server.fetchSockets()).rejects.toBe(tooDeep);
  });

  it('collects why acknowledgements of other servers are missing', async () => {
    answers = { answers: [[['a'], 2, 'no answer within 5 ms'], [[], 1, null], ['nonsense'], []], silent: [] };
    await expect(rig.server.timeout(5).emitWithAck('x')).rejects.toMatchObject({
      responses: ['a'],
      expected: 3,
      cause: { code: 'ACK_TIMEOUT', message: 'no answer within 5 ms' },
    });
    expect(port.ask).toHaveBeenCalledWith(1_005, 'acks', '/', [null, []], ['x'], 5, false, true);
    answers = { answers: [[['a'], 1, null]], silent: ['web:1'] };
    await expect(rig.server.timeout(5).emitWithAck('x')).rejects.toMatchObject({
      responses: ['a'],
      cause: { code: 'NODES_SILENT', nodes: ['web:1'], responses: ['a'] },
    });
  });

  it('answers with the acknowledgements of its clients, and says why some are missing', async () => {
    const [client] = await rig.join();
    const answer = vi.fn();
    adapter.answer('acks', [[null, []], ['question'], 100, true, false], answer);
    const question = String(await client.next());
    expect(answer).not.toHaveBeenCalled();
    client.send(question.replace(/2(\d+)\[.*/, '3$1["yes"]'));
    await vi.waitFor(() => expect(answer).toHaveBeenCalledWith(['yes'], 1, null));
    adapter.answer('acks', [[null, []], ['question'], 100, false, true], answer);
    rig.clock.advance(100);
    expect(answer).toHaveBeenLastCalledWith([], 1, expect.stringContaining('100 ms'));
  });

  it('answers questions to listeners once', () => {
    const answer = vi.fn();
    rig.server.on('ping', (done: (reply: string) => void) => {
      done('first');
      done('second');
    });
    adapter.answer('listeners', [['ping']], answer);
    expect(answer.mock.calls).toEqual([['first']]);
  });

  it('answers a question of a later version with nothing', () => {
    const answer = vi.fn();
    adapter.answer('weather' as Subject, [], answer);
    expect(answer.mock.calls).toEqual([[]]);
  });
});

/** Joins a server to a cluster of which there is only the port. */
function factoryOf(port: object): ClusterFactory {
  class FakeFactory extends BaseFactory {
    override join(): ServerCluster {
      const cluster = Object.assign(port, { host: fakeHost() }) as unknown as ClusterPort;
      return {
        id: 'own',
        nodes: [],
        others: [],
        sendTo: () => {},
        askNodes: () => Promise.resolve({ answers: [], silent: [] }),
        keptSessions: 0,
        history: null,
        health: { degraded: null, dropped: 0, failed: 0, unreadable: 0, missed: 0, waiting: { messages: 0, bytes: 0 } },
        createAdapter: (host) => new ClusterAdapter(host, cluster),
        open: () => Promise.resolve(),
        disconnectUser: () => {},
        close: () => Promise.resolve(),
      };
    }
  }
  return new FakeFactory();
}
