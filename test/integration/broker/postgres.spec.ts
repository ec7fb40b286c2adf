import { Pool } from 'pg';
import { postgresBroker } from 'nest-socketio';
import { afterAll, beforeAll, describe } from 'vitest';
import { itIsACluster } from '../../support/broker-suite.js';
import { itKeepsHistory } from '../../support/history-suite.js';
import { type Postgres, startPostgres } from '../../support/postgres.js';
import { itKeepsPresenceAndStreams } from '../../support/presence-and-streams-suite.js';
import { describeWith } from '../../support/requires.js';

describeWith('postgresql', 'a cluster over PostgreSQL', () => {
  let postgres: Postgres;

  beforeAll(async () => {
    postgres = await startPostgres();
  });

  afterAll(() => postgres.stop());

  describe('two servers with a URL', () => {
    itIsACluster(2, () => ({ broker: `postgres://postgres@127.0.0.1:${postgres.port}/postgres?channel=two` }));
  });

  describe('two servers with a history', () => {
    itKeepsHistory(() => `postgres://postgres@127.0.0.1:${postgres.port}/postgres?channel=history`);
  });

  describe('servers with presence and streams', () => {
    itKeepsPresenceAndStreams(() => `postgres://postgres@127.0.0.1:${postgres.port}/postgres?channel=presence`);
  });

  describe('three servers with a pool', () => {
    itIsACluster(3, () => {
      const pool = new Pool({ host: '127.0.0.1', port: postgres.port, user: 'postgres', database: 'postgres' });
      return { broker: postgresBroker({ pool, channel: 'three' }), stop: () => pool.end() };
    });
  });
});
