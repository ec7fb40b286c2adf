import { describe, expect, it, vi } from 'vitest';
import { RecoveryCursor } from '../../../lib/server/adapter/recovery.js';
import { SessionStore } from '../../../lib/server/recovery/session-store.js';
import { recoveryMemory } from '../../support/recovery-memory.js';

function storeWith(limit = 10, recoveryBytes = 1_000_000) {
  const { budget, clock, limitReport } = recoveryMemory(
    { recoveryBytes },
    { maxAge: 64, maxDisconnectionDuration: 64 },
  );
  const onDrop = vi.fn<(session: { readonly sid: string }) => void>();
  const sessions = new SessionStore(budget, limit, onDrop);
  const keep = (name: string, rooms: readonly string[] = [], data: unknown = {}): void =>
    sessions.keep({ id: `id of ${name}`, rooms: new Set(rooms), data }, new RecoveryCursor(name), 7);
  const dropped = (): string[] => onDrop.mock.calls.map(([{ sid }]) => sid);
  return { budget, clock, limitReport, sessions, keep, dropped };
}

describe('a session store', () => {
  it('returns a session once', () => {
    const { clock, sessions, keep, dropped } = storeWith();
    keep('ann', ['den'], { visits: 1 });
    expect(sessions.size).toBe(1);
    expect(sessions.of('id of ann')?.pid).toBe('ann');
    expect(sessions.take('ann')).toMatchObject({
      sid: 'id of ann',
      pid: 'ann',
      rooms: ['den'],
      data: { visits: 1 },
      lostAt: 7,
    });
    expect(sessions.take('ann')).toBeUndefined();
    expect(sessions.of('id of ann')).toBeUndefined();
    expect(sessions.take('other')).toBeUndefined();
    expect(clock.timers).toBe(1);
    clock.advance(64);
    expect(clock.timers).toBe(0);
    expect(dropped()).toEqual([]);
  });

  it('drops a session when its time has passed', () => {
    const { clock, sessions, keep, dropped } = storeWith();
    keep('ann');
    clock.advance(32);
    keep('bob');
    clock.advance(32);
    expect(sessions.take('ann')).toBeUndefined();
    expect(dropped()).toEqual(['id of ann']);
    clock.advance(32);
    expect(sessions.size).toBe(0);
    expect(dropped()).toEqual(['id of ann', 'id of bob']);
  });

  it('keeps the latest sessions, up to its limit', () => {
    const { sessions, keep, dropped } = storeWith(2);
    for (const name of ['ann', 'bob', 'cid']) keep(name);
    expect(sessions.size).toBe(2);
    expect(sessions.take('ann')).toBeUndefined();
    expect(sessions.take('cid')?.sid).toBe('id of cid');
    expect(dropped()).toEqual(['id of ann']);
  });

  it('keeps sessions up to the budget, by their rooms and data', () => {
    const { budget, limitReport, sessions, keep, dropped } = storeWith(10, 30_000);
    keep('ann');
    const light = budget.weight;
    keep(
      'bob',
      Array.from({ length: 200 }, (_, i) => `room ${i}`),
    );
    expect(budget.weight - light).toBeGreaterThan(200 * 30);
    expect(dropped()).toEqual([]);
    keep('cid', [], { text: 'x'.repeat(6_000) });
    expect(dropped()).toEqual(['id of ann', 'id of bob']);
    expect(sessions.size).toBe(1);
    expect(limitReport.counts.recoveryBytes).toBe(1);
  });

  it('knows the rooms that its sessions are in, except the rooms of their own ids', () => {
    const { sessions, keep } = storeWith();
    keep('ann', ['id of ann', 'den', 'cellar']);
    keep('bob', ['id of bob', 'den', 'id of ann']);
    const rooms = (): boolean[] => ['den', 'cellar', 'id of ann', 'id of bob'].map((room) => sessions.hasRoom(room));
    expect(rooms()).toEqual([true, true, true, false]);
    sessions.take('ann');
    expect(rooms()).toEqual([true, false, true, false]);
    sessions.take('bob');
    expect(rooms()).toEqual([false, false, false, false]);
  });

  it('takes nothing of the budget when it is empty', () => {
    const { budget, clock, sessions, keep } = storeWith();
    keep('ann');
    keep('bob', ['den']);
    sessions.take('ann');
    expect(budget.weight).toBeGreaterThan(0);
    sessions.take('bob');
    expect(budget.weight).toBe(0);
    keep('cid');
    clock.advance(64);
    expect(budget.weight).toBe(0);
  });

  it('forgets all sessions when it is cleared', () => {
    const { budget, clock, sessions, keep, dropped } = storeWith();
    keep('ann');
    keep('bob');
    sessions.clear();
    expect([sessions.size, budget.weight]).toEqual([0, 0]);
    clock.advance(100);
    expect(clock.timers).toBe(0);
    expect(dropped()).toEqual([]);
  });

  it('returns a session without forgetting it', () => {
    const { sessions, keep } = storeWith();
    keep('ann');
    expect([sessions.get('ann')?.pid, sessions.get('other'), sessions.size]).toEqual(['ann', undefined, 1]);
  });

  it('drops the sessions that match', () => {
    const { clock, sessions, keep, dropped } = storeWith();
    for (const name of ['ann', 'bob', 'cid']) keep(name);
    sessions.forget(({ pid }) => pid !== 'bob');
    expect([sessions.size, sessions.take('ann'), sessions.get('bob')?.pid]).toEqual([1, undefined, 'bob']);
    expect(dropped()).toEqual(['id of ann', 'id of cid']);
    sessions.forget(() => true);
    clock.advance(64);
    expect(dropped()).toEqual(['id of ann', 'id of cid', 'id of bob']);
  });
});
