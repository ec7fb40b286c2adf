/** What a test has changed in the metrics of a server. */
import type { Metric, Server } from '../../../../lib/server/internal.js';

export type Changes = Readonly<Record<string, number>>;

/** The samples of a metric by their labels, as `namespace=/ event=say`; those of a histogram by their count. */
export function samplesOf(server: Pick<Server, 'metrics'>, name: string): Changes {
  const metric = server.metrics.collect().find((one) => one.name === name) as Metric;
  const values: { readonly labels: object; readonly value?: number; readonly count?: number }[] = [...metric.samples];
  return Object.fromEntries(
    values.map(({ labels, value, count }) => [
      Object.entries(labels)
        .map((label) => label.join('='))
        .join(' '),
      value ?? count ?? Number.NaN,
    ]),
  );
}

/** The samples that are not as before, by how much they differ. */
export function changesOf(before: Changes, after: Changes): Changes {
  const changes = Object.entries(after).map(([labels, value]) => [labels, value - (before[labels] ?? 0)] as const);
  return Object.fromEntries(changes.filter(([, change]) => change !== 0));
}
