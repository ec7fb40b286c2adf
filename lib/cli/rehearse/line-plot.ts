/** Renders lines over a common x axis as SVG. */
import { FOOT, HEAD, MARGIN, type Plot, rounded, svgDocument, svgText, WIDTH } from './svg.js';

export interface LinePlot extends Plot {
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xTicks: readonly Tick[];
  /** The order determines the colours. */
  readonly series: readonly { readonly label: string; readonly points: readonly (readonly [x: number, y: number])[] }[];
  /** Spans of the x axis with a label at the top. */
  readonly spans?: readonly { readonly from: number; readonly to: number; readonly label: string }[];
}

interface Tick {
  readonly at: number;
  readonly label: string;
}

const PLOT_HEIGHT = 320;
const LEGEND = 220; // to the right of lines
const ROW = 22;

/** The y axis starts at zero. */
export function linePlot(plot: LinePlot): string {
  const { xLabel, yLabel, xTicks, series, spans = [] } = plot;
  const [left, right] = [MARGIN + 56, WIDTH - MARGIN - LEGEND];
  const [top, bottom] = [HEAD + 20, HEAD + 20 + PLOT_HEIGHT];
  const all = series.flatMap(({ points }) => points);
  const [xMin, xMax] = [Math.min(...xTicks.map(({ at }) => at)), Math.max(...xTicks.map(({ at }) => at))];
  const ticks = ticksTo(Math.max(...all.map(([, y]) => y)));
  const x = (value: number) => rounded(left + ((value - xMin) / (xMax - xMin)) * (right - left));
  const y = (value: number) => rounded(bottom - (value / (ticks.at(-1) as number)) * (bottom - top));
  const body = [
    svgText(MARGIN, top - 12, yLabel, 'soft'),
    ...spans.flatMap(({ from, to, label }) => [
      `<rect class="span" x="${x(from)}" y="${top}" width="${Math.max(2, rounded(x(to) - x(from)))}" height="${bottom - top}"/>`,
      svgText(x(from), top - 12, label, 'soft', 'middle'),
    ]),
    ...ticks.flatMap((tick) => [
      `<line class="grid" x1="${left}" y1="${y(tick)}" x2="${right}" y2="${y(tick)}"/>`,
      svgText(left - 8, y(tick) + 4, number(tick), 'soft', 'end'),
    ]),
    ...xTicks.map(({ at, label }) => svgText(x(at), bottom + 20, label, 'soft', 'middle')),
    svgText((left + right) / 2, bottom + 42, xLabel, 'soft', 'middle'),
    ...series.flatMap(({ label, points }, i) => [
      `<polyline class="line s${i}" points="${points.map(([px, py]) => `${x(px)},${y(py)}`).join(' ')}"/>`,
      `<line class="line s${i}" x1="${right + 16}" y1="${top + 8 + i * ROW}" x2="${right + 36}" y2="${top + 8 + i * ROW}"/>`,
      svgText(right + 42, top + 12 + i * ROW, label),
    ]),
  ];
  return svgDocument(plot, bottom + 50 + FOOT, body);
}

/** Round tick values from zero; the last is at or above `max`. */
export function ticksTo(max: number): number[] {
  if (!(max > 0)) return [0, 1];
  const rough = max / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const count = Math.ceil(max / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}

/** Formats a number with thousands separators and about three significant digits. */
export function number(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0 });
}
