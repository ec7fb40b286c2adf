import { beforeEach, describe, expect, it } from 'vitest';
import type { Member } from '../../../lib/server/internal.js';
import { RoomAnnouncer } from '../../../lib/server/presence/room-announcer.js';
import { TrackedClient } from '../../../lib/server/presence/tracked-client.js';
import { ManualClock } from '../../support/manual-clock.js';

const UNSUPPORTED = new Error('the parser does not support it');

describe('RoomAnnouncer', () => {
  let clock: ManualClock;
  let announcer: RoomAnnouncer;
  let members: Set<FakeMember>;
  let tasks: (() => void)[];
  let encoded: string[];
  let failures: unknown[];

  class FakeMember {
    readonly received: string[] = [];

    deliver({ data }: { data: readonly unknown[] }): void {
      this.received.push(JSON.stringify(data));
    }

    get member(): Member {
      return this as unknown as Member;
    }
  }

  beforeEach(() => {
    clock = new ManualClock();
    members = new Set();
    tasks = [];
    encoded = [];
    failures = [];
    announcer = new RoomAnnouncer('/', {
      clock,
      interval: 100,
      mergeMetas: null,
      encode: ({ data }) => {
        encoded.push(String(data[0]));
        const text = JSON.stringify(data);
        if (text.includes('bad')) throw UNSUPPORTED;
        return text;
      },
      defer: (task) => void tasks.push(task),
      failed: (what, error) => {
        if (error !== UNSUPPORTED) throw error;
        failures.push(what);
      },
    });
    announcer.announceTo({
      name: '/',
      clientsIn: () => [...members].map(({ member }) => member),
      isIn: (client) => members.has(client as unknown as FakeMember),
    });
  });

  function add(count = 1): FakeMember[] {
    const added = Array.from({ length: count }, () => new FakeMember());
    for (const one of added) members.add(one);
    return added;
  }

  function track(user: string, meta: unknown = null, rooms = ['lobby']): TrackedClient {
    const client = new TrackedClient(
      { node: '', isLost: false },
      { id: `client of ${user}`, user, meta, stamp: announcer.table.nextStamp(), since: 0, state: 'here' },
    );
    for (const room of rooms) client.rooms.add(room);
    announcer.table.add(client);
    return client;
  }

  /** Runs the turns that are due. @returns their number */
  function turns(): number {
    let count = 0;
    for (; tasks.length > 0; count++) tasks.shift()?.();
    return count;
  }

  it('announces to a room of thousands in slices, and encodes once', () => {
    const crowd = add(5_000);
    track('ann');
    clock.advance(100);
    const first = crowd.filter(({ received }) => received.length > 0).length;
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThanOrEqual(200);
    expect(turns()).toBeGreaterThanOrEqual(24);
    expect(crowd.every(({ received }) => received.length === 1)).toBe(true);
    track('ben');
    clock.advance(100);
    turns();
    expect(crowd.every(({ received }) => received.length === 2)).toBe(true);
    expect(encoded).toEqual(['presence_state', 'presence_diff']);
  });

  it('encodes the state once for all that join until the next diff', () => {
    track('ann');
    clock.advance(100);
    const joined = add(1_200);
    for (const { member } of joined) announcer.greet(member, 'lobby');
    expect(turns()).toBeGreaterThanOrEqual(6);
    expect(encoded).toEqual(['presence_state']);
    expect(joined.every(({ received }) => received[0] === '["presence_state","lobby",[["ann",null]]]')).toBe(true);
  });

  it('sends the state to a client that joins during an announcement, and only later diffs', () => {
    add(1);
    track('ann');
    clock.advance(100);
    add(2_000);
    track('ben');
    clock.advance(100);
    const [late] = add() as [FakeMember];
    announcer.greet(late.member, 'lobby');
    turns();
    track('zoe');
    clock.advance(100);
    turns();
    expect(late.received).toEqual([
      '["presence_state","lobby",[["ann",null],["ben",null]]]',
      '["presence_diff","lobby",{"joins":[["zoe",null]],"leaves":[]}]',
    ]);
  });

  it('sends the state before the next diff to a client that has just joined', () => {
    track('ann');
    clock.advance(100);
    track('ben');
    const [late] = add() as [FakeMember];
    announcer.greet(late.member, 'lobby');
    clock.advance(100);
    turns();
    expect(late.received).toEqual([
      '["presence_state","lobby",[["ann",null]]]',
      '["presence_diff","lobby",{"joins":[["ben",null]],"leaves":[]}]',
    ]);
  });

  it('sends nothing more to a client that has left, and nothing after it is closed', () => {
    const [left] = add(1_000) as [FakeMember];
    const ann = track('ann');
    members.delete(left);
    clock.advance(100);
    turns();
    expect(left.received).toEqual([]);
    announcer.table.remove(ann);
    announcer.close();
    clock.advance(100);
    turns();
    expect([...members].every(({ received }) => received.length === 1)).toBe(true);
  });

  it('announces other rooms although one cannot be encoded, and that one as a whole once it can', () => {
    const [client] = add() as [FakeMember];
    track('ann');
    clock.advance(100);
    const bad = track('ben', 'bad');
    track('zoe');
    track('ann', null, ['other']);
    clock.advance(100);
    announcer.greet(client.member, 'lobby');
    turns();
    expect(client.received).toEqual([
      '["presence_state","lobby",[["ann",null]]]',
      '["presence_state","other",[["ann",null]]]',
    ]);
    expect(failures).toEqual(['announcing presence']);
    announcer.table.update(bad, 'good', announcer.table.nextStamp());
    clock.advance(100);
    track('dan');
    clock.advance(100);
    turns();
    expect(client.received.slice(2)).toEqual([
      '["presence_state","lobby",[["ann",null],["ben","good"],["zoe",null]]]',
      '["presence_diff","lobby",{"joins":[["dan",null]],"leaves":[]}]',
    ]);
    expect(failures).toHaveLength(1);
  });

  it('answers the next client although the state of a room cannot be encoded', () => {
    track('ann');
    track('bad', null, ['other']);
    clock.advance(100); // without clients, nothing is encoded
    const [first, second] = add(2) as [FakeMember, FakeMember];
    announcer.greet(first.member, 'other');
    announcer.greet(second.member, 'lobby');
    turns();
    expect([first.received, second.received]).toEqual([[], ['["presence_state","lobby",[["ann",null]]]']]);
    expect(failures).toHaveLength(1);
  });
});
