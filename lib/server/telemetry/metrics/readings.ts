/** The values of metrics by name, before they are joined with their descriptions. */
import type { Histogram } from '../../../engine/internal.js';
import type { HistogramSample, Labels, Sample } from './metric.js';
import type { HistogramName, NumberName } from './metric-table.js';

type Readings = { [Name in NumberName]: readonly Sample[] } & { [Name in HistogramName]: readonly HistogramSample[] };

/** The metrics that are counted per event, see `event-metrics.ts`. */
type PerEvent =
  | 'socketio.server.clients.connected'
  | 'socketio.server.clients.disconnected'
  | 'socketio.server.clients.refused'
  | 'socketio.server.events.received'
  | 'socketio.server.events.unhandled'
  | 'socketio.server.emits'
  | 'socketio.server.events.sent'
  | 'socketio.server.events.dropped'
  | 'socketio.server.handler.duration'
  | 'socketio.server.handlers.running'
  | 'socketio.server.acks'
  | 'socketio.server.rate_limited'
  | 'socketio.server.recoveries';

export type EventReadings = Pick<Readings, PerEvent>;
export type ServerReadings = Omit<Readings, PerEvent>;

const NO_LABELS: Labels = {};

/** @returns the samples of a metric without labels */
export function single(value: number): readonly Sample[] {
  return [{ labels: NO_LABELS, value }];
}

export function sampleOf(labels: Labels, { count, sum, counts }: Histogram): HistogramSample {
  return { labels, count, sum, counts: [...counts] };
}
