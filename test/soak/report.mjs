/** Renders the results of a soak as text and as plots. */
import { stamp, stampText } from '../bench/machine.mjs';
import { linePlot, number } from '../bench/report/svg.mjs';
import { table } from '../bench/report/tables.mjs';
import { percentile } from '../bench/statistics.mjs';

/** @returns Markdown */
export function soakText(results, checks) {
  const { options, seconds, wasInterrupted, server, healthy, bad } = results;
  const { minutes, seed, clients, share } = options;
  const failed = checks.filter(({ passed }) => !passed).length;
  return [
    `${wasInterrupted ? 'Interrupted. ' : ''}${number(minutes)} minutes of traffic, ${seconds} s in all, ` +
      `seed ${seed}. ${clients} healthy clients, ${number(share * 100)} % of the bad clients. ${stampText(stamp())}`,
    failed === 0 ? 'All checks passed.' : `${failed} of ${checks.length} checks failed. Seed: ${seed}`,
    table([
      ['check', '', 'found'],
      ...checks.map(({ name, passed, found }) => [name, passed ? 'ok' : 'FAILED', found]),
    ]),
    ...(healthy === null ? [] : [healthyText(healthy, results.samples)]),
    ...memoryTable(results),
    ...(bad === null ? [] : [badTable(bad)]),
    ...(server === null ? [] : [serverText(server)]),
    ...list('Findings', healthy?.findings),
    ...list('Escaped', server?.escaped),
    ...list('Logged', server?.logged),
  ].join('\n\n');
}

/** SVG by file name. */
export function soakPlots({ options, samples }) {
  const end = samples.at(-1)?.at ?? 1;
  const xTicks = [0, 0.25, 0.5, 0.75, 1].map((part) => ({ at: part * end, label: number(part * end) }));
  const plot = (title, subtitle, yLabel, lines) =>
    linePlot({
      title,
      subtitle,
      xLabel: 'seconds',
      yLabel,
      xTicks,
      series: lines.map(([label, value]) => ({
        label,
        points: samples.filter((sample) => value(sample) !== null).map((sample) => [sample.at, value(sample)]),
      })),
      notes: [`${stampText(stamp())} · seed ${options.seed}`],
    });
  return {
    'soak-memory.svg': plot('Memory of the server', 'after a garbage collection; all clients leave twice', 'MB', [
      ['RSS', ({ rss }) => rss / 1e6],
      ['JS heap', ({ heapUsed }) => heapUsed / 1e6],
      ['buffers', ({ external }) => external / 1e6],
    ]),
    'soak-latency.svg': plot('Latency of healthy clients', 'from a question to its acknowledgement', 'ms', [
      ['longest of a second', ({ latency }) => latency.max],
      ['p99', ({ latency }) => latency.p99],
      ['p50', ({ latency }) => latency.p50],
    ]),
  };
}

function healthyText({ sessions, recovered, notRecovered, said, heard, answered, counts }, samples) {
  const median = (field) => {
    const sorted = samples
      .map(({ latency }) => latency[field])
      .filter((ms) => ms !== null)
      .toSorted((a, b) => a - b);
    return sorted.length === 0 ? '–' : `${number(percentile(sorted, 50))} ms (worst ${number(sorted.at(-1))})`;
  };
  return [
    `Healthy clients: ${number(sessions)} sessions; ${number(recovered)} lost connections resumed, ` +
      `${notRecovered} not; ${number(said)} messages said, ${number(heard)} heard, ${number(answered)} acknowledgements.`,
    `Counted only: ${counts.early ?? 0} messages from before a client joined a room, which it got when it resumed; ` +
      `${counts.late ?? 0} clients that gave up to connect after 20 s.`,
    `Latency, median of all seconds: p50 ${median('p50')}, p99 ${median('p99')}, longest ${median('max')}.`,
  ].join('\n');
}

function memoryTable({ base, end, samples }) {
  const fields = ['heapUsed', 'external', 'arrayBuffers', 'rss'];
  if (samples.length === 0) return [];
  const rows = fields.map((field) => [
    field,
    mb(base, field),
    number(Math.max(...samples.map((sample) => sample[field])) / 1e6),
    mb(end, field),
  ]);
  return [table([['memory, MB', 'base line', 'highest', 'at the end'], ...rows])];
}

function badTable({ acts, opened }) {
  const rows = Object.entries(acts).map(([kind, { done, failed, failure }]) => [kind, done, failed, failure ?? '']);
  return [
    `Bad clients, ${number(opened)} connections since the warm-up.`,
    table([['kind', 'done', 'cut short', 'the last time by'], ...rows]),
  ].join('\n\n');
}

function serverText({ cpu, limits }) {
  const reached = Object.entries(limits).filter(([, times]) => times > 0);
  const text = reached.map(([name, times]) => `${name} ${number(times)}`).join(', ');
  return `Server: ${number(cpu / 1_000)} s of CPU. Limits reached: ${text || 'none'}.`;
}

function list(title, lines = []) {
  return lines.length === 0 ? [] : [`${title}:\n\n${lines.map((line) => `- ${line}`).join('\n')}`];
}

function mb(sample, field) {
  return sample === null ? '–' : number(sample[field] / 1e6);
}
