import { afterEach, expect, it } from 'vitest';
import { Server } from '../../../lib/server/internal.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { startServer } from '../../support/server-rig.js';

afterEach(cleanUp);

it('is a cluster without nodes, whose health is that of the broker of its adapter', async () => {
  const { server } = await startServer();
  expect(server.cluster.nodes).toEqual([]);
  expect(server.cluster.health).toEqual({
    degraded: null,
    dropped: 0,
    failed: 0,
    unreadable: 0,
    missed: 0,
    waiting: { messages: 0, bytes: 0 },
  });
  server.broker.countFailure();
  server.broker.countUnreadable();
  expect(server.cluster.health).toEqual({ ...server.brokerHealth, missed: 0 });
  expect(server.cluster.health).toMatchObject({ failed: 1, unreadable: 1 });
});

it('has no cluster to join', async () => {
  await expect(new Server().joinCluster()).resolves.toBeUndefined();
});
