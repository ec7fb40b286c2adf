import { describe, expect, it } from 'vitest';
import { BroadcastTarget } from '../../../lib/server/adapter/broadcast-target.js';

const { everybody } = BroadcastTarget;

describe('BroadcastTarget', () => {
  it('starts with everyone, no exceptions and no flags', () => {
    expect(everybody).toMatchObject({ rooms: null, excepted: [], flags: {} });
  });

  it('adds rooms', () => {
    expect(everybody.to('a').to(['b', 'c']).rooms).toEqual(['a', 'b', 'c']);
  });

  it('selects no one for an empty list of rooms', () => {
    expect(everybody.to([]).rooms).toEqual([]);
  });

  it('adds exceptions and keeps the rooms', () => {
    expect(everybody.to('a').except('x').except(['y', 'z'])).toMatchObject({ rooms: ['a'], excepted: ['x', 'y', 'z'] });
    expect(everybody.except('x').rooms).toBeNull();
  });

  it('adds flags, the latest of which counts', () => {
    const { flags } = everybody.with({ volatile: true, timeout: 1 }).with({ timeout: 2 }).to('a').except('b');
    expect(flags).toEqual({ volatile: true, timeout: 2 });
  });

  it('is made of given parts', () => {
    expect(BroadcastTarget.of(['a'], ['x'], { volatile: true })).toEqual(
      everybody.to('a').except('x').with({ volatile: true }),
    );
  });

  it('never changes: each step creates a new value', () => {
    const a = everybody.to('a');
    a.to('b');
    a.except('c');
    a.with({ local: true });
    expect(a).toMatchObject({ rooms: ['a'], excepted: [], flags: {} });
    expect(everybody).toMatchObject({ rooms: null, excepted: [], flags: {} });
  });
});
