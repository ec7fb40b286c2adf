import { describe, expect, it, vi } from 'vitest';
import type { PresenceRoom } from '../../../lib/server/presence/presence-room.js';
import { PresenceTable, type PresenceTableHost } from '../../../lib/server/presence/presence-table.js';
import { TrackedClient } from '../../../lib/server/presence/tracked-client.js';

describe('PresenceTable', () => {
  const changed: PresenceRoom[] = [];
  const owner = { node: 'a', isLost: false };

  function client(id: string, user: string, meta: unknown, stamp: number, ...rooms: string[]): TrackedClient {
    const made = new TrackedClient(owner, { id, user, meta, stamp, since: 0, state: 'here' });
    for (const room of rooms) made.rooms.add(room);
    return made;
  }

  function host(merge: ((metas: readonly unknown[]) => unknown) | null = null): PresenceTableHost {
    return {
      merges: merge !== null,
      merge: (metas) => merge?.(metas),
      changed: (room) => void changed.push(room),
    };
  }

  it('reports each room that has changed once, until it is announced', () => {
    changed.length = 0;
    const table = new PresenceTable(host());
    const [one, other] = [client('1', 'ann', null, 1, 'lobby'), client('2', 'ben', null, 2, 'lobby', 'den')];
    table.add(one);
    table.add(other);
    expect(changed.map(({ name }) => name)).toEqual(['lobby', 'den']);
    const [lobby] = changed as [PresenceRoom];
    expect(table.announced(lobby)).toEqual([]);
    const joins = [
      ['ann', null],
      ['ben', null],
    ];
    expect(table.announce(lobby)).toEqual({ joins, leaves: [] });
    expect(table.announced(lobby)).toEqual(joins);
    table.leave(other, 'lobby');
    table.leave(other, 'lobby');
    expect(changed).toHaveLength(3);
    expect(table.announced(lobby)).toEqual(joins);
    expect(table.announce(lobby)).toEqual({ joins: [], leaves: ['ben'] });
    table.remove(one);
    table.remove(one);
    expect(table.announce(lobby)).toEqual({ joins: [], leaves: ['ann'] });
    expect(table.room('lobby')).toBeUndefined();
  });

  it('shows the meta of the most recent client that is left', () => {
    const table = new PresenceTable(host());
    const clients = [
      client('1', 'ann', 'old', 1, 'lobby'),
      client('2', 'ann', 'new', 3, 'lobby'),
      client('3', 'ann', 'middle', 2, 'lobby'),
    ] as [TrackedClient, TrackedClient, TrackedClient];
    for (const one of clients) table.add(one);
    const metas = (): unknown[] => table.list('lobby').map(({ meta, devices }) => [meta, devices]);
    expect(metas()).toEqual([['new', 3]]);
    table.remove(clients[1]);
    expect(metas()).toEqual([['middle', 2]]);
    table.update(clients[0], 'newer', table.nextStamp());
    expect(metas()).toEqual([['newer', 2]]);
    table.update(clients[2], 'late', 2);
    expect(metas()).toEqual([['newer', 2]]);
    table.remove(clients[0]);
    expect(metas()).toEqual([['late', 1]]);
  });

  it('gives stamps that are later than all that it has seen', () => {
    const table = new PresenceTable(host());
    const future = Date.now() + 1_000_000;
    table.add(client('1', 'ann', null, future));
    expect(table.nextStamp()).toBe(future + 1);
    expect(table.nextStamp()).toBe(future + 2);
  });

  it('announces a meta only if its content has changed', () => {
    const table = new PresenceTable(host());
    const one = client('1', 'ann', { name: 'Ann' }, 1, 'lobby');
    table.add(one);
    const room = table.room('lobby') as PresenceRoom;
    table.announce(room);
    table.update(one, { name: 'Ann' }, 2);
    expect(room.pending).toBeNull();
    table.update(one, { name: 'Bea' }, 3);
    table.update(one, { name: 'Ann' }, 4);
    expect(table.announce(room)).toBeNull();
    table.update(one, { name: 'Bea' }, 5);
    expect(table.announce(room)).toEqual({ joins: [['ann', { name: 'Bea' }]], leaves: [] });
  });

  it('merges the metas of all clients of a user, once for all changes, and announces a result that differs', () => {
    const merge = vi.fn((metas: readonly unknown[]) => (metas.includes('active') ? 'active' : metas[0]));
    const table = new PresenceTable(host(merge));
    const [laptop, phone] = [client('1', 'ann', 'active', 1, 'lobby'), client('2', 'ann', 'away', 2, 'den')];
    table.add(laptop);
    const lobby = table.room('lobby') as PresenceRoom;
    expect(table.announce(lobby)).toEqual({ joins: [['ann', 'active']], leaves: [] });
    table.add(phone);
    const den = table.room('den') as PresenceRoom;
    expect(table.announced(lobby)).toEqual([['ann', 'active']]);
    expect(table.announce(lobby)).toBeNull();
    expect(table.announce(den)).toEqual({ joins: [['ann', 'active']], leaves: [] });
    expect(merge.mock.calls).toEqual([[['active']], [['away', 'active']]]);
    table.update(laptop, 'away', 3);
    table.update(phone, 'busy', 4);
    table.update(phone, 'idle', 5);
    expect(table.announce(den)).toEqual({ joins: [['ann', 'idle']], leaves: [] });
    expect(table.list('lobby')).toEqual([{ user: 'ann', meta: 'idle', devices: 1 }]);
    expect(table.announced(lobby)).toEqual([['ann', 'active']]);
    expect(table.announce(lobby)).toEqual({ joins: [['ann', 'idle']], leaves: [] });
    expect(merge).toHaveBeenCalledTimes(3);
    table.remove(phone);
    expect(table.announce(den)).toEqual({ joins: [], leaves: ['ann'] });
    expect(table.announce(lobby)).toEqual({ joins: [['ann', 'away']], leaves: [] });
    expect(table.user('ann')).toMatchObject({ meta: 'away', devices: [{ meta: 'away' }] });
  });
});
