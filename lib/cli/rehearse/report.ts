/** Renders the result of a rehearsal: as text with a chart, and as a picture. */
import { curveChart } from './curve.js';
import { linePlot, ticksTo } from './line-plot.js';
import type { Distribution } from './percentiles.js';
import type { RestartResult, Result } from './result.js';

export function reportText(result: Result, late: number): string {
  const { findings, wasInterrupted, ownDelay, curve, clients } = result;
  return [
    ...(wasInterrupted ? ['Ended early by Ctrl-C.'] : []),
    '',
    `Connected clients over time, the lowest of each part:`,
    ...curveChart(curve, clients),
    '',
    ...messageLines(result, late),
    ...connectionLines(result),
    ...restartLines(result.restarts),
    ...Object.entries(result.errors).map(([reason, count]) => `Error       ${number(count)} × ${reason}`),
    ...(ownDelay > late / 2
      ? [`This command was up to ${ownDelay} ms late itself: use fewer clients, or a lower --rate, to measure delays.`]
      : []),
    '',
    ...(findings.length === 0 ? ['Passed.'] : ['Not passed:', ...findings.map((finding) => `- ${finding}`)]),
    '',
  ].join('\n');
}

/** The reconnect curve as SVG. */
export function reportPicture({ curve, clients, seconds, connections, messages, restarts }: Result): string {
  const { away } = connections;
  return linePlot({
    title: 'Connected clients during a rehearsal',
    subtitle: `${number(clients)} clients; ${number(connections.lost)} lost connections, ${number(messages.lost)} lost messages`,
    xLabel: 'seconds',
    yLabel: 'clients',
    xTicks: ticksTo(seconds).map((at) => ({ at, label: number(at) })),
    series: [{ label: 'connected', points: stepsOf(curve) }],
    spans: restarts.map(({ from, to }, i) => ({ from, to, label: `restart${restarts.length > 1 ? ` ${i + 1}` : ''}` })),
    notes: [away === null ? 'No client lost its connection.' : `Time without a connection: ${text(away)}`],
  });
}

function messageLines({ scope, messages }: Result, late: number): string[] {
  const { sent, acknowledged, cutOff, heard, lost, doubled, reordered, delay } = messages;
  if (scope === 'connections') {
    return ['Messages    not checked: the deployment does not answer them. See docs/rehearsal.md'];
  }
  const counts = `Messages    ${number(sent)} sent, ${number(acknowledged)} acknowledged, ${number(cutOff)} cut off by a lost connection`;
  if (scope === 'answers') {
    return [counts, 'Delivery    not checked: the deployment does not pass the messages on. See docs/rehearsal.md'];
  }
  return [
    counts,
    `Delivery    ${number(heard)} heard, ${number(lost)} lost, ${number(doubled)} doubled, ${number(reordered)} reordered, ` +
      `${number(messages.late)} late (more than ${late} ms)`,
    ...(delay === null ? [] : [`Delay       ${text(delay)}`]),
  ];
}

function connectionLines({ connections }: Result): string[] {
  const { lost, resumed, startedAgain, notBack, reasons, away } = connections;
  const causes = Object.entries(reasons).map(([reason, count]) => `${number(count)} × ${reason}`);
  return [
    `Connections ${number(lost)} lost${causes.length === 0 ? '' : ` (${causes.join(', ')})`}, ${number(resumed)} resumed, ` +
      `${number(startedAgain)} with a fresh session, ${number(notBack)} not back`,
    ...(away === null ? [] : [`Away        ${text(away)}`]),
  ];
}

function restartLines(restarts: readonly RestartResult[]): string[] {
  return restarts.map(({ command, from, to, everybodyBack }) => {
    const back =
      everybodyBack === null ? '' : `; all clients were back ${number(everybodyBack)} ms after the first was lost`;
    return `Restart     ${command}: ${(to - from).toFixed(1)} s${back}`;
  });
}

/** The points of a line that stays level between two changes. */
function stepsOf(curve: Result['curve']): [number, number][] {
  return curve.flatMap(([at, value], i): [number, number][] => {
    const before = curve[i - 1]?.[1];
    return before === undefined || before === value
      ? [[at, value]]
      : [
          [at, before],
          [at, value],
        ];
  });
}

function text({ p50, p99, max }: Distribution): string {
  return `p50 ${number(p50)} ms, p99 ${number(p99)} ms, longest ${number(max)} ms`;
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
