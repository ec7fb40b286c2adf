/** `@socket.io/postgres-adapter` under our server, in one cluster with a server of the `socket.io` package. */
import { createAdapter } from '@socket.io/postgres-adapter';
import { Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { itServesACluster } from '../support/cluster-suite.js';
import { startCluster } from '../support/cluster.js';
import { later, next } from '../support/nest-app.js';
import { type Postgres, startPostgres } from '../support/postgres.js';
import { describeWith } from '../support/requires.js';

describeWith('postgresql', 'a cluster on PostgreSQL', () => {
  let postgres: Postgres;
  /** A channel prefix for each test. */
  let channelPrefix = '';
  let tests = 0;

  beforeAll(async () => {
    postgres = await startPostgres();
    const pool = connectPool();
    await pool.query(
      'CREATE TABLE socket_io_attachments (id bigserial, created_at timestamptz DEFAULT NOW(), payload bytea)',
    );
    await pool.end();
  });

  beforeEach(() => {
    channelPrefix = `test-${++tests}`;
  });

  afterAll(() => postgres.stop());

  function connectPool(): Pool {
    return new Pool({ host: '127.0.0.1', port: postgres.port, user: 'postgres', database: 'postgres' });
  }

  function create(): ReturnType<typeof createAdapter> {
    const pool = connectPool();
    later(() => pool.end()); // after the adapter's last query
    return createAdapter(pool, { channelPrefix });
  }

  itServesACluster(create);

  it('carries messages that do not fit into a notification', async () => {
    const { ours, peer, ann, bob } = await startCluster(create);
    const text = 'x'.repeat(10_000);
    const heard = Promise.all([next(ann, 'from peer'), next(bob, 'from us')]);
    ours.emit('from us', text);
    peer.emit('from peer', text);
    expect(await heard).toEqual([[text], [text]]);
  });
});
