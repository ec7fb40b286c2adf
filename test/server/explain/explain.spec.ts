import { describe, expect, it } from 'vitest';
import { explain, type Selection } from '../../../lib/server/explain/explain.js';
import type { Explanation } from '../../../lib/server/explain/explanation.js';
import type { ReportedClient, ReportedEmit, ServerReport } from '../../../lib/server/explain/server-report.js';

const NOON = Date.UTC(2026, 0, 1, 12);

const EVERYBODY: Selection = { rooms: null, excepted: [] };

function clientOf(changes: Partial<ReportedClient> = {}): ReportedClient {
  return {
    id: 'K3',
    user: 'bob',
    address: '10.0.0.7',
    connectedAt: NOON,
    disconnectedAt: null,
    reason: null,
    rooms: ['K3', 'a'],
    changes: [],
    drops: [],
    waitingBytes: 0,
    ...changes,
  };
}

function emitOf(changes: Partial<ReportedEmit> = {}): ReportedEmit {
  return {
    at: NOON + 5_000,
    event: 'news',
    rooms: ['a'],
    excepted: [],
    isVolatile: false,
    isLocal: false,
    receivers: 1,
    dropped: 0,
    ...changes,
  };
}

function reportOf(parts: Partial<ServerReport> = {}): ServerReport {
  return { server: 'web-1:7', journalSince: NOON, clients: [], emits: [], otherNamespaces: [], ...parts };
}

function explained(selection: Selection, ...reports: ServerReport[]): Explanation {
  return explain('/chat', 'bob', selection, reports, []);
}

/** The outcome of one emit for one client. */
function outcome(client: Partial<ReportedClient>, emit: Partial<ReportedEmit>, server = 'web-1:7'): string | undefined {
  const own = reportOf({ clients: [clientOf(client)], emits: server === 'web-1:7' ? [emitOf(emit)] : [] });
  const other = reportOf({ server: 'web-2:7', emits: server === 'web-2:7' ? [emitOf(emit)] : [] });
  return explained(EVERYBODY, own, other).clients[0]?.deliveries[0]?.outcome;
}

function selectionOf({ clients: [client] }: Explanation): unknown[] {
  return [client?.isSelected, client?.selectedBy, client?.excludedBy];
}

describe('an explanation', () => {
  it('says which rooms select a client, and which of except() leave it out', () => {
    const report = reportOf({ clients: [clientOf({ rooms: ['K3', 'a', 'staff'] })] });
    expect(selectionOf(explained({ rooms: ['a', 'b'], excepted: [] }, report))).toEqual([true, ['a'], []]);
    expect(selectionOf(explained({ rooms: ['b'], excepted: [] }, report))).toEqual([false, [], []]);
    expect(selectionOf(explained({ rooms: ['K3'], excepted: ['staff'] }, report))).toEqual([false, ['K3'], ['staff']]);
    expect(selectionOf(explained(EVERYBODY, report))).toEqual([true, [], []]);
  });

  it.each([
    ['sent', {}, {}],
    ['not_connected', { connectedAt: NOON + 6_000 }, {}],
    ['not_connected', { disconnectedAt: NOON + 4_000 }, {}],
    ['sent', { disconnectedAt: NOON + 6_000 }, {}],
    ['not_selected', { rooms: ['K3'] }, {}],
    ['not_selected', { changes: [{ at: NOON + 6_000, room: 'a', joined: true }] }, {}],
    ['sent', { rooms: ['K3'], changes: [{ at: NOON + 6_000, room: 'a', joined: false }] }, {}],
    ['excluded', {}, { excepted: ['K3'] }],
    ['dropped', { drops: [{ at: NOON + 5_000, event: 'news' }] }, { isVolatile: true }],
    ['sent', { drops: [{ at: NOON + 9_000, event: 'news' }] }, { isVolatile: true }],
    ['sent', {}, { isLocal: true }],
  ] satisfies [string, Partial<ReportedClient>, Partial<ReportedEmit>][])(
    'says %s for %j and %j',
    (result, client, emit) => {
      expect(outcome(client, emit)).toBe(result);
    },
  );

  it('says that an emit was local to another server', () => {
    expect(outcome({}, { isLocal: true }, 'web-2:7')).toBe('other_server');
    expect(outcome({}, {}, 'web-2:7')).toBe('sent');
  });

  it('has the latest emits of all servers to rooms of the selection, oldest first', () => {
    const emits = Array.from({ length: 30 }, (_, i) => emitOf({ at: NOON + i, event: `${i}` }));
    const one = reportOf({ clients: [clientOf()], emits: emits.filter((_, i) => i % 2 === 0) });
    const two = reportOf({ server: 'web-2:7', emits: emits.filter((_, i) => i % 2 === 1) });
    const other = reportOf({ emits: [emitOf({ rooms: ['c'], event: 'for others' })] });
    const [client] = explained({ rooms: ['a'], excepted: [] }, one, two, other).clients;
    expect(client?.deliveries.map(({ event }) => event)).toEqual(emits.slice(-20).map(({ event }) => event));
  });

  it('reads as sentences', () => {
    const report = reportOf({
      clients: [
        clientOf({ waitingBytes: 70_000, drops: [{ at: NOON + 5_000, event: 'news' }] }),
        clientOf({ id: 'J9', disconnectedAt: NOON + 1_000, reason: 'ping timeout' }),
      ],
      emits: [emitOf({ isVolatile: true })],
      otherNamespaces: ['/admin'],
    });
    expect(explain('/chat', 'bob', { rooms: ['a'], excepted: [] }, [report], ['web-3:9']).toString()).toBe(
      [
        'to("a") in /chat, for "bob":',
        'Client K3 of user "bob" is connected to web-1:7 since 12:00:00.000, from 10.0.0.7.',
        'It is in "a".',
        '70000 bytes are waiting for it: it reads slowly.',
        '- 12:00:05.000 "news" by web-1:7 was dropped, or replaced a latest value: the client had not read earlier events.',
        'Client J9 of user "bob" left web-1:7 at 12:00:01.000: ping timeout.',
        '- 12:00:05.000 "news" by web-1:7 was not sent: the client was not connected.',
        'It is in other namespaces: "/admin".',
        'These servers did not answer: web-3:9.',
        'The journal reaches back to 12:00:00.000.',
      ].join('\n'),
    );
    const unknown = explained({ rooms: ['a'], excepted: ['b'] }, reportOf({ journalSince: null }));
    expect(unknown.toString()).toBe(
      [
        'to("a").except("b") in /chat, for "bob":',
        'No client with the id or user "bob" is in /chat.',
        'There is no journal of recent deliveries: set the option telemetry: { journal: true }.',
      ].join('\n'),
    );
    const excluded = explained({ rooms: null, excepted: ['a'] }, reportOf({ clients: [clientOf()] }));
    expect(excluded.toString()).toContain('except() leaves it out: it is in "a".');
    const lonely = explained({ rooms: ['b'], excepted: [] }, reportOf({ clients: [clientOf({ rooms: ['K3'] })] }));
    expect(lonely.toString()).toContain('It is not selected: it is in no room.');
  });
});
