import { randomBytes } from 'node:crypto';
import { Client, Pool } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Broker } from '../../../lib/cluster/broker/broker.js';
import type { Timer } from '../../../lib/engine/clock.js';
import { postgresBroker, type PostgresBrokerOptions } from '../../../lib/cluster/postgres/postgres-broker.js';
import { BrokerInbox, createBroker, FAST_TIME, openBroker, REAL_TIME } from '../../support/broker-inbox.js';
import { cleanUp, onCleanUp } from '../../support/engine-clean-up.js';
import { SOON } from '../../support/events.js';
import { expectInvalid, thrown } from '../../support/option-errors.js';
import { type Postgres, startPostgres } from '../../support/postgres.js';
import { freePort } from '../../support/process.js';
import { describeWith } from '../../support/requires.js';
import { expectNothingUncaught } from '../../support/uncaught.js';

describe('postgresBroker', () => {
  it('checks its options', () => {
    expect(thrown(creating({ urls: '' }))).toMatchObject({
      code: 'UNKNOWN_OPTION',
      message: 'postgresBroker() has no option "urls" (did you mean "url"?)',
    });
    for (const [options, got] of [
      [{}, 'neither'],
      [{ url: 'postgres://h', pool: new Pool() }, 'both'],
    ] as const) {
      expectInvalid(
        creating(options),
        `postgresBroker() must have either the option "url" or the option "pool", got ${got}: ` +
          "write postgresBroker({ url: 'postgres://user:password@localhost:5432/database' })",
      );
    }
    for (const pool of [null, {}, new Client()]) {
      expectInvalid(
        creating({ pool }),
        'option "pool" must be a Pool of the package pg: write new Pool({ connectionString: ... })',
      );
    }
    expectInvalid(
      creating({ url: 'redis://:secret@host' }),
      'option "url" must begin with one of postgres://, postgresql://, got "redis://***@host"',
    );
    const long = 'c'.repeat(64);
    for (const options of [{ url: 'postgres://h', channel: long }, { url: `postgres://h?channel=${long}` }]) {
      expectInvalid(creating(options), `option "channel" must be a name of at most 63 bytes, got "${long}"`);
    }
  });
});

describeWith('postgresql', 'a broker on PostgreSQL', () => {
  let postgres: Postgres;
  let url: string;
  /** For the statements of the test itself. */
  let admin: Client;

  beforeAll(async () => {
    postgres = await startPostgres();
    url = `postgres://postgres@127.0.0.1:${postgres.port}/postgres`;
  });
  afterAll(() => postgres.stop());

  beforeEach(expectNothingUncaught);
  afterEach(cleanUp);

  async function run(text: string): Promise<readonly Record<string, unknown>[]> {
    admin = new Client(url);
    await admin.connect();
    try {
      return (await admin.query<Record<string, unknown>>(text)).rows;
    } finally {
      await admin.end();
    }
  }

  /** Two servers of one channel. */
  async function openTwo(
    options: PostgresBrokerOptions = { url },
  ): Promise<[Broker, BrokerInbox, Broker, BrokerInbox]> {
    const factory = postgresBroker(options);
    const [one, two] = await Promise.all([openBroker(factory), openBroker(factory)]);
    return [one.broker, one.inbox, two.broker, two.inbox];
  }

  it('carries messages of all sizes in the order of their publication', async () => {
    const [one, , two, inbox] = await openTwo();
    const sizes = [0, 1, 5_000, 6_000, 8_000, 3, 2_000_000, 7, 5_964, 5_965, 5_966, 5_967, 5_968, 5_969, 5_970];
    const messages = [...sizes, ...Array.from({ length: 600 }, (_, i) => (i % 100 === 0 ? 9_000 : 10))].map((size) =>
      randomBytes(size),
    );
    await Promise.all(messages.map((message) => one.publish(message)));
    await expect.poll(() => inbox.messages.length, SOON).toBe(messages.length);
    expect(inbox.messages.every((message, i) => message.equals(messages[i] as Buffer))).toBe(true);
    expect(inbox).toMatchObject({ problems: [], gaps: 0 });
    expect(two.store).toBe(null);
  });

  it('delivers equal messages as often as they are published', async () => {
    const [one, , , inbox] = await openTwo();
    await Promise.all(Array.from({ length: 20 }, () => one.publish(Buffer.from('same'))));
    await expect.poll(() => inbox.texts, SOON).toEqual(Array.from({ length: 20 }, () => 'same'));
  });

  it('separates channels', async () => {
    const [one, , , inbox] = await openTwo({ url: `${url}?channel=A"b` });
    const other = await openBroker(postgresBroker({ url, channel: 'a_b' }));
    await one.publish(randomBytes(9_000)); // both use one table
    await expect.poll(() => inbox.messages.length, SOON).toBe(1);
    await other.broker.publish(Buffer.from('elsewhere'));
    await one.publish(Buffer.from('here'));
    await expect.poll(() => inbox.texts.at(-1), SOON).toBe('here');
    expect(inbox.messages).toHaveLength(2);
    expect(other.inbox.messages).toHaveLength(0);
  });

  it('separates scopes', async () => {
    const factory = postgresBroker({ url });
    const scopes = ['', 'a', 'long-'.repeat(20)].flatMap((scope) => [scope, scope]);
    const servers = await Promise.all(scopes.map((scope) => openBroker(factory, { ...FAST_TIME, scope })));
    for (const i of [0, 2, 4]) await servers[i]?.broker.publish(Buffer.from(`from ${i}`));
    const heard = ['from 0', 'from 2', 'from 4'].flatMap((text) => [[], [text]]);
    await expect.poll(() => servers.map(({ inbox }) => inbox.texts), SOON).toEqual(heard);
  });

  it('uses the configuration of a pool, and neither takes its connections nor closes it', async () => {
    const pool = new Pool({ connectionString: url, max: 1 });
    onCleanUp(() => pool.end());
    const [one, , two, inbox] = await openTwo({ pool });
    await one.publish(Buffer.from('hello'));
    await expect.poll(() => inbox.texts, SOON).toEqual(['hello']);
    expect(pool.totalCount).toBe(0);
    await Promise.all([one.close(), two.close()]);
    expect((await pool.query('select 1 as answer')).rows).toEqual([{ answer: 1 }]);
  });

  it('passes on texts of other programs, and reports a row that is gone', async () => {
    const { inbox } = await openBroker(postgresBroker({ url }));
    await run(`select pg_notify('nest-socketio', x) from unnest(array['', '{"a":1}', 'x.1', 'x.2:aGk=', 'x:y']) as x`);
    await expect.poll(() => inbox.texts, SOON).toEqual(['', '{"a":1}', 'hi', 'x:y']);
    expect(inbox.gaps).toBe(1);
  });

  it('removes rows after a while', async () => {
    const [one, , two, inbox] = await openTwo({ url, channel: 'rows' });
    await one.publish(randomBytes(9_000));
    await expect.poll(() => inbox.messages.length, SOON).toBe(1);
    await run(`update rows_messages set at = at - interval '30 s'`);
    await two.close();
    await openBroker(postgresBroker({ url, channel: 'rows' }));
    expect(await run('select key from rows_messages')).toHaveLength(1); // it is too young
    await run(`update rows_messages set at = at - interval '31 s'`);
    await openBroker(postgresBroker({ url, channel: 'rows' }));
    expect(await run('select key from rows_messages')).toHaveLength(0);
  });

  it('removes rows while it runs', async () => {
    const removals: (() => void)[] = [];
    const { clock } = FAST_TIME;
    const after = (delay: number, task: () => void): Timer => {
      if (delay === 120_000) removals.push(task);
      return clock.after(delay, task);
    };
    const context = { ...FAST_TIME, clock: { now: () => clock.now(), after } };
    const { broker } = await openBroker(postgresBroker({ url, channel: 'removal' }), context);
    await broker.publish(randomBytes(9_000));
    await broker.publish(randomBytes(9_000));
    await run(`update removal_messages set at = at - interval '2 min'`);
    expect(removals).toHaveLength(1);
    removals[0]?.();
    await expect.poll(async () => (await run('select key from removal_messages')).length, SOON).toBe(0);
    await broker.publish(randomBytes(9_000));
    expect(removals).toHaveLength(2);
  });

  it('creates the table again if it was dropped', async () => {
    const [one, , , inbox] = await openTwo({ url, channel: 'dropped' });
    await run('drop table dropped_messages');
    await expect(one.publish(randomBytes(9_000))).rejects.toThrow('does not exist');
    await expect
      .poll(async () => {
        await one.publish(randomBytes(9_000)).catch(() => {});
        return inbox.messages.length;
      }, SOON)
      .toBeGreaterThan(0);
  });

  it('rejects a message that the server refuses, and goes on', async () => {
    const [one, , , inbox] = await openTwo({ url, channel: 'refused' });
    await run('alter table refused_messages add constraint small check (length(bytes) < 10000)');
    await expect(one.publish(randomBytes(10_000))).rejects.toThrow('small');
    await one.publish(randomBytes(9_000));
    await one.publish(Buffer.from('next'));
    await expect.poll(() => inbox.texts.at(-1), SOON).toBe('next');
    expect(inbox.messages).toHaveLength(2);
  });

  it('fails to start if no later attempt can succeed', async () => {
    await run(`create role guest login password 'right'`);
    await run('create role stranger login');
    const server = `127.0.0.1:${postgres.port}`;
    const cases: [address: string, reason: string][] = [
      [`guest:wrong-secret@${server}/postgres`, 'password authentication failed for user "guest"'],
      [`guest@${server}/postgres`, 'SASL: '],
      [`nobody@${server}/postgres`, 'role "nobody" does not exist'],
      [`postgres@${server}/nowhere`, 'database "nowhere" does not exist'],
      [`stranger@${server}/postgres?channel=forbidden`, 'permission denied for schema public'],
      [`postgres@${server}/postgres?sslmode=verify-full`, 'The server does not support SSL connections'],
      [`postgres@${server}/postgres?sslrootcert=/no/such/file`, 'ENOENT'],
    ];
    await Promise.all(
      cases.map(async ([address, reason]) => {
        // In real time, since on a busy machine a fast clock would report a server that does not answer.
        const broker = await createBroker(postgresBroker({ url: `postgres://${address}` }), REAL_TIME);
        const inbox = new BrokerInbox();
        const error = await broker.open(inbox).catch((error: unknown) => error);
        expect(error).toMatchObject({ code: 'INVALID_OPTION' });
        expect((error as Error).message).toContain(
          `option "broker" must have a user, a password and a database that PostgreSQL`,
        );
        expect((error as Error).message).toContain(reason);
        expect((error as Error).message).not.toContain('secret');
        expect(inbox.problems).toEqual([]);
      }),
    );
    await openBroker(postgresBroker({ url }));
    await run('grant all on nest_socketio_messages to guest');
    const { broker } = await openBroker(postgresBroker({ url: `postgres://guest:right@${server}/postgres` }));
    await broker.publish(Buffer.from('hello'));
  });

  it('reports a server that was killed, and reconnects', async () => {
    const [one, inboxOne, two, inboxTwo] = await openTwo();
    postgres.kill();
    await expect.poll(() => inboxTwo.problems.length, SOON).toBeGreaterThan(0);
    expect(inboxTwo.problems[0]).toContain(`PostgreSQL at 127.0.0.1:${postgres.port} is unavailable: `);
    await expect.poll(() => inboxOne.problems.length, SOON).toBeGreaterThan(0);
    const waiting = one.publish(Buffer.from('waited'));
    await postgres.restart();
    await expect.poll(() => [inboxOne.problems.at(-1), inboxTwo.problems.at(-1)], SOON).toEqual([null, null]);
    await waiting;
    await works(one, inboxTwo);
    await works(two, inboxOne);
    expect([inboxOne.gaps, inboxTwo.gaps]).toEqual([1, 1]);
  });

  it('survives the end of single connections', async () => {
    const [one, inboxOne, two, inboxTwo] = await openTwo();
    const publishing = Array.from({ length: 50 }, (_, i) => one.publish(randomBytes(i % 2 === 0 ? 10 : 9_000)));
    const settled = Promise.allSettled(publishing);
    await run(
      'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and usename is not null',
    );
    await settled;
    await works(one, inboxTwo);
    await works(two, inboxOne);
    expect([inboxOne.gaps, inboxTwo.gaps]).toEqual([1, 1]);
  });

  it('waits for a server that is absent at the start', async () => {
    postgres.kill();
    const broker = await createBroker(postgresBroker({ url }));
    const inbox = new BrokerInbox();
    const opened = broker.open(inbox);
    const published = broker.publish(Buffer.from('early'));
    await expect.poll(() => inbox.problems.length, SOON).toBeGreaterThan(0);
    await postgres.restart();
    await opened;
    await published;
    expect(inbox.problems.at(-1)).toBe(null);
    expect(inbox.gaps).toBe(0);
  });

  it('notices a stopped server, and recovers', async () => {
    const [one, inboxOne, two, inboxTwo] = await openTwo();
    postgres.signal('SIGSTOP');
    try {
      await expect.poll(() => inboxTwo.problems.at(-1), SOON).toContain('is unavailable: it does not answer');
      await expect.poll(() => inboxOne.problems.length, SOON).toBeGreaterThan(0);
    } finally {
      postgres.signal('SIGCONT');
    }
    await works(one, inboxTwo);
    await works(two, inboxOne);
    await expect.poll(() => [inboxOne.problems.at(-1), inboxTwo.problems.at(-1)], SOON).toEqual([null, null]);
    expect(inboxTwo.gaps).toBeGreaterThan(0);
  });

  it('closes within a second, whatever state the server is in', async () => {
    const real = postgresBroker({ url });
    const absent = postgresBroker({ url: `postgres://postgres@127.0.0.1:${await freePort()}` });
    const idle = await openBroker(real, REAL_TIME);
    const busy = await openBroker(real, REAL_TIME);
    const healthy = await openBroker(real, REAL_TIME);
    const last = healthy.broker.publish(Buffer.from('last'));
    await inASecond(healthy.broker);
    await last;
    await expect.poll(() => idle.inbox.texts, SOON).toEqual(['last']);
    await expect(healthy.broker.publish(Buffer.from('late'))).rejects.toMatchObject({ code: 'SERVER_CLOSED' });

    const refused = await createBroker(absent, REAL_TIME);
    const refusedInbox = new BrokerInbox();
    void refused.open(refusedInbox);
    await expect.poll(() => refusedInbox.problems.length, SOON).toBeGreaterThan(0);
    const unopened = await createBroker(real, REAL_TIME);

    postgres.signal('SIGSTOP');
    try {
      const connecting = await createBroker(real, REAL_TIME);
      void connecting.open(new BrokerInbox());
      const published = [busy.broker.publish(Buffer.from('a')), busy.broker.publish(Buffer.from('b'))].map((each) =>
        each.catch((error: unknown) => error),
      );
      await Promise.all([idle.broker, busy.broker, connecting, refused, unopened].map(inASecond));
      for (const error of await Promise.all(published)) expect(error).toBeInstanceOf(Error);
      await inASecond(idle.broker); // once more
    } finally {
      postgres.signal('SIGCONT');
    }
  });
});

function creating(options: object): () => unknown {
  return () => postgresBroker(options);
}

/** Resolves when a message of one broker reaches another. */
async function works(from: Broker, to: BrokerInbox): Promise<void> {
  const text = randomBytes(8).toString('hex');
  await expect
    .poll(async () => {
      await from.publish(Buffer.from(text)).catch(() => {});
      return to.texts.includes(text);
    }, SOON)
    .toBe(true);
}

async function inASecond(broker: Broker): Promise<void> {
  const start = performance.now();
  await broker.close();
  expect(performance.now() - start).toBeLessThan(1_000);
}
