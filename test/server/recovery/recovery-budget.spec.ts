import { describe, expect, it } from 'vitest';
import { Kept, type KeptQueue } from '../../../lib/server/recovery/kept-queue.js';
import type { RecoveryBudget } from '../../../lib/server/recovery/recovery-budget.js';
import { recoveryMemory } from '../../support/recovery-memory.js';

const dropped: string[] = [];

class Item extends Kept {
  constructor(
    readonly budget: RecoveryBudget,
    readonly queue: KeptQueue,
    readonly name: string,
    weight: number,
  ) {
    super(budget.clock.now(), weight);
  }

  drop(): void {
    dropped.push(this.name);
    this.queue.delete(this);
  }
}

function keep(budget: RecoveryBudget, queue: KeptQueue, name: string, weight: number): Item {
  const item = new Item(budget, queue, name, weight);
  budget.keep(queue, item);
  return item;
}

function memory(recoveryBytes = 100) {
  dropped.length = 0;
  return recoveryMemory({ recoveryBytes }, { maxAge: 640, maxDisconnectionDuration: 64 });
}

describe('a recovery budget', () => {
  it('drops the oldest item when it is exceeded, counts that and logs it once a minute', () => {
    const { budget, limitReport, logger } = memory();
    for (const name of ['a', 'b', 'c', 'd']) keep(budget, budget.broadcasts, name, 40);
    expect(dropped).toEqual(['a', 'b']);
    expect(budget.weight).toBe(80);
    expect(limitReport.counts.recoveryBytes).toBe(2);
    expect(logger.warnings).toEqual([
      'the oldest events or sessions of clients that may resume are dropped: limits.recoveryBytes (100) is reached',
    ]);
  });

  it('drops items of the kind that weighs most, so that no kind displaces another', () => {
    const { budget } = memory();
    keep(budget, budget.sessions, 'session', 30);
    keep(budget, budget.broadcasts, 'broadcast', 30);
    for (const name of ['a', 'b', 'c', 'd']) keep(budget, budget.directs, name, 20);
    expect(dropped).toEqual(['a', 'b']);
    keep(budget, budget.sessions, 'heavy', 60);
    expect(dropped).toEqual(['a', 'b', 'session', 'heavy']);
  });

  it('drops an item that exceeds it alone', () => {
    const { budget } = memory();
    keep(budget, budget.directs, 'a', 101);
    expect([dropped, budget.weight]).toEqual([['a'], 0]);
  });

  it('counts a charge, and takes it back', () => {
    const { budget } = memory();
    keep(budget, budget.sessions, 'a', 30);
    budget.sessions.charge(50);
    keep(budget, budget.sessions, 'b', 30);
    expect(dropped).toEqual(['a']);
    budget.sessions.charge(-50);
    expect(budget.weight).toBe(30);
  });

  it('drops sessions and events when their time has passed, with one timer for each kind', () => {
    const { budget, clock } = memory(10_000);
    for (const queue of [budget.broadcasts, budget.directs, budget.sessions]) {
      for (let i = 0; i < 10; i++) keep(budget, queue, queue === budget.sessions ? 'session' : 'event', 1);
    }
    expect(clock.timers).toBe(3);
    clock.advance(65);
    expect(dropped).toEqual(Array.from({ length: 10 }, () => 'session'));
    clock.advance(595);
    expect(dropped).toHaveLength(30);
    expect([budget.weight, clock.timers]).toEqual([0, 0]);
  });

  it('lets items leave in any order', () => {
    const { budget, clock } = memory(10_000);
    const items = ['a', 'b', 'c', 'd'].map((name) => keep(budget, budget.sessions, name, 1));
    for (const index of [1, 3, 0]) items[index]?.drop();
    expect([budget.sessions.oldest, budget.weight]).toEqual([items[2], 1]);
    keep(budget, budget.sessions, 'e', 1);
    clock.advance(65);
    expect(dropped).toEqual(['b', 'd', 'a', 'c', 'e']);
  });

  it('drops everything and stops its timers when it is closed', () => {
    const { budget, clock } = memory();
    keep(budget, budget.sessions, 'a', 1);
    keep(budget, budget.directs, 'b', 1);
    budget.close();
    expect([budget.weight, clock.timers, dropped]).toEqual([0, 0, ['b', 'a']]);
  });
});
