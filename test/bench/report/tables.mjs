/** Results as tables in Markdown. Nothing in them is typed by hand. */
import { packagesText, stampText } from '../machine.mjs';
import { number } from './svg.mjs';

/** @param rows a list of lists, the first of which is the head */
export function table([head, ...rows]) {
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function line(cells) {
  return `| ${cells.join(' | ')} |`;
}

/** Everything that a run has found. */
export function resultTables(results) {
  const { rounds, mode, base } = results;
  const kind = mode === 'quick' ? 'A quick run, which says only that everything works' : `Medians of ${rounds} rounds`;
  return [
    `${kind}. ${stampText(results)} · ${packagesText(results)}`,
    `Server CPU in µs per operation, in brackets as a part of ${base}'s (median of the ratios, round by round).`,
    table(cpuRows(results)),
    ...section(results, 'latency', latencyRows),
    ...section(results, 'memory', memoryRows),
  ].join('\n\n');
}

/** @returns a line of operations by contenders, and one for each operation */
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
