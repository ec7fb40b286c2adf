/** The rows of the table in `docs/metrics.md`, made from the metrics of the code. */
import { prometheusName } from '../../lib/prometheus/exported-metric.js';
import { EventMetrics } from '../../lib/server/telemetry/metrics/event-metrics.js';
import { HISTOGRAMS, NUMBERS } from '../../lib/server/telemetry/metrics/metric-table.js';

/** All metrics, and the suffixes that Prometheus adds to the names of their series. */
export const ALL = [...NUMBERS, ...HISTOGRAMS];

const perEvent: ReadonlySet<string> = new Set(Object.keys(new EventMetrics().read()));

export const metricRows: readonly string[] = ALL.map((metric) => {
  const { name, kind, unit, labels, description } = metric;
  const columns = [
    `\`${name}\`${perEvent.has(name) ? '*' : ''}`,
    `\`${prometheusName(metric)}\``,
    `${kind}, \`${unit}\``,
    labels.map((label) => `\`${label}\``).join(', '),
    description.replace(/\.$/, '').replace(/@\w+/, '`$&`'),
  ];
  return `| ${columns.join(' | ')} |`.replaceAll('  ', ' ');
});

/** The names of all series in Prometheus, with their labels. */
export const series: ReadonlyMap<string, readonly string[]> = new Map(
  ALL.flatMap((metric) => {
    const name = prometheusName(metric);
    if (metric.kind !== 'histogram') return [[name, metric.labels]];
    return [
      [`${name}_bucket`, [...metric.labels, 'le']],
      [`${name}_sum`, metric.labels],
      [`${name}_count`, metric.labels],
    ];
  }),
);
