import { describe, expect, it, vi } from 'vitest';
import { type BrokerOption, createCluster, memoryBroker } from '../../lib/cluster/internal.js';
import { BrokerCluster } from '../../lib/cluster/node/broker-cluster.js';
import { ClusterFactory } from '../../lib/server/internal.js';
import { expectInvalid } from '../support/option-errors.js';
import { fakeHost } from './node/node-rig.js';

describe('createCluster', () => {
  it('accepts a URL, and the result of a function such as memoryBroker()', () => {
    for (const broker of ['redis://localhost:6379', memoryBroker()]) {
      const factory = createCluster(broker);
      expect(factory).toBeInstanceOf(ClusterFactory);
      expect(factory.join(fakeHost())).toBeInstanceOf(BrokerCluster);
    }
  });

  it('returns its own result as it is', () => {
    const factory = createCluster(memoryBroker());
    expect(createCluster(factory, 'other')).toBe(factory);
  });

  it('passes the scope on', async () => {
    const broker = memoryBroker();
    const create = vi.spyOn(broker, 'create');
    const joined = createCluster(broker, 'port-81').join(fakeHost());
    await joined.open();
    await joined.close();
    expect(create.mock.calls).toEqual([[expect.objectContaining({ scope: 'port-81', keepFor: null })]]);
  });

  it('refuses other values', () => {
    expectInvalid(
      () => createCluster(5 as unknown as BrokerOption),
      'option "broker" must be a URL such as redis://localhost:6379 or the result of redisBroker(), natsBroker(), ' +
        'postgresBroker(), nodeClusterBroker() or memoryBroker(), got 5',
    );
  });
});
