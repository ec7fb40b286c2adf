import { describe as suite, expect, it } from 'vitest';
import { describe } from '../../../lib/server/explain/describe.js';
import type { ExplainedClient, Explanation } from '../../../lib/server/explain/explanation.js';

const NOON = Date.UTC(2026, 0, 1, 12, 0, 0, 250);

const CLIENT: ExplainedClient = {
  id: 'a1',
  user: null,
  server: 'web:1',
  address: '10.0.0.7',
  connectedAt: null,
  disconnectedAt: null,
  reason: null,
  rooms: ['a1'],
  waitingBytes: 0,
  isSelected: true,
  selectedBy: [],
  excludedBy: [],
  deliveries: [],
};

/** Returns the lines on one client, between the first and the last line. */
function linesOn(client: Partial<ExplainedClient>, more: Partial<Explanation> = {}): string[] {
  const whole = { namespace: '/', who: 'a1', selection: 'to("a")', clients: [{ ...CLIENT, ...client }] };
  const text = describe({ ...whole, otherNamespaces: [], journalSince: NOON, silent: [], ...more });
  return text.split('\n').slice(1, -1);
}

suite('describe', () => {
  it.each<[string, Partial<ExplainedClient>, string[]]>([
    ['is selected by no room', {}, ['Client a1 is connected to web:1, from 10.0.0.7.', 'It is selected.']],
    [
      'is in a room of the selection',
      { user: 'ann', connectedAt: NOON, selectedBy: ['a', 'b'] },
      ['Client a1 of user "ann" is connected to web:1 since 12:00:00.250, from 10.0.0.7.', 'It is in "a", "b".'],
    ],
    [
      'is excluded, and slow',
      { excludedBy: ['muted'], waitingBytes: 100_000 },
      [
        'Client a1 is connected to web:1, from 10.0.0.7.',
        'except() leaves it out: it is in "muted".',
        '100000 bytes are waiting for it: it reads slowly.',
      ],
    ],
    [
      'is in no room',
      { isSelected: false },
      ['Client a1 is connected to web:1, from 10.0.0.7.', 'It is not selected: it is in no room.'],
    ],
    [
      'is in other rooms',
      { isSelected: false, rooms: ['a1', 'b'] },
      ['Client a1 is connected to web:1, from 10.0.0.7.', 'It is not selected: it is in "b" only.'],
    ],
    [
      'has left for a reason',
      { disconnectedAt: NOON, reason: 'ping timeout' },
      ['Client a1 left web:1 at 12:00:00.250: ping timeout.'],
    ],
    ['has left', { disconnectedAt: NOON }, ['Client a1 left web:1 at 12:00:00.250: unknown reason.']],
  ])('describes a client that %s', (_what, client, lines) => {
    expect(linesOn(client)).toEqual(lines);
  });

  it('names other namespaces, silent servers, and what an unknown client lacks', () => {
    expect(linesOn({}, { clients: [], otherNamespaces: ['/chat'], silent: ['web:2'] })).toEqual([
      'No client with the id or user "a1" is in /.',
      'It is in other namespaces: "/chat".',
      'These servers did not answer: web:2.',
    ]);
  });

  it('says how to get a journal', () => {
    const text = describe({
      namespace: '/',
      who: 'a1',
      selection: 'to("a")',
      clients: [],
      otherNamespaces: [],
      journalSince: null,
      silent: [],
    });
    expect(text.split('\n').at(-1)).toBe(
      'There is no journal of recent deliveries: set the option telemetry: { journal: true }.',
    );
  });
});
