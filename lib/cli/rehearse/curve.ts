/** The number of connected clients over time, and the chart of it that fits into a terminal. */
import type { Outage } from './talker.js';

/** Seconds since the start, and connected clients from then on. */
export type CurvePoint = readonly [seconds: number, clients: number];

/** Points of a curve. A picture shows no more. */
const MAX_POINTS = 1_000;

const WIDTH = 60;
const HEIGHT = 8;
/** Eighths of a row. */
const BARS = ' ▁▂▃▄▅▆▇█';

/** Returns a point for each change, or the lowest of each part of the time if there are too many. */
export function connectedOver(
  clients: readonly { readonly outages: readonly Outage[] }[],
  from: number,
  to: number,
): CurvePoint[] {
  const changes = clients
    .flatMap(({ outages }) => outages.flatMap((outage) => changesOf(outage, from)))
    .filter(({ at }) => at <= to)
    .toSorted((a, b) => a.at - b.at);
  const seconds = (at: number) => Math.round(at - from) / 1_000;
  let connected = clients.length;
  const points: [number, number][] = [[0, connected]];
  for (const { at, by } of changes) {
    connected += by;
    if (points.at(-1)?.[0] === seconds(at)) points[points.length - 1] = [seconds(at), connected];
    else points.push([seconds(at), connected]);
  }
  return [...thinned(points, seconds(to)), [seconds(to), connected]];
}

/** Returns the lines of a bar chart, with the axis of time below. */
export function curveChart(curve: readonly CurvePoint[], clients: number): string[] {
  const end = curve.at(-1)?.[0] ?? 0;
  const columns = Array.from({ length: WIDTH }, (_, i) => lowest(curve, (i / WIDTH) * end, ((i + 1) / WIDTH) * end));
  const margin = String(clients).length;
  const rows = Array.from({ length: HEIGHT }, (_, row) => {
    const base = HEIGHT - 1 - row;
    const bars = columns.map((count) => {
      const eighths = Math.round((count / clients) * HEIGHT * 8) - base * 8;
      return BARS[Math.max(0, Math.min(8, eighths))];
    });
    const label = row === 0 ? String(clients) : row === HEIGHT - 1 ? '0' : '';
    return `${label.padStart(margin)} │${bars.join('')}`.trimEnd();
  });
  const right = `${end.toFixed(1)} s`;
  return [
    ...rows,
    `${' '.repeat(margin)} └${'─'.repeat(WIDTH)}`,
    `${' '.repeat(margin)}  0${right.padStart(WIDTH - 1)}`,
  ];
}

function changesOf({ from, to }: Outage, start: number): { readonly at: number; readonly by: number }[] {
  if (from < start) return [];
  return to === null
    ? [{ at: from, by: -1 }]
    : [
        { at: from, by: -1 },
        { at: to, by: 1 },
      ];
}

/** The lowest value in a time. */
function lowest(curve: readonly CurvePoint[], from: number, to: number): number {
  let before = curve[0]?.[1] ?? 0;
  let least = Infinity;
  for (const [at, value] of curve) {
    if (at >= to) break;
    if (at > from) least = Math.min(least, value);
    else before = value;
  }
  return Math.min(before, least);
}

function thinned(points: readonly CurvePoint[], end: number): CurvePoint[] {
  if (points.length <= MAX_POINTS) return [...points];
  return Array.from({ length: MAX_POINTS }, (_, i): CurvePoint => {
    const [from, to] = [(i / MAX_POINTS) * end, ((i + 1) / MAX_POINTS) * end];
    return [from, lowest(points, from, to)];
  });
}
