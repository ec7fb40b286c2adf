import { Pool } from 'pg';
import { postgresBroker } from 'nest-socketio';
import { afterAll, beforeAll, describe } from 'vitest';
import { itIsACluster } from '../../support/broker-suite.js';
import { itKeepsHistory, itOutlivesKilledServers } from '../../support/history-suite.js';
import { type Postgres, startPostgres } from '../../support/postgres.js';
import { itKeepsPresenceAndStreams } from '../../support/presence-and-streams-suite.js';
import { describeWith } from '../../support/requires.js';

describeWith('postgresql', 'a cluster over PostgreSQL', () => {
  let postgres: Postgres;
  const urlOf = (channel: string): string =>
    `postgres://postgres@127.0.0.1:${postgres.port}/postgres?channel=${channel}`;

  beforeAll(async () => {
    postgres = await startPostgres();
  });

  afterAll(() => postgres.stop());

  describe('two servers with a URL', () => {
    itIsACluster(2, () => ({ broker: urlOf('two') }));
  });

  describe('two servers with a history', () => {
    itKeepsHistory(() => urlOf('history'));
  });

  describe('servers with a history', () => {
    itOutlivesKilledServers(() => urlOf('killed'));
  });

  describe('servers with presence and streams', () => {
    itKeepsPresenceAndStreams(urlOf, false);
  });

  describe('three servers with a pool', () => {
    itIsACluster(3, () => {
      const pool = new Pool({ host: '127.0.0.1', port: postgres.port, user: 'postgres', database: 'postgres' });
      return { broker: postgresBroker({ pool, channel: 'three' }), stop: () => pool.end() };
    });
  });
});
