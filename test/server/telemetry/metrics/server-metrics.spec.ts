/** Each metric, moved by clients on the wire that do what it counts. */
import { afterEach, describe, expect, it } from 'vitest';
import { createCluster, memoryBroker } from '../../../../lib/cluster/internal.js';
import { encodeMessage } from '../../../../lib/cluster/node/messages.js';
import { ConnectionRefused, Server, type ServerOptions } from '../../../../lib/server/internal.js';
import { HandlerFailure } from '../../../../lib/server/telemetry/handler-failure.js';
import {
  type HistogramName,
  HISTOGRAMS,
  type NumberName,
  NUMBERS,
} from '../../../../lib/server/telemetry/metrics/metric-table.js';
import { watched } from '../../../../lib/server/telemetry/watched.js';
import { FakeBroker, Peer } from '../../../cluster/node/node-rig.js';
import { cleanUp } from '../../../support/engine-clean-up.js';
import { turn } from '../../../support/engine-rig.js';
import { fakeAdapter } from '../../../support/fake-adapter.js';
import { deferred, type ServerRig, startServer } from '../../../support/server-rig.js';
import { type Changes, changesOf, samplesOf } from './metric-changes.js';

afterEach(cleanUp);

interface Case {
  readonly options?: ServerOptions;
  /** @returns a function that is called after the metrics have been read */
  readonly act: (rig: ServerRig) => Promise<void> | void;
  /** The change of each sample, by its labels. A text is a pattern for the labels of samples that must have grown. */
  readonly expected: Changes | RegExp;
}

/** Brokers of single cases. */
const memory = memoryBroker();
const [broker, otherBroker] = [new FakeBroker(), new FakeBroker()];

const never = (): Promise<void> => new Promise(() => {});

/** A published adapter whose broker is of the test. */
const withBroker: ServerOptions = { adapter: () => fakeAdapter(), limits: { brokerMessages: 3 } };

async function send(rig: ServerRig, ...packets: string[]): Promise<void> {
  const [client] = await rig.join();
  for (const packet of packets) client.send(packet);
  await turn();
}

/** Sends more than the buffers of the operating system take to a client that does not read, then events that may be dropped. */
async function stall(rig: ServerRig): Promise<void> {
  const [client, socket] = await rig.join();
  client.pause();
  socket.emit('large', 'x'.repeat(14_000_000));
  await turn();
  socket.volatile.emit('tick');
  for (const price of [1, 2, 3]) rig.server.latest('AAPL').emit('price', price);
}

const CASES: Readonly<Record<NumberName | HistogramName, Case>> = {
  'socketio.server.connections': { act: async (rig) => void (await rig.open()), expected: { '': 1 } },
  'socketio.server.connections.opened': { act: async (rig) => void (await rig.open()), expected: { '': 1 } },
  'socketio.server.connections.closed': {
    act: async (rig) => void (await rig.open()).send('9'),
    expected: { 'reason=parse error': 1 },
  },
  'socketio.server.connection.duration': {
    act: async (rig) => {
      const client = await rig.open();
      rig.clock.advance(90_000); // after the 45 s in which it must join a namespace
      await client.closed;
    },
    expected: { 'reason=forced close': 1 },
  },
  'socketio.server.handshakes.refused': {
    act: async (rig) => void (await fetch(`http://127.0.0.1:${rig.port}/socket.io/?EIO=4&transport=polling`)),
    expected: { 'reason=transport_unknown': 1 },
  },
  'socketio.server.clients': {
    act: async (rig) => {
      rig.server.of(/^\/room-\d+$/);
      await rig.join();
      const client = await rig.open();
      await client.join('/room-1');
      await client.join('/room-2');
    },
    expected: { 'namespace=/': 1, 'namespace=/^\\/room-\\d+$/': 2 },
  },
  'socketio.server.clients.connected': {
    act: async (rig) => void (await rig.join()),
    expected: { 'namespace=/ recovered=false': 1 },
  },
  'socketio.server.clients.disconnected': {
    act: async (rig) => (await rig.join())[1].disconnect() && undefined,
    expected: { 'namespace=/ reason=server namespace disconnect': 1 },
  },
  'socketio.server.clients.refused': {
    act: async (rig) => {
      rig.of('/closed').onConnect(() => {
        throw new ConnectionRefused('no');
      });
      const client = await rig.open();
      client.send('40/closed,');
      client.send('40/none,');
    },
    expected: { 'namespace=/closed reason=handler': 1, 'namespace=(other) reason=namespace': 1 },
  },
  'socketio.server.events.received': {
    act: (rig) => {
      rig.of('/').onEvent('say', () => {});
      return send(rig, '42["say"]', '42["say"]', '42["unknown"]');
    },
    expected: { 'namespace=/ event=say': 2 },
  },
  'socketio.server.events.unhandled': { act: (rig) => send(rig, '42["unknown"]'), expected: { 'namespace=/': 1 } },
  'socketio.server.emits': {
    act: async (rig) => {
      const [, socket] = await rig.join();
      rig.server.emit('news');
      rig.server.to('no one').emit('news');
      socket.emit('you');
    },
    expected: { 'namespace=/ event=news': 2, 'namespace=/ event=you': 1 },
  },
  'socketio.server.events.sent': {
    act: async (rig) => {
      await rig.join();
      const [, socket] = await rig.join();
      rig.server.emit('news');
      socket.emit('you');
    },
    expected: { 'namespace=/ event=news': 2, 'namespace=/ event=you': 1 },
  },
  'socketio.server.events.dropped': {
    act: stall,
    expected: { 'namespace=/ event=tick': 1, 'namespace=/ event=price': 2 },
  },
  'socketio.server.handler.duration': {
    act: async (rig) => {
      const nsp = rig.of('/').onEvent('ok', () => turn());
      nsp.onEvent('fails', () => {
        throw new Error('unexpected');
      });
      nsp.bindEvent(
        'refuses',
        watched(() => new HandlerFailure(new Error('invalid'), true), 'refuses', null),
      );
      await send(rig, '42["ok"]', '42["fails"]', '42["refuses"]');
    },
    expected: {
      'namespace=/ event=ok outcome=ok': 1,
      'namespace=/ event=fails outcome=failed': 1,
      'namespace=/ event=refuses outcome=rejected': 1,
    },
  },
  'socketio.server.handlers.running': {
    act: async (rig) => {
      const first = deferred();
      rig
        .of('/')
        .onEvent('slow', never)
        .onEvent('quick', () => first.promise);
      await send(rig, '42["slow"]', '42["quick"]');
      first.resolve();
    },
    expected: { '': 1 },
  },
  'socketio.server.acks': {
    act: async (rig) => {
      const [client, socket] = await rig.join();
      socket.emit('ask', () => {});
      await client.next();
      client.send('430[]');
      await client.idle();
      socket.timeout(1_000).emit('ask', () => {});
      rig.clock.advance(1_000);
      socket.emit('ask', () => {});
      socket.disconnect();
    },
    expected: {
      'namespace=/ outcome=answered': 1,
      'namespace=/ outcome=timed_out': 1,
      'namespace=/ outcome=lost': 1,
    },
  },
  'socketio.server.messages.received': { act: (rig) => send(rig, '42["a"]'), expected: { '': 2 } },
  'socketio.server.messages.sent': { act: async (rig) => void (await rig.join()), expected: { '': 2 } },
  'socketio.server.received': { act: (rig) => send(rig, '42["a"]'), expected: { '': 2 + 7 } },
  'socketio.server.sent': {
    act: async (rig) => (await rig.join())[1].emit('e', 'x'.repeat(5_000)) && undefined,
    expected: /^$/,
  },
  'socketio.server.buffered': { act: stall, expected: /^$/ },
  'socketio.server.slow_clients': { act: stall, expected: { '': 1 } },
  'socketio.server.limits.reached': {
    options: { limits: { rooms: 1 } },
    act: async (rig) => {
      const [, socket] = await rig.join();
      expect(() => socket.join(['a', 'b'])).toThrow();
    },
    expected: { 'limit=rooms': 1 },
  },
  'socketio.server.rate_limited': {
    act: async (rig) => {
      const [, socket] = await rig.join(); // the notice of @RateLimit, which is part of the layer above
      rig.server.telemetry.instruments?.rateLimited(socket, 'say');
    },
    expected: { 'namespace=/ event=say': 1 },
  },
  'socketio.server.sessions.kept': {
    options: { connectionStateRecovery: {} },
    act: async (rig) => (await rig.join())[0].terminate(),
    expected: { '': 1 },
  },
  'socketio.server.recoveries': {
    options: { connectionStateRecovery: {} },
    act: async (rig) => {
      const client = await rig.open();
      client.send('40{"pid":"unknown","offset":"x"}');
      const { pid } = JSON.parse(String(await client.next()).slice(2)) as { readonly pid: string };
      rig.server.emit('news');
      const [, offset] = JSON.parse(String(await client.next()).slice(2)) as readonly string[];
      client.terminate();
      const returned = await rig.open();
      returned.send(`40${JSON.stringify({ pid, offset })}`);
      await returned.next();
    },
    expected: { 'namespace=/ outcome=too_late': 1, 'namespace=/ outcome=restored': 1 },
  },
  'socketio.server.failures': {
    act: (rig) => {
      rig.of('/').onEvent('fails', () => {
        throw new Error('unexpected');
      });
      return send(rig, '42["fails"]', '42["fails"]');
    },
    expected: { '': 2 },
  },
  'socketio.server.event_loop.delay': {
    act: () => {
      const end = performance.now() + 100;
      while (performance.now() < end);
    },
    expected: /^quantile=1$/,
  },
  'socketio.server.draining': { act: (rig) => void rig.server.announceClose(), expected: { '': 1 } },
  'socketio.broker.connected': {
    options: withBroker,
    act: async (rig) => {
      await rig.server.broker.send(1, () => Promise.reject(new Error('down'))).catch(() => {});
    },
    expected: { '': -1 },
  },
  'socketio.broker.nodes': {
    options: { broker: createCluster(memory) },
    act: async () => void (await startServer({ broker: createCluster(memory) })),
    expected: { '': 1 },
  },
  'socketio.broker.outbox.messages': {
    options: withBroker,
    act: (rig) => void rig.server.broker.send(7, never),
    expected: { '': 1 },
  },
  'socketio.broker.outbox': {
    options: withBroker,
    act: (rig) => void rig.server.broker.send(7, never),
    expected: { '': 7 },
  },
  'socketio.broker.dropped': {
    options: withBroker,
    act: (rig) => {
      for (let i = 0; i < 5; i++) void rig.server.broker.send(1, never);
    },
    expected: { '': 2 },
  },
  'socketio.broker.failed': {
    options: {
      adapter: () =>
        fakeAdapter({
          broadcast: () => {
            throw new Error('down');
          },
        }),
    },
    act: (rig) => void rig.server.emit('news'),
    expected: { '': 1 },
  },
  'socketio.broker.missed': {
    options: { broker: createCluster(broker) },
    act: async () => {
      await expect.poll(() => broker.listener).not.toBeNull();
      const peer = new Peer('peer-00001', broker);
      peer.say('beat');
      peer.writer.message(encodeMessage('beat', []));
      peer.writer.take(); // is lost
      peer.say('beat');
    },
    expected: { '': 1 },
  },
  'socketio.broker.unreadable': {
    options: { broker: createCluster(otherBroker) },
    act: async () => {
      await expect.poll(() => otherBroker.listener).not.toBeNull();
      otherBroker.listener?.received(Buffer.from('no bulletin'), null);
    },
    expected: { '': 1 },
  },
  'socketio.broker.latency': {
    options: withBroker,
    act: (rig) => rig.server.broker.send(1, () => turn()),
    expected: { '': 1 },
  },
};

describe('server.metrics', () => {
  it.each(Object.entries(CASES))('counts %s', async (name, { options = {}, act, expected }) => {
    const rig = await startServer(options);
    const before = samplesOf(rig.server, name);
    await act(rig);
    const changes = (): Changes => changesOf(before, samplesOf(rig.server, name));
    if (!(expected instanceof RegExp)) return expect.poll(changes).toEqual(expected);
    await expect.poll(() => Object.keys(changes()).filter((labels) => expected.test(labels))).not.toEqual([]);
    for (const change of Object.values(changes())) expect(change).toBeGreaterThan(0);
  });

  it('has a case above for each metric, and the same metrics without a broker, a client or recovery', async () => {
    const { server } = await startServer();
    const names = server.metrics.collect().map(({ name }) => name);
    expect(names.toSorted()).toEqual(Object.keys(CASES).toSorted());
    expect(names).toHaveLength(NUMBERS.length + HISTOGRAMS.length);
    expect(samplesOf(server, 'socketio.broker.connected')).toEqual({});
    expect(samplesOf(server, 'socketio.server.sessions.kept')).toEqual({});
  });

  it('gives every sample the labels of its metric', async () => {
    const rig = await startServer();
    rig.server.metrics.start();
    await (await rig.join())[0].idle();
    rig.server.label = '/chat';
    for (const { labels, samples } of rig.server.metrics.collect()) {
      for (const sample of samples) expect(Object.keys(sample.labels)).toEqual([...labels, 'server']);
    }
  });

  it('counts events from the first read on, or from the start', async () => {
    const [idle, started] = [await startServer(), await startServer({ telemetry: { metrics: true } })];
    expect(idle.server.telemetry.instruments).toBeNull();
    for (const rig of [idle, started]) await (await rig.join())[0].idle();
    expect(samplesOf(idle.server, 'socketio.server.events.received')).toEqual({});
    expect(samplesOf(started.server, 'socketio.server.events.received')).toEqual({ 'namespace=/ event=fence': 1 });
    expect(idle.server.telemetry.instruments).not.toBeNull();
  });

  it('counts nothing per event if the option is false', async () => {
    const rig = await startServer({ telemetry: { metrics: false } });
    rig.server.metrics.collect();
    await (await rig.join())[0].idle();
    expect(rig.server.telemetry.instruments).toBeNull();
    expect(samplesOf(rig.server, 'socketio.server.events.received')).toEqual({});
    expect(samplesOf(rig.server, 'socketio.server.connections')).toEqual({ '': 1 });
  });

  it('stops to measure the event loop when the server is closed', async () => {
    const { server } = await startServer();
    expect(Object.keys(samplesOf(server, 'socketio.server.event_loop.delay'))).toHaveLength(3);
    await server.close();
    expect(samplesOf(server, 'socketio.server.event_loop.delay')).toEqual({});
  });

  it('can be read before the server serves', () => {
    const server = new Server();
    expect(samplesOf(server, 'socketio.server.connections')).toEqual({ '': 0 });
    server.path('/chat'); // the options can still be changed
    void server.close();
  });
});
