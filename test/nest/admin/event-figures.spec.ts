import { Server } from 'nest-socketio';
import { describe, expect, it } from 'vitest';
import { readFigures } from '../../../lib/nest/admin/event-figures.js';
import type { Metric } from '../../../lib/server/internal.js';

const counter = (name: string, samples: readonly [labels: Record<string, string>, value: number][]): Metric => ({
  name,
  kind: 'counter',
  unit: '1',
  description: '',
  labels: [],
  samples: samples.map(([labels, value]) => ({ labels, value })),
});

const SAY = { namespace: '/chat', event: 'say' };

describe('the figures of events', () => {
  it('are totals of each event, whatever the outcome', () => {
    const durations: Metric = {
      name: 'socketio.server.handler.duration',
      kind: 'histogram',
      unit: 's',
      description: '',
      labels: [],
      bounds: [1, 2],
      samples: [
        { labels: { ...SAY, outcome: 'ok' }, count: 3, sum: 4, counts: [2, 1, 0] },
        { labels: { ...SAY, outcome: 'failed' }, count: 1, sum: 9, counts: [0, 0, 1] },
        { labels: { ...SAY, outcome: 'rejected' }, count: 2, sum: 1, counts: [2, 0, 0] },
      ],
    };
    const figures = readFigures([
      counter('socketio.server.events.received', [[SAY, 6]]),
      counter('socketio.server.events.sent', [
        [SAY, 2],
        [{ ...SAY, event: 'news' }, 7],
      ]),
      durations,
    ]);
    expect(figures).toEqual({
      events: [
        { ...SAY, received: 6, sent: 2, failed: 1, rejected: 2, durations: { counts: [4, 1, 1], sum: 14 } },
        { ...SAY, event: 'news', received: 0, sent: 7, failed: 0, rejected: 0, durations: { counts: [], sum: 0 } },
      ],
      refusals: [],
      received: 6,
      sent: 9,
    });
  });

  it('have the refusals of handshakes and namespaces', () => {
    const { refusals } = readFigures([
      counter('socketio.server.handshakes.refused', [
        [{ reason: 'forbidden' }, 2],
        [{ reason: 'busy' }, 0],
      ]),
      counter('socketio.server.clients.refused', [[{ namespace: '/chat', reason: 'timeout' }, 1]]),
    ]);
    expect(refusals).toEqual([
      { where: 'handshake', reason: 'forbidden', count: 2 },
      { where: '/chat', reason: 'timeout', count: 1 },
    ]);
  });

  it('are found in the metrics of a server', () => {
    const names = new Server().metrics.collect().map(({ name }) => name);
    for (const name of [
      'events.received',
      'events.sent',
      'handler.duration',
      'handshakes.refused',
      'clients.refused',
    ]) {
      expect(names).toContain(`socketio.server.${name}`);
    }
    expect(readFigures(new Server().metrics.collect())).toEqual({ events: [], refusals: [], received: 0, sent: 0 });
  });
});
