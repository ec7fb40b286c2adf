/** The figures of events and refusals that the admin page shows, from the metrics of a server. */
import type { Metric, Sample } from '../../server/internal.js';
import type { EventInfo, RefusalInfo } from './admin-protocol.js';

/** One event of a namespace, in totals. Servers send it to each other, so it is plain data. */
export interface EventFigure extends Omit<EventInfo, 'p50' | 'p99'> {
  /** How long its handlers took: the sum, and how many values each bucket of the metric has. */
  readonly durations: { readonly counts: number[]; readonly sum: number };
}

export interface EventFigures {
  readonly events: readonly EventFigure[];
  readonly refusals: readonly RefusalInfo[];
  /** Of all events. */
  readonly received: number;
  readonly sent: number;
}

type Counts = { -readonly [K in keyof EventFigure]: EventFigure[K] };

/** @param metrics of one server */
export function readFigures(metrics: readonly Metric[]): EventFigures {
  const samples = (name: string): readonly Sample[] => {
    const metric = metrics.find((one) => one.name === `socketio.server.${name}`);
    return metric === undefined || metric.kind === 'histogram' ? [] : metric.samples;
  };
  const events = new Map<string, Counts>();
  const countsOf = ({ namespace = '', event = '' }: Sample['labels']): Counts => {
    const key = JSON.stringify([namespace, event]);
    const known = events.get(key);
    if (known !== undefined) return known;
    const durations = { counts: [], sum: 0 };
    const counts = { namespace, event, received: 0, sent: 0, failed: 0, rejected: 0, durations };
    events.set(key, counts);
    return counts;
  };
  for (const { labels, value } of samples('events.received')) countsOf(labels).received = value;
  for (const { labels, value } of samples('events.sent')) countsOf(labels).sent = value;
  for (const { labels, count, counts, sum } of durationsOf(metrics)) {
    const event = countsOf(labels);
    const { outcome } = labels;
    if (outcome === 'failed' || outcome === 'rejected') event[outcome] = count;
    const { durations } = event;
    event.durations = {
      counts: counts.map((one, bucket) => one + (durations.counts[bucket] ?? 0)),
      sum: durations.sum + sum,
    };
  }
  return {
    events: [...events.values()],
    refusals: [
      ...samples('handshakes.refused').map((sample) => refusalOf('handshake', sample)),
      ...samples('clients.refused').map((sample) => refusalOf(sample.labels['namespace'] ?? '', sample)),
    ].filter(({ count }) => count > 0),
    received: totalOf(samples('events.received')),
    sent: totalOf(samples('events.sent')),
  };
}

function durationsOf(metrics: readonly Metric[]): Extract<Metric, { kind: 'histogram' }>['samples'] {
  const metric = metrics.find(({ name }) => name === 'socketio.server.handler.duration');
  return metric?.kind === 'histogram' ? metric.samples : [];
}

function refusalOf(where: string, { labels, value }: Sample): RefusalInfo {
  return { where, reason: labels['reason'] ?? '', count: value };
}

function totalOf(samples: readonly Sample[]): number {
  return samples.reduce((sum, { value }) => sum + value, 0);
}
