import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { memoryBroker } from 'nest-socketio';
import { SocketIoError } from '../../../lib/errors.js';
import { type ChannelListener, Channels, type ClusterChannel } from '../../../lib/server/internal.js';
import { acquainted, type ClusterNode, startNode } from '../../support/cluster-nodes.js';

describe('Channels', () => {
  it('has nothing to say without a cluster', async () => {
    const channels = new Channels(() => null);
    const channel = channels.open('greetings', {});
    channel.send(null, 'hello');
    expect(channel.node).toBe('');
    expect(channel.nodes).toEqual([]);
    expect(await channel.ask(null, 1_000, 'how are you')).toEqual({ answers: [], silent: [] });
  });

  it('opens a channel once', () => {
    const channels = new Channels(() => null);
    channels.open('greetings', {});
    expect(() => channels.open('greetings', {})).toThrow(SocketIoError);
  });
});

describe('a channel of a cluster', () => {
  const listeners = { web: listener(), job: listener() };
  let nodes: ClusterNode[];
  let web: ClusterChannel;
  let job: ClusterChannel;

  beforeEach(async () => {
    vi.resetAllMocks();
    const broker = memoryBroker();
    nodes = [await startNode(broker), await startNode(broker)];
    const [one, other] = nodes as [ClusterNode, ClusterNode];
    web = one.server.channels.open('greetings', listeners.web);
    job = other.server.channels.open('greetings', listeners.job);
    await acquainted(nodes);
  });
  afterEach(() => Promise.all(nodes.map((node) => node.close())));

  it('carries messages to the same part of the other nodes', async () => {
    web.send(null, 'hello', new Uint8Array([1, 2]));
    web.send(job.node, 'only you');
    web.send('another', 'for no node here');
    await vi.waitFor(() => expect(listeners.job.received).toHaveBeenCalledTimes(2));
    expect(listeners.job.received.mock.calls).toEqual([
      [web.node, ['hello', Buffer.from([1, 2])]],
      [web.node, ['only you']],
    ]);
    expect(listeners.web.received).not.toHaveBeenCalled();
  });

  it('asks the other nodes, or one of them', async () => {
    listeners.job.asked.mockImplementation((_node, [question], answer) => answer('answer to', question));
    expect(await web.ask(null, 1_000, 'first')).toEqual({ answers: [['answer to', 'first']], silent: [] });
    expect(await web.ask(job.node, 1_000, 'second')).toEqual({ answers: [['answer to', 'second']], silent: [] });
  });

  it('lists the nodes, and reports those that join and leave', async () => {
    expect(web.nodes).toEqual([job.node]);
    const id = job.node;
    await nodes.pop()?.close();
    await vi.waitFor(() => expect(listeners.web.nodeLeft).toHaveBeenCalledWith(id, false));
    expect(web.nodes).toEqual([]);
  });
});

function listener(): {
  [K in keyof Required<ChannelListener>]: ReturnType<typeof vi.fn<Required<ChannelListener>[K]>>;
} {
  return { received: vi.fn(), asked: vi.fn(), nodeJoined: vi.fn(), nodeLeft: vi.fn(), nodeMissed: vi.fn() };
}
