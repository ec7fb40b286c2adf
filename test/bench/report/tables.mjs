/** Renders results as Markdown tables. */
import { packagesText, stampText } from '../machine.mjs';
import { pairedRatio } from '../statistics.mjs';
import { number } from './svg.mjs';

/** @param rows a list of rows; the first is the header */
export function table([head, ...rows]) {
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function line(cells) {
  return `| ${cells.join(' | ')} |`;
}

/** All tables of single servers. */
export function resultTables(results) {
  const { base } = results;
  return [
    headLine(results),
    `Server CPU in µs per operation, in brackets, relative to ${base} (median of the ratios of each round).`,
    table(cpuRows(results)),
    ...section(results, 'latency', latencyRows),
    ...section(results, 'memory', memoryRows),
  ].join('\n\n');
}

/** All tables of clusters. */
export function clusterTables(results) {
  const { contenders, scenarios, cells, base } = results;
  const baseTitle = contenders.find(({ id }) => id === base)?.title ?? base;
  const rows = (row) =>
    contenders.map(({ id, title }) => [
      title,
      cell(row[id], cpuText),
      cell(row[id], brokerText),
      cell(row[id], ({ perSecond }) => number(Math.round(perSecond.median))),
    ]);
  return [
    headLine(results),
    `CPU in µs per delivery, in brackets, relative to ${baseTitle} (median of the ratios of each round).`,
    ...scenarios.flatMap(({ id, title }) => [
      `${id}: ${title}.`,
      table([['contender', 'all nodes', 'Redis', 'deliveries per second'], ...rows(cells[id])]),
    ]),
    ...comparisons(results),
  ].join('\n\n');
}

/** Clusters of ours that differ in one thing. */
const COMPARED = [
  { of: 'recovery', to: 'broker', title: 'with recovery, relative to the same cluster without' },
  { of: 'broker', to: 'one-node', title: 'two nodes, relative to one node with the same receivers' },
  { of: 'broker', to: 'hosted', title: 'the broker, relative to the adapter in our server' },
];

function comparisons({ cells, scenarios }) {
  const rows = COMPARED.map((pair) => [pair.title].concat(scenarios.map(({ id }) => ratioText(cells[id], pair))));
  const known = rows.filter((row) => row.slice(1).some((value) => value !== '–'));
  return known.length === 0 ? [] : [table([['CPU of all nodes', ...scenarios.map(({ id }) => id)], ...known])];
}

function ratioText(row, { of, to }) {
  const value = row[of] && row[to] ? pairedRatio(row[of].cpuByRound, row[to].cpuByRound) : null;
  return value === null ? '–' : value.toFixed(2);
}

function headLine(results) {
  const { rounds, mode } = results;
  const kind = mode === 'quick' ? 'A quick run, which shows only that everything works' : `Medians of ${rounds} rounds`;
  return `${kind}. ${stampText(results)} · ${packagesText(results)}`;
}

/** @returns a header of contenders, and a row for each operation */
export function cpuRows({ scenarios, contenders, cells }) {
  const timed = scenarios.filter(({ id }) => id !== 'memory');
  return [
    ['operation', ...contenders.map(({ title }) => title)],
    ...timed.map(({ id, title, unit }) =>
      [`${id}: ${title}, per ${unit}`].concat(contenders.map((contender) => cell(cells[id][contender.id], cpuText))),
    ),
  ];
}

function cpuText({ cpu, ratio }) {
  return `${number(cpu.median)}${ratio === null ? '' : ` (${ratio.toFixed(2)})`}`;
}

function brokerText({ broker, brokerRatio }) {
  if (broker === null) return '–';
  return `${number(broker.median)}${brokerRatio === null ? '' : ` (${brokerRatio.toFixed(2)})`}`;
}

function section(results, id, rows) {
  const scenario = results.scenarios.find((scenario) => scenario.id === id);
  return scenario === undefined ? [] : [`${id}: ${scenario.title}.`, table(rows(results))];
}

function latencyRows({ contenders, cells }) {
  const shown = [50, 90, 99];
  return [
    ['contender', ...shown.map((percent) => `p${percent}, µs`)],
    ...contenders.map(({ id, title }) => [
      title,
      ...shown.map((percent) =>
        cell(cells.latency[id], ({ latency }) => number(Math.round(new Map(latency).get(percent)))),
      ),
    ]),
  ];
}

function memoryRows({ contenders, cells }) {
  return [
    ['contender', 'JS heap, bytes per connection', 'RSS, bytes per connection'],
    ...contenders.map(({ id, title }) => [
      title,
      cell(
        cells.memory[id],
        ({ heap, heapRatio }) =>
          `${number(Math.round(heap.median))}${heapRatio === null ? '' : ` (${heapRatio.toFixed(2)})`}`,
      ),
      cell(cells.memory[id], ({ rss }) => number(Math.round(rss.median))),
    ]),
  ];
}

function cell(summary, show) {
  if (summary === undefined) return '–';
  return summary.failure === null ? show(summary) : `failed: ${summary.failure.split('\n')[0].replaceAll('|', '\\|')}`;
}
