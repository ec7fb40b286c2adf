import { describe, expect, it } from 'vitest';
import type { BrokerStore, StoredValue } from '../../../lib/cluster/broker/broker.js';
import { Offset } from '../../../lib/cluster/recovery/offset.js';
import { type KeptSocket, SessionKeeper, sessionKey } from '../../../lib/cluster/recovery/session-keeper.js';
import { decodeSession, type SessionRecord } from '../../../lib/cluster/recovery/session-record.js';
import { turn } from '../../support/engine-rig.js';
import { deferred } from '../../support/server-rig.js';
import { ManualClock } from '../../support/manual-clock.js';

const AT = new Offset('node-00001', 1, '7', 0);

function recordOf(sid: string, data: unknown = {}, userId?: string): SessionRecord {
  const offsets = { known: AT, from: AT, sent: AT, asOf: AT, joined: new Map(), had: new Map() };
  return { node: 'node-00001', sid, rooms: [sid], data, userId, ...offsets };
}

/** A socket whose data a test changes. */
class FakeSocket implements KeptSocket {
  data: unknown = {};
  readonly key: string;

  constructor(readonly pid: string) {
    this.key = sessionKey('/', pid);
  }

  volatileState(): unknown {
    return this.data;
  }

  record(): SessionRecord {
    return recordOf(this.pid, this.data);
  }
}

class FakeStore implements Pick<BrokerStore, 'put' | 'take' | 'remove'> {
  readonly calls: [string, ...unknown[]][] = [];
  readonly values = new Map<string, StoredValue>();
  /** Set by a test whose engine is away. */
  pending: (() => Promise<void>) | null = null;

  async put(values: readonly StoredValue[]): Promise<void> {
    this.calls.push(['put', ...values.map(({ bytes, ttl }) => [decodeSession(bytes)?.sid, ttl])]);
    await this.pending?.();
    for (const value of values) this.values.set(value.key, value);
  }

  take(key: string): Promise<Buffer | null> {
    const value = this.values.get(key);
    this.values.delete(key);
    return Promise.resolve(value?.bytes ?? null);
  }

  remove(keys: readonly string[]): Promise<void> {
    this.calls.push(['remove', keys.length]);
    for (const key of keys) this.values.delete(key);
    return Promise.resolve();
  }
}

function keeperWith({ maxSessions = 100, open = true } = {}) {
  const clock = new ManualClock();
  const store = new FakeStore();
  const failures: [string, unknown][] = [];
  const failed = (what: string, error: unknown): void => void failures.push([what, error]);
  const keeper = new SessionKeeper({ clock, lifetime: 60_000, maxSessions, failed });
  if (open) keeper.open(store as unknown as BrokerStore);
  return { clock, store, keeper, failures };
}

describe('SessionKeeper', () => {
  it('writes the sessions of a turn together, and keeps those of connected clients longer', async () => {
    const { store, keeper } = keeperWith();
    const ann = new FakeSocket('ann');
    keeper.add(ann);
    keeper.touch(ann);
    keeper.add(new FakeSocket('bob'));
    expect(store.calls).toEqual([]);
    await turn();
    expect(store.calls).toEqual([['put', ['ann', 75_000], ['bob', 75_000]]]);
  });

  it('writes nothing before the engine is connected', async () => {
    const { store, keeper } = keeperWith({ open: false });
    keeper.add(new FakeSocket('ann'));
    await turn();
    expect(await keeper.take(sessionKey('/', 'ann'))).toBeNull();
    keeper.open(store as unknown as BrokerStore);
    await turn();
    expect(store.calls).toEqual([['put', ['ann', 75_000]]]);
    await keeper.close();
  });

  it('writes a session again when its data has changed, a second later at most, and before the engine drops it', async () => {
    const { clock, store, keeper } = keeperWith();
    const ann = new FakeSocket('ann');
    keeper.add(ann);
    await turn();
    store.calls.length = 0;
    clock.advance(1_000);
    await turn();
    expect(store.calls).toEqual([]);
    ann.data = { name: 'Ann' };
    clock.advance(1_000);
    await turn();
    expect(store.calls).toEqual([['put', ['ann', 75_000]]]);
    clock.advance(13_000);
    await turn();
    expect(store.calls).toHaveLength(1);
    clock.advance(2_000);
    await turn();
    expect(store.calls).toHaveLength(2);
  });

  it('removes the session of a client that leaves', async () => {
    const { store, keeper } = keeperWith();
    const ann = new FakeSocket('ann');
    keeper.add(ann);
    keeper.remove(ann.key);
    keeper.touch(ann);
    await turn();
    expect(store.calls).toEqual([['remove', 1]]);
  });

  it('keeps the session of a lost client in memory and in the engine', async () => {
    const { clock, store, keeper } = keeperWith();
    const { key } = new FakeSocket('ann');
    keeper.lose(key, recordOf('ann'));
    expect(keeper.lost(key)?.sid).toBe('ann');
    await turn();
    expect(store.calls).toEqual([['put', ['ann', 60_000]]]);
    clock.advance(60_001);
    expect(keeper.lost(key)).toBeNull();
    expect(keeper.lost(sessionKey('/', 'bob'))).toBeNull();
  });

  it('bounds the sessions in memory, the oldest go first', () => {
    const { clock, keeper } = keeperWith({ maxSessions: 2 });
    for (const name of ['ann', 'bob', 'eve']) keeper.lose(sessionKey('/', name), recordOf(name));
    expect(['ann', 'bob', 'eve'].map((name) => keeper.lost(sessionKey('/', name))?.sid)).toEqual([
      undefined,
      'bob',
      'eve',
    ]);
    clock.advance(60_001);
    keeper.lose(sessionKey('/', 'joe'), recordOf('joe'));
    clock.advance(-60_001);
    expect(keeper.lost(sessionKey('/', 'eve'))).toBeNull();
  });

  it('takes a session out of the engine, after it has been written', async () => {
    const { store, keeper } = keeperWith();
    const { key } = new FakeSocket('ann');
    const gate = deferred();
    store.pending = () => gate.promise;
    keeper.lose(key, recordOf('ann'));
    await turn();
    const taken = keeper.take(key);
    gate.resolve();
    expect(decodeSession((await taken) as Buffer)?.sid).toBe('ann');
    expect(await keeper.take(key)).toBeNull();
  });

  it('takes a session that has not been written yet', async () => {
    const { store, keeper } = keeperWith();
    const { key } = new FakeSocket('ann');
    keeper.lose(key, recordOf('ann'));
    expect(decodeSession((await keeper.take(key)) as Buffer)?.sid).toBe('ann');
    await turn();
    expect(store.values.size).toBe(0);
    expect(await keeper.take(key)).toBeNull();
  });

  it('forgets a session that another node has taken, and does not remove it from the engine', async () => {
    const { store, keeper } = keeperWith();
    const { key } = new FakeSocket('ann');
    keeper.lose(key, recordOf('ann'));
    keeper.taken(key);
    expect(keeper.lost(key)).toBeNull();
    await turn();
    expect(store.calls.flat()).not.toContain('remove');
  });

  it('puts a session back', async () => {
    const { store, keeper } = keeperWith();
    const { key } = new FakeSocket('ann');
    keeper.lose(key, recordOf('ann'));
    await turn();
    const bytes = (await keeper.take(key)) as Buffer;
    keeper.restore(key, bytes);
    await turn();
    expect(store.values.get(key)?.bytes).toBe(bytes);
  });

  it('forgets the lost sessions of a user in one namespace', async () => {
    const { store, keeper } = keeperWith();
    const [here, other, elsewhere] = [sessionKey('/', '1'), sessionKey('/', '2'), sessionKey('/news', '1')];
    keeper.lose(here, recordOf('1', {}, 'ann'));
    keeper.lose(other, recordOf('2', {}, 'bob'));
    keeper.lose(elsewhere, recordOf('1', {}, 'ann'));
    keeper.forgetUser('/', 'ann');
    expect([here, other, elsewhere].map((key) => keeper.lost(key)?.sid)).toEqual([undefined, '2', '1']);
    await turn();
    expect(store.calls[0]).toEqual(['remove', 1]);
    expect([...store.values.keys()].toSorted()).toEqual([elsewhere, other].toSorted());
  });

  it('has one call under way, whatever changes meanwhile', async () => {
    const { store, keeper } = keeperWith();
    const gate = deferred();
    store.pending = () => gate.promise;
    const ann = new FakeSocket('ann');
    keeper.add(ann);
    await turn();
    for (let i = 0; i < 3; i++) {
      keeper.touch(ann);
      await turn();
    }
    expect(store.calls).toHaveLength(1);
    store.pending = null;
    gate.resolve();
    await turn();
    await turn();
    expect(store.calls).toHaveLength(2);
  });

  it('writes again after a second what the engine did not take', async () => {
    const { store, keeper, clock } = keeperWith();
    const [ann, bob, cid] = [new FakeSocket('ann'), new FakeSocket('bob'), new FakeSocket('cid')];
    store.pending = () => Promise.reject(new Error('away'));
    keeper.add(ann);
    keeper.add(cid);
    keeper.lose(bob.key, recordOf('bob'));
    await turn();
    expect(store.calls).toHaveLength(1);
    keeper.remove(cid.key);
    await turn();
    expect(store.calls).toHaveLength(1); // it does not insist
    store.pending = null;
    clock.advance(1_000);
    await turn();
    expect([...store.values.keys()].toSorted()).toEqual([ann.key, bob.key].toSorted());
    expect(store.calls).toContainEqual(['remove', 1]);
  });

  it('writes all sessions again if the engine may have lost them', async () => {
    const { store, keeper } = keeperWith();
    const [ann, bob] = [new FakeSocket('ann'), new FakeSocket('bob')];
    keeper.add(ann);
    keeper.lose(bob.key, recordOf('bob'));
    await turn();
    store.values.clear();
    keeper.rewrite();
    await turn();
    expect([...store.values.keys()].toSorted()).toEqual([ann.key, bob.key].toSorted());
  });

  it('does not collect what is to be removed while the engine is away', async () => {
    const { store, keeper } = keeperWith({ maxSessions: 10 });
    const { promise, resolve } = deferred();
    store.pending = () => promise;
    keeper.add(new FakeSocket('ann'));
    await turn();
    for (let i = 0; i < 30; i++) keeper.remove(sessionKey('/', String(i)));
    resolve();
    await turn();
    await turn();
    expect(store.calls.at(-1)).toEqual(['remove', 10]);
  });

  it('reports a failure of the engine and data that cannot be written, and goes on', async () => {
    const { store, keeper, failures, clock } = keeperWith();
    const ann = new FakeSocket('ann');
    store.pending = () => Promise.reject(new Error('away'));
    keeper.add(ann);
    await turn();
    expect(failures).toEqual([['writing sessions', new Error('away')]]);
    store.pending = null;
    const data: Record<string, unknown> = {};
    data['self'] = data;
    ann.data = data;
    clock.advance(1_000);
    await turn();
    expect(failures.map(([what]) => what)).toEqual(['writing sessions', 'encoding the data of a socket']);
    ann.data = { name: 'Ann' };
    keeper.touch(ann);
    await turn();
    expect(store.values.has(ann.key)).toBe(true);
  });

  it('writes what is left when it closes', async () => {
    const { store, keeper, clock } = keeperWith();
    keeper.lose(sessionKey('/', 'ann'), recordOf('ann'));
    await keeper.close();
    expect(store.calls).toEqual([['put', ['ann', 60_000]]]);
    expect(clock.timers).toBe(0);
    await keeper.close();
  });
});

describe('sessionKey', () => {
  it('contains neither the namespace nor the secret of the client', () => {
    const key = sessionKey('/chat', 'secret');
    expect(key).toMatch(/^[\w-]{43}\.[\w-]{43}$/);
    expect(sessionKey('/chat', 'other').split('.')[0]).toBe(key.split('.')[0]);
    expect(sessionKey('/news', 'secret')).not.toBe(key);
  });
});
