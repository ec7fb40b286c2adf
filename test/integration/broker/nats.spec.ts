import { connect } from '@nats-io/transport-node';
import { natsBroker } from 'nest-socketio';
import { afterAll, beforeAll, describe } from 'vitest';
import { itIsACluster } from '../../support/broker-suite.js';
import { type Nats, startNats } from '../../support/nats.js';
import { describeWith } from '../../support/requires.js';

describeWith('nats-server', 'a cluster over NATS', () => {
  let nats: Nats;

  beforeAll(async () => {
    nats = await startNats();
  });

  afterAll(() => nats.stop());

  describe('two servers with a URL', () => {
    itIsACluster(2, () => ({ broker: `${nats.url}?channel=two` }));
  });

  describe('three servers with a connection', () => {
    itIsACluster(3, async () => {
      const connection = await connect({ servers: nats.url });
      return { broker: natsBroker({ connection, channel: 'three' }), stop: () => connection.close() };
    });
  });
});
