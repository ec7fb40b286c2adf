import { array, assert, constant, nat, oneof, property, tuple } from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { ExpiryQueue, type Timed } from '../../../lib/server/socket/expiry-queue.js';
import { ManualClock } from '../../support/manual-clock.js';

interface Member extends Timed {
  readonly name: string;
}

const member = (name: string): Member => ({ name, due: 0, slot: -1 });

const times = (list: [string, number][]): number[] => list.map(([, at]) => at);

function start(expire: (member: Member, queue: ExpiryQueue<Member>) => void = () => {}) {
  const clock = new ManualClock(1_000);
  const expired: [name: string, at: number][] = [];
  const queue: ExpiryQueue<Member> = new ExpiryQueue<Member>(clock, (due) => {
    expired.push([due.name, clock.now()]);
    expire(due, queue);
  });
  return { clock, expired, queue };
}

describe('an expiry queue', () => {
  it('has no timer while it is empty', () => {
    const { clock, queue } = start();
    expect([clock.timers, queue.size]).toEqual([0, 0]);
    queue.delete(member('a'));
    expect(clock.timers).toBe(0);
  });

  it('expires each member at its own time, with one timer', () => {
    const { clock, expired, queue } = start();
    for (const [name, due] of [
      ['c', 1_300],
      ['a', 1_100],
      ['d', 1_400],
      ['b', 1_200],
    ] as const) {
      queue.set(member(name), due);
      expect(clock.timers).toBe(1);
    }
    clock.advance(250);
    expect([queue.size, clock.timers]).toEqual([2, 1]);
    clock.advance(1_000);
    expect(expired).toEqual([
      ['a', 1_100],
      ['b', 1_200],
      ['c', 1_300],
      ['d', 1_400],
    ]);
    expect([queue.size, clock.timers]).toEqual([0, 0]);
  });

  it('moves a deadline in both directions, and keeps one entry for it', () => {
    const { clock, expired, queue } = start();
    const [a, b] = [member('a'), member('b')];
    queue.set(b, 1_500);
    for (let i = 0; i < 1_000; i++) queue.set(a, 2_000 + i);
    expect([queue.size, clock.timers]).toEqual([2, 1]);
    queue.set(a, 1_050);
    clock.advance(50);
    expect(expired).toEqual([['a', 1_050]]);
    queue.set(b, 1_600);
    clock.advance(500);
    expect(expired).toHaveLength(1);
    clock.advance(50);
    expect(expired).toEqual([
      ['a', 1_050],
      ['b', 1_600],
    ]);
  });

  it('forgets a member that is deleted', () => {
    const { clock, expired, queue } = start();
    const members = ['a', 'b', 'c', 'd', 'e'].map(member);
    for (const [index, each] of members.entries()) queue.set(each, 1_100 + index);
    for (const each of members.slice(0, 4)) queue.delete(each);
    queue.delete(members[0] as Member);
    clock.advance(1_000);
    expect(expired).toEqual([['e', 1_104]]);
  });

  it('expires a member whose time has passed in the next run of the timer, not in the call', () => {
    const { clock, expired, queue } = start();
    queue.set(member('a'), 5);
    expect(expired).toEqual([]);
    clock.advance(0);
    expect(expired).toEqual([['a', 1_000]]);
  });

  it('waits longer than a timer of Node can', () => {
    const { clock, expired, queue } = start();
    const year = 365 * 24 * 3_600_000;
    queue.set(member('a'), 1_000 + year);
    const delays = vi.spyOn(clock, 'after');
    clock.advance(year - 1);
    expect(expired).toEqual([]);
    clock.advance(1);
    expect(expired).toEqual([['a', 1_000 + year]]);
    expect(Math.max(...delays.mock.calls.map(([delay]) => delay))).toBeLessThan(2 ** 31);
    expect(delays.mock.calls.length).toBeLessThan(20);
  });

  it('lets a member that expires add itself again, delete others and move others', () => {
    const { clock, expired, queue } = start((due, own) => {
      if (due === a && expired.length < 3) own.set(a, 0);
      own.delete(b);
      if (due !== c) own.set(c, 1_900);
    });
    const [a, b, c] = [member('a'), member('b'), member('c')];
    queue.set(a, 1_100);
    queue.set(b, 1_101);
    queue.set(c, 1_100);
    clock.advance(500);
    expect(expired).toEqual([
      ['a', 1_100],
      ['a', 1_100],
      ['a', 1_100],
    ]);
    expect(queue.size).toBe(1);
    clock.advance(500);
    expect(expired.slice(3)).toEqual([['c', 1_900]]);
  });

  it('can be cleared and used again', () => {
    const { clock, expired, queue } = start();
    const a = member('a');
    queue.set(a, 1_100);
    queue.clear();
    expect([queue.size, clock.timers, a.slot]).toEqual([0, 0, -1]);
    queue.set(a, 1_200);
    clock.advance(300);
    expect(expired).toEqual([['a', 1_200]]);
  });

  it('expires what a sorted list would, in the same order', () => {
    const step = oneof(
      tuple(constant('set' as const), nat(15), nat(300)),
      tuple(constant('delete' as const), nat(15), constant(0)),
      tuple(constant('advance' as const), constant(0), nat(60)),
    );
    assert(
      property(array(step, { maxLength: 80 }), (steps) => {
        const { clock, expired, queue } = start();
        const members = Array.from({ length: 16 }, (_, index) => member(`m${index}`));
        const model = new Map<Member, number>();
        const modelExpired: [string, number][] = [];
        for (const [kind, index, time] of steps) {
          const each = members[index] as Member;
          if (kind === 'set') {
            queue.set(each, clock.now() + time);
            model.set(each, clock.now() + time);
          } else if (kind === 'delete') {
            queue.delete(each);
            model.delete(each);
          } else {
            clock.advance(time);
            const due = [...model].filter(([, at]) => at <= clock.now());
            for (const [gone, at] of due.toSorted((one, other) => one[1] - other[1])) {
              model.delete(gone);
              modelExpired.push([gone.name, at]);
            }
          }
          if (queue.size !== model.size) return false;
        }
        expect(times(expired)).toEqual(times(modelExpired));
        expect(expired.map(([name]) => name).toSorted()).toEqual(modelExpired.map(([name]) => name).toSorted());
        return true;
      }),
    );
  });
});
