/**
 * One metric in the form in which a registry of `prom-client` reads its metrics: a name, and a method that returns the
 * values. Nothing is stored here, so a scrape costs what reading the server costs, and nothing else does.
 */
import type { Aggregator, MetricValueWithName } from 'prom-client';
import type { HistogramMetric, Labels, Metric, MetricDescription, MetricKind } from '../server/internal.js';

const SUFFIXES: Readonly<Record<string, string>> = { s: '_seconds', By: '_bytes' };

/** How the values of several processes are combined, unless they are added. */
const AGGREGATORS: Readonly<Record<string, Aggregator>> = {
  'socketio.server.event_loop.delay': 'max',
  'socketio.server.draining': 'max',
  'socketio.broker.connected': 'min',
  'socketio.broker.nodes': 'max',
};

/** The metrics of a server, with labels that its samples do not have. */
export interface LabelledMetric {
  readonly metric: Metric;
  readonly labels: Labels;
}

type Value = MetricValueWithName<string>;

interface MetricWithValues extends Pick<ExportedMetric, 'name' | 'help' | 'type' | 'aggregator'> {
  readonly values: readonly Value[];
}

/** The name in Prometheus: as `socketio_server_received_bytes_total` for the counter `socketio.server.received`. */
export function prometheusName({ name, kind, unit }: MetricDescription, prefix = ''): string {
  return `${prefix}${name.replaceAll('.', '_')}${SUFFIXES[unit] ?? ''}${kind === 'counter' ? '_total' : ''}`;
}

export class ExportedMetric {
  /** The registry changes it for the format of OpenMetrics. */
  name: string;
  readonly help: string;
  readonly type: MetricKind;
  readonly aggregator: Aggregator;
  readonly #read: () => readonly LabelledMetric[];

  /** @param read returns this metric of each server */
  constructor(description: MetricDescription, prefix: string, read: () => readonly LabelledMetric[]) {
    this.name = prometheusName(description, prefix);
    this.help = description.description;
    this.type = description.kind;
    this.aggregator = AGGREGATORS[description.name] ?? 'sum';
    this.#read = read;
  }

  /** Called by the registry. */
  async get(): Promise<MetricWithValues> {
    const { name, help, type, aggregator } = this;
    const values = this.#read().flatMap(({ metric, labels }): Value[] =>
      metric.kind === 'histogram'
        ? this.#distributions(metric, labels)
        : metric.samples.map((sample) => ({ labels: { ...sample.labels, ...labels }, value: sample.value })),
    );
    return { name, help, type, aggregator, values };
  }

  /** Called by the registry. The counts belong to the server, so there is nothing to reset. */
  reset(): void {}

  /** The buckets of Prometheus are cumulative. */
  #distributions({ samples, bounds }: HistogramMetric, extra: Labels): Value[] {
    return samples.flatMap((sample) => {
      const labels = { ...sample.labels, ...extra };
      let value = 0;
      const buckets = [...bounds, '+Inf'].map((le, bucket): Value => {
        value += sample.counts[bucket] ?? 0;
        return { metricName: `${this.name}_bucket`, labels: { ...labels, le }, value };
      });
      return [
        ...buckets,
        { metricName: `${this.name}_sum`, labels, value: sample.sum },
        { metricName: `${this.name}_count`, labels, value: sample.count },
      ];
    });
  }
}
