import { describe, expect, it, vi } from 'vitest';
import { SessionStore } from '../../../lib/server/recovery/session-store.js';
import { ManualClock } from '../../support/manual-clock.js';

function store(limit = 10) {
  const clock = new ManualClock();
  const onEmpty = vi.fn<() => void>();
  return { clock, onEmpty, sessions: new SessionStore<string>(clock, 64, limit, onEmpty) };
}

describe('a session store', () => {
  it('returns a session once', () => {
    const { clock, sessions } = store();
    sessions.keep('pid', 'ann');
    expect(sessions.size).toBe(1);
    expect(sessions.take('pid')).toBe('ann');
    expect(sessions.take('pid')).toBeUndefined();
    expect(sessions.take('other')).toBeUndefined();
    expect(clock.timers).toBe(1);
    clock.advance(64);
    expect(clock.timers).toBe(0);
  });

  it('drops a session when its time has passed, and calls back when none is left', () => {
    const { clock, onEmpty, sessions } = store();
    sessions.keep('one', 'ann');
    clock.advance(32);
    sessions.keep('two', 'bob');
    clock.advance(32);
    expect(sessions.take('one')).toBeUndefined();
    expect(onEmpty).not.toHaveBeenCalled();
    clock.advance(32);
    expect(sessions.size).toBe(0);
    expect(onEmpty).toHaveBeenCalledOnce();
  });

  it('keeps the latest sessions, up to its limit', () => {
    const { sessions } = store(2);
    for (const pid of ['one', 'two', 'three']) sessions.keep(pid, pid);
    expect(sessions.size).toBe(2);
    expect(sessions.take('one')).toBeUndefined();
    expect(sessions.take('three')).toBe('three');
  });

  it('forgets all sessions and their deadlines when it is cleared', () => {
    const { clock, onEmpty, sessions } = store();
    sessions.keep('pid', 'ann');
    sessions.clear();
    expect([sessions.size, clock.timers]).toEqual([0, 0]);
    clock.advance(100);
    expect(onEmpty).not.toHaveBeenCalled();
  });

  it('returns a session without forgetting it', () => {
    const { sessions } = store();
    sessions.keep('pid', 'ann');
    expect([sessions.get('pid'), sessions.get('other'), sessions.size]).toEqual(['ann', undefined, 1]);
  });

  it('forgets the sessions that match, and calls back when none is left', () => {
    const { clock, onEmpty, sessions } = store();
    for (const pid of ['one', 'two', 'three']) sessions.keep(pid, pid === 'two' ? 'bob' : 'ann');
    sessions.forget((name) => name === 'ann');
    expect([sessions.size, sessions.take('one'), sessions.get('two')]).toEqual([1, undefined, 'bob']);
    expect(onEmpty).not.toHaveBeenCalled();
    sessions.forget(() => true);
    expect(onEmpty).toHaveBeenCalledOnce();
    clock.advance(64);
    expect(onEmpty).toHaveBeenCalledOnce();
  });
});
