import { connect } from '@nats-io/transport-node';
import { natsBroker } from 'nest-socketio';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { itIsACluster } from '../../support/broker-suite.js';
import { itKeepsHistory, itOutlivesKilledServers } from '../../support/history-suite.js';
import { type Nats, startNats } from '../../support/nats.js';
import { itKeepsPresenceAndStreams } from '../../support/presence-and-streams-suite.js';
import { describeWith } from '../../support/requires.js';

describeWith('nats-server', 'a cluster over NATS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nest-socketio-nats-'));
  let nats: Nats;

  beforeAll(async () => {
    nats = await startNats({ folder });
  });

  afterAll(async () => {
    await nats.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  describe('two servers with a URL', () => {
    itIsACluster(2, () => ({ broker: `${nats.url}?channel=two` }));
  });

  describe('two servers with a history', () => {
    itKeepsHistory(() => `${nats.url}?channel=history`);
  });

  describe('servers with a history', () => {
    itOutlivesKilledServers(() => `${nats.url}?channel=killed`);
  });

  describe('two servers with a history and recovery', () => {
    itKeepsHistory(() => `${nats.url}?channel=recovered`, { connectionStateRecovery: {} });
  });

  describe('servers with presence and streams', () => {
    itKeepsPresenceAndStreams((channel) => `${nats.url}?channel=${channel}`, true);
  });

  describe('three servers with a connection', () => {
    itIsACluster(3, async () => {
      const connection = await connect({ servers: nats.url });
      return { broker: natsBroker({ connection, channel: 'three' }), stop: () => connection.close() };
    });
  });
});
