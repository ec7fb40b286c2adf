/** Renders results as plots: SVG by file name. */
import { packagesText, stampText } from '../machine.mjs';
import { barPlot, linePlot, number } from './svg.mjs';

const OWN = new Set(['nest-socketio', 'broker', 'recovery']);
const NO_CPU = new Set(['memory', 'latency']); // the server mostly waits while latency is measured

export function resultPlots(results) {
  const { cells } = results;
  return {
    'cpu.svg': cpuPlot(results),
    ...(cells.latency === undefined ? {} : { 'latency.svg': latencyPlot(results) }),
    ...(cells.memory === undefined ? {} : { 'memory.svg': memoryPlot(results) }),
  };
}

function cpuPlot(results) {
  const { scenarios, contenders, cells, base } = results;
  return barPlot({
    title: 'Server CPU per operation',
    subtitle: `µs of the server's own CPU time, shorter is better; in brackets, relative to ${base}`,
    panels: scenarios
      .filter(({ id }) => !NO_CPU.has(id))
      .map(({ id, title }) => ({
        title,
        bars: contenders
          .filter((contender) => contender.id in cells[id])
          .map((contender) =>
            bar(contender, cells[id][contender.id], ({ cpu, ratio }) => [
              cpu.median,
              `${number(cpu.median)}${ratio === null ? '' : ` (${ratio.toFixed(2)})`}`,
            ]),
          ),
      })),
    notes: notes(results),
  });
}

export function clusterPlots(results) {
  const { contenders, cells, scenarios, base } = results;
  const baseTitle = contenders.find(({ id }) => id === base)?.title ?? base;
  const panel = (scenario, field, ratio, title) => ({
    title,
    bars: contenders
      .filter(({ id }) => cells[scenario.id][id].failure !== null || cells[scenario.id][id][field] !== null)
      .map((contender) =>
        bar(contender, cells[scenario.id][contender.id], (summary) => [
          summary[field].median,
          `${number(summary[field].median)}${summary[ratio] === null ? '' : ` (${summary[ratio].toFixed(2)})`}`,
        ]),
      ),
  });
  return {
    'clusters.svg': barPlot({
      title: 'CPU per delivery in a cluster of two nodes',
      subtitle: `µs of CPU time, shorter is better; in brackets, relative to ${baseTitle}`,
      panels: scenarios.flatMap((scenario) => [
        panel(scenario, 'cpu', 'ratio', `${scenario.id}: all nodes`),
        panel(scenario, 'broker', 'brokerRatio', `${scenario.id}: Redis`),
      ]),
      notes: notes(results),
    }),
  };
}

function memoryPlot(results) {
  const { contenders, cells, scenarios } = results;
  const { clients } = scenarios.find(({ id }) => id === 'memory')[results.mode];
  const panel = (title, field) => ({
    title,
    bars: contenders.map((contender) =>
      bar(contender, cells.memory[contender.id], (summary) => [
        summary[field].median,
        `${number(summary[field].median / 1000)} kB`,
      ]),
    ),
  });
  return barPlot({
    title: 'Memory per idle connection',
    subtitle: `with ${number(clients)} connections, after a garbage collection; RSS includes V8's reserve`,
    panels: [panel('JS heap', 'heap'), panel('RSS of the process', 'rss')],
    notes: notes(results),
  });
}

function latencyPlot(results) {
  const { contenders, cells, scenarios } = results;
  return linePlot({
    title: 'Latency of a lone message',
    subtitle: `${scenarios.find(({ id }) => id === 'latency').title}; open loop, counted from when a message was due`,
    xLabel: 'percentile',
    yLabel: 'µs until the answer',
    xTicks: [0, 50, 75, 90, 95, 99].map((percent) => ({ at: nines(percent), label: `p${percent}` })),
    series: contenders
      .filter(({ id }) => cells.latency[id].latency !== null)
      .map(({ id, title }) => ({
        label: title,
        points: cells.latency[id].latency
          .filter(([percent]) => percent <= 99)
          .map(([percent, value]) => [nines(percent), value]),
      })),
    notes: notes(results),
  });
}

/** Draws a negative value, which is noise of a small run, as zero. */
function bar({ id, title }, summary, show) {
  const [value, text] = summary.failure === null ? show(summary) : [null, 'failed'];
  return { label: title, value: value === null ? null : Math.max(0, value), text, isOwn: OWN.has(id) };
}

/** Gives p90, p99 and p99.9 equal distances, to show the tail. Above p99, the OS scheduler dominates. */
function nines(percent) {
  return -Math.log10(1 - percent / 100);
}

function notes(results) {
  return [stampText(results), `${packagesText(results)} · ${results.rounds} rounds`];
}
