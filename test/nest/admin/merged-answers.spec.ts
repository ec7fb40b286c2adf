import { describe, expect, it } from 'vitest';
import type { ClientInfo } from '../../../lib/nest/admin/admin-protocol.js';
import type { EventFigure } from '../../../lib/nest/admin/event-figures.js';
import { mergedClients, mergedEvents, mergedOverview, mergedRooms } from '../../../lib/nest/admin/merged-answers.js';
import { HANDLER_DURATIONS } from '../../../lib/server/internal.js';
import type { ServerOverview } from '../../../lib/nest/admin/server-survey.js';

const options = { readOnly: false, payloads: true };

function overviewOf(id: string, rest: Partial<ServerOverview> = {}): ServerOverview {
  const node = { id, name: `${id}:1`, version: '1.0.0', serves: true, age: 0, clients: 3 } as ServerOverview['node'];
  return { node, journal: false, namespaces: [], refusals: [], limits: [], failures: [], ...rest };
}

const nodeOf = (id: string, serves: boolean) => ({ id, name: `${id}:1`, version: '1.0.0', serves, age: 5 });

const clientOf = (id: string, user: string | null, waitingBytes: number, connectedAt: number) =>
  ({ id, user, waitingBytes, connectedAt }) as ClientInfo;

const roomOf = (name: string, clients: number) => ({ namespace: '/', name, clients });

/** The buckets of a histogram that has values in one of them. */
const counts = (bucket: number, count: number) =>
  [...HANDLER_DURATIONS, Infinity].map((_, i) => (i === bucket ? count : 0));

describe('the answers of several servers', () => {
  it('are one overview, in which silent servers and workers have no figures', () => {
    const one = overviewOf('a', {
      journal: true,
      namespaces: [{ name: '/chat', clients: 1, rooms: 5 }],
      refusals: [{ where: '/chat', reason: 'timeout', count: 1 }],
      limits: [{ name: 'rooms', count: 1 }],
      failures: [{ at: 1, node: 'a:1', level: 'warn', message: 'first' }],
    });
    const other = overviewOf('b', {
      namespaces: [
        { name: '/', clients: 0, rooms: 0 },
        { name: '/chat', clients: 2, rooms: 3 },
      ],
      refusals: [{ where: '/chat', reason: 'timeout', count: 2 }],
      limits: [{ name: 'rooms', count: 4 }],
      failures: [{ at: 2, node: 'b:1', level: 'error', message: 'second' }],
    });
    const known = [nodeOf('a', true), nodeOf('b', true), nodeOf('c', true), nodeOf('worker', false)];
    const merged = mergedOverview({ parts: [one, other], silent: ['c:1'] }, known, options);
    expect(merged).toMatchObject({
      ...options,
      journal: true,
      namespaces: [
        { name: '/chat', clients: 3, rooms: 5 },
        { name: '/', clients: 0, rooms: 0 },
      ],
      refusals: [{ where: '/chat', reason: 'timeout', count: 3 }],
      limits: [{ name: 'rooms', count: 5 }],
      failures: [{ message: 'second' }, { message: 'first' }],
    });
    expect(merged.nodes.map(({ id, age, clients }) => [id, age, clients])).toEqual([
      ['a', 5, 3],
      ['b', 5, 3],
      ['c', 5, null],
      ['worker', 5, null],
    ]);
  });

  it('are one overview without a cluster of ours, whose nodes are those that answered', () => {
    const merged = mergedOverview({ parts: [overviewOf('a'), overviewOf('b')], silent: [] }, [], options);
    expect(merged.nodes.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('are one list of clients, in order', () => {
    const parts = [
      { total: 7, clients: [clientOf('a', 'zoe', 5, 1), clientOf('b', null, 9, 3)] },
      { total: 1, clients: [clientOf('c', 'ann', 7, 2)] },
    ];
    const ids = (sort: 'age' | 'waiting' | 'user', limit = 9) =>
      mergedClients({ parts, silent: [] }, { namespace: null, room: null, search: '', sort, limit }).clients.map(
        ({ id }) => id,
      );
    expect(ids('age')).toEqual(['b', 'c', 'a']);
    expect(ids('waiting')).toEqual(['b', 'c', 'a']);
    expect(ids('user')).toEqual(['c', 'a', 'b']);
    expect(ids('age', 2)).toEqual(['b', 'c']);
    const query = { namespace: null, room: null, search: '', sort: 'age', limit: 1 } as const;
    expect(mergedClients({ parts, silent: ['x'] }, query)).toMatchObject({ total: 8, silent: ['x'] });
  });

  it('are one list of rooms, the largest first', () => {
    const parts = [
      { total: 50, rooms: [roomOf('a', 5), roomOf('b', 3)] },
      { total: 2, rooms: [roomOf('b', 4), roomOf('c', 1)] },
    ];
    expect(mergedRooms({ parts, silent: [] }, { namespace: null, search: '', limit: 2 })).toEqual({
      total: 50,
      rooms: [roomOf('b', 7), roomOf('a', 5)],
      silent: [],
    });
  });

  it('are one list of events, whose quantiles are those of all servers', () => {
    const figure = (rest: Partial<EventFigure>): EventFigure => ({
      namespace: '/',
      event: 'say',
      received: 1,
      sent: 2,
      failed: 3,
      rejected: 4,
      durations: { counts: counts(0, 0), sum: 0 },
      ...rest,
    });
    const parts = [
      [figure({ durations: { counts: counts(0, 90), sum: 0.05 } })],
      [figure({ durations: { counts: counts(9, 10), sum: 8 } }), figure({ event: 'news' })],
    ];
    const [say, news] = mergedEvents({ parts, silent: [] });
    expect(say).toMatchObject({ namespace: '/', event: 'say', received: 2, sent: 4, failed: 6, rejected: 8 });
    expect(say?.p50).toBeLessThan(0.001);
    expect(say?.p99).toBeGreaterThan(0.5);
    expect(news).toMatchObject({ event: 'news', p50: null, p99: null });
  });
});
