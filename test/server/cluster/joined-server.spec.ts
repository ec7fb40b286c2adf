/** A server with the option `broker`, alone. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCluster, memoryBroker } from '../../../lib/cluster/internal.js';
import { Server, type ServerOptions } from '../../../lib/server/internal.js';
import { FakeBroker } from '../../cluster/node/node-rig.js';
import { cleanUp, onCleanUp } from '../../support/engine-clean-up.js';
import { RecordingLog, turn } from '../../support/engine-rig.js';
import { ManualClock } from '../../support/manual-clock.js';

afterEach(cleanUp);

describe('a server with a broker', () => {
  let clock: ManualClock;
  let log: RecordingLog;
  let broker: FakeBroker;

  beforeEach(() => {
    clock = new ManualClock();
    log = new RecordingLog();
    broker = new FakeBroker();
  });

  function serve(options: ServerOptions = { broker: createCluster(broker) }): Server {
    const server = new Server({ clock, logger: log, ...options });
    onCleanUp(() => server.close());
    return server;
  }

  it('connects when it is attached, and leaves when it is closed', async () => {
    const server = serve();
    expect(server.cluster.nodes).toHaveLength(1);
    expect(broker.listener).toBeNull();
    server.attach(0);
    await turn();
    expect(broker.listener).not.toBeNull();
    await server.close();
    expect(broker.closed).toBe(1);
    expect(broker.messages.at(-1)).toEqual(['bye']);
  });

  it('joins anew when it is attached again', async () => {
    const server = serve();
    server.attach(0);
    const [first] = server.cluster.nodes;
    await server.close();
    server.attach(0);
    await server.joinCluster();
    expect(server.cluster.nodes[0]?.id).not.toBe(first?.id);
    expect(server.cluster.health.degraded).toBeNull();
  });

  it('accepts the option when it is attached', async () => {
    const server = serve({});
    expect(server.cluster.nodes).toEqual([]);
    server.attach(0, { broker: createCluster(broker) });
    await server.joinCluster();
    expect(server.cluster.nodes).toHaveLength(1);
    server.emit('said');
    await turn();
    expect(broker.messages.at(-1)).toEqual(['broadcast', '/']);
  });

  it('logs that its broker cannot be used', async () => {
    broker.opened = Promise.reject(new Error('wrong password'));
    const server = serve();
    server.attach(0);
    await turn();
    expect(log.errors).toEqual([['the broker cannot be used', new Error('wrong password')]]);
    await expect(server.joinCluster()).rejects.toThrow('wrong password');
  });

  it('does not wait long for a broker that is absent', async () => {
    broker.opened = new Promise(() => {});
    const server = serve();
    const joined = server.joinCluster();
    await turn();
    clock.advance(2_000);
    await joined;
    expect(server.cluster.health.degraded).toBe('the broker is not connected yet');
  });

  it('counts the sockets of one server', async () => {
    const server = serve({ broker: createCluster(memoryBroker()) });
    expect(await server.countSockets()).toBe(0);
    expect(await server.fetchSocketIds()).toEqual([]);
    expect(await serve({}).countSockets()).toBe(0);
  });
});
