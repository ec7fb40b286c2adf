import { afterEach, describe, expect, it, vi } from 'vitest';
import { DeadlineQueue } from '../../lib/engine/deadline-queue.js';
import { ManualClock } from '../support/manual-clock.js';

/** Creates a queue with a delay of 6,400 ms: its members expire at multiples of 100 ms. */
function setUp(start = 0, delay = 6_400) {
  const clock = new ManualClock(start);
  const expired: string[] = [];
  const queue = new DeadlineQueue<string>(delay, (member) => void expired.push(member), clock);
  return { clock, expired, queue };
}

/** Creates a queue that calls `react` with each expired member. */
function reacting(react: (member: string, queue: DeadlineQueue<string>) => void) {
  const clock = new ManualClock();
  const expired: [member: string, at: number][] = [];
  const queue = new DeadlineQueue<string>(
    6_400,
    (member) => {
      expired.push([member, clock.now()]);
      react(member, queue);
    },
    clock,
  );
  return { clock, expired, queue };
}

describe('DeadlineQueue', () => {
  it('expires a member once, after its delay', () => {
    const { clock, expired, queue } = setUp();
    queue.add('a');
    clock.advance(6_399);
    expect(expired).toEqual([]);
    expect(queue.size).toBe(1);
    clock.advance(1);
    expect(expired).toEqual(['a']);
    expect(queue.size).toBe(0);
    clock.advance(20_000);
    expect(expired).toEqual(['a']);
  });

  it.each([1, 50, 99])('expires a member added at %i ms together with those of the next multiple', (start) => {
    const { clock, expired, queue } = setUp(start);
    queue.add('a');
    clock.advance(6_499 - start);
    expect(expired).toEqual([]);
    clock.advance(1);
    expect(expired).toEqual(['a']);
  });

  it.each([0, 1, 7, 63, 64, 100, 999, 20_000])(
    'is never early, and at most 1/64 late, with a delay of %i ms',
    (delay) => {
      for (let start = 0; start < 200; start += 7) {
        const { clock, expired, queue } = setUp(start, delay);
        queue.add('a');
        if (delay > 0) clock.advance(delay - 1);
        expect(expired).toEqual([]);
        clock.advance(1 + delay / 64);
        expect(expired).toEqual(['a']);
      }
    },
  );

  it('expires members in the order in which they were added', () => {
    const { clock, expired, queue } = setUp();
    queue.add('a');
    queue.add('b');
    clock.advance(100);
    queue.add('c');
    clock.advance(6_300);
    expect(expired).toEqual(['a', 'b']);
    clock.advance(100);
    expect(expired).toEqual(['a', 'b', 'c']);
  });

  it('restarts the delay of a member that is added again', () => {
    const { clock, expired, queue } = setUp();
    queue.add('a');
    queue.add('b');
    clock.advance(6_000);
    queue.add('a');
    expect(queue.size).toBe(2);
    clock.advance(400);
    expect(expired).toEqual(['b']);
    clock.advance(6_000);
    expect(expired).toEqual(['b', 'a']);
  });

  it('does not expire a deleted member', () => {
    const { clock, expired, queue } = setUp();
    queue.add('a');
    queue.add('b');
    expect(queue.delete('a')).toBe(true);
    expect(queue.delete('a')).toBe(false);
    expect(queue.delete('c')).toBe(false);
    clock.advance(20_000);
    expect(expired).toEqual(['b']);
  });

  it('has the members that wait', () => {
    const queue = new DeadlineQueue<string>(1_000, () => {}, new ManualClock());
    queue.add('a');
    expect([queue.has('a'), queue.has('b')]).toEqual([true, false]);
    queue.delete('a');
    expect(queue.has('a')).toBe(false);
  });

  it('expires the next member in time after the one the timer was set for is deleted', () => {
    const { clock, expired, queue } = setUp();
    queue.add('a');
    clock.advance(1_000);
    queue.add('b');
    queue.delete('a');
    clock.advance(6_399);
    expect(expired).toEqual([]);
    clock.advance(1);
    expect(expired).toEqual(['b']);
  });

  it('uses one timer for all members, and none for an empty queue', () => {
    const { clock, queue } = setUp();
    expect(clock.timers).toBe(0);
    for (let i = 0; i < 1_000; i++) queue.add(`member ${i}`);
    expect(clock.timers).toBe(1);
    clock.advance(6_400);
    expect(clock.timers).toBe(0);
  });

  it('drops all members and its timer when it is cleared', () => {
    const { clock, expired, queue } = setUp();
    queue.add('a');
    queue.clear();
    expect(queue.size).toBe(0);
    expect(clock.timers).toBe(0);
    clock.advance(20_000);
    expect(expired).toEqual([]);
    queue.clear();
    queue.add('b');
    clock.advance(6_400);
    expect(expired).toEqual(['b']);
  });

  describe('while members expire', () => {
    it('allows a member to be added again', () => {
      const { clock, expired, queue } = reacting((member, queue) => queue.add(member));
      queue.add('a');
      clock.advance(13_000);
      expect(expired).toEqual([
        ['a', 6_400],
        ['a', 12_800],
      ]);
      expect(clock.timers).toBe(1);
    });

    it('expires the next member in time when one is added again', () => {
      const { clock, expired, queue } = reacting((member, queue) => void (member === 'a' && queue.add('again')));
      queue.add('a');
      clock.advance(100);
      queue.add('b');
      clock.advance(20_000);
      expect(expired).toEqual([
        ['a', 6_400],
        ['b', 6_500],
        ['again', 12_800],
      ]);
    });

    it('does not expire a member deleted by an earlier one', () => {
      const { clock, expired, queue } = reacting((_, queue) => void queue.delete('b'));
      queue.add('a');
      queue.add('b');
      clock.advance(20_000);
      expect(expired).toEqual([['a', 6_400]]);
    });

    it('can be cleared and used again', () => {
      const { clock, expired, queue } = reacting((member, queue) => {
        if (member !== 'a') return;
        queue.clear();
        queue.add('c');
      });
      queue.add('a');
      queue.add('b');
      clock.advance(6_400);
      expect(clock.timers).toBe(1);
      clock.advance(20_000);
      expect(expired).toEqual([
        ['a', 6_400],
        ['c', 12_800],
      ]);
    });

    it('expires the others even if `expire` throws for one', () => {
      const { clock, expired, queue } = reacting((member) => {
        if (member === 'a') throw new Error('x');
      });
      queue.add('a');
      queue.add('b');
      expect(() => clock.advance(6_400)).toThrow('x');
      clock.advance(0);
      expect(expired).toEqual([
        ['a', 6_400],
        ['b', 6_400],
      ]);
    });
  });

  describe('without a clock', () => {
    afterEach(() => void vi.useRealTimers());

    it('uses the system clock', () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
      const expire = vi.fn();
      const queue = new DeadlineQueue<string>(64, expire);
      queue.add('a');
      vi.advanceTimersByTime(63);
      expect(expire).not.toHaveBeenCalled();
      vi.advanceTimersByTime(2);
      expect(expire.mock.calls).toEqual([['a']]);
    });
  });
});
