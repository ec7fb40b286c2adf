/**
 * Renders plots as SVG: panels of bars, and lines. A plot has its own background and follows the reader's colour scheme, so
 * that it fits on any page. The same data always gives the same text.
 */
const WIDTH = 960;
const MARGIN = 24;
const HEAD = 76; // title and subtitle
const FOOT = 52; // two lines
const COLUMNS = 2;
const ROW = 22; // one bar
const LABEL = 180; // to the left of a bar
const VALUE = 90; // to the right of the longest bar
const PLOT_HEIGHT = 320;
const LEGEND = 220; // to the right of lines

const STYLE = `
  text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328 }
  .title { font-size: 18px; font-weight: 600 }
  .panel { font-weight: 600 }
  .soft { fill: #59636e; font-size: 12px }
  .back { fill: #ffffff; stroke: #d1d9e0 }
  .grid { stroke: #d1d9e0 }
  .bar { fill: #afb8c1 }
  .bar.own { fill: #0969da }
  .line { fill: none; stroke-width: 2 }
  .s0 { stroke: #0969da } .s1 { stroke: #bc4c00 } .s2 { stroke: #8250df } .s3 { stroke: #1a7f37 } .s4 { stroke: #9a6700 } .s5 { stroke: #bf3989 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .soft { fill: #9198a1 }
    .back { fill: #0d1117; stroke: #3d444d }
    .grid { stroke: #3d444d }
    .bar { fill: #656c76 }
    .bar.own { fill: #4493f8 }
    .s0 { stroke: #4493f8 } .s1 { stroke: #f0883e } .s2 { stroke: #ab7df8 } .s3 { stroke: #3fb950 } .s4 { stroke: #d29922 } .s5 { stroke: #db61a2 }
  }`;

/**
 * Renders panels of horizontal bars. Each panel has its own scale, which starts at zero.
 * @param panels `{ title, bars: [{ label, value, text, isOwn }] }`; a bar with the value `null` shows only its text
 * @param notes lines at the foot
 */
export function barPlot({ title, subtitle, panels, notes }) {
  const panelWidth = (WIDTH - 2 * MARGIN) / COLUMNS;
  const heights = rowsOf(panels).map((row) => 40 + ROW * Math.max(...row.map(({ bars }) => bars.length)));
  const body = panels.map((panel, i) => {
    const row = Math.floor(i / COLUMNS);
    const top = HEAD + heights.slice(0, row).reduce((sum, height) => sum + height, 0);
    return bars(panel, MARGIN + (i % COLUMNS) * panelWidth, top, panelWidth);
  });
  const height = HEAD + heights.reduce((sum, height) => sum + height, 0) + FOOT;
  return document({ title, subtitle, notes, height, body });
}

/**
 * Renders lines over a common x axis. The y axis starts at zero.
 * @param series `{ label, points: [[x, y], ...] }`; the order determines the colours
 * @param xTicks `{ at, label }`
 */
export function linePlot({ title, subtitle, xLabel, yLabel, xTicks, series, notes }) {
  const [left, right] = [MARGIN + 56, WIDTH - MARGIN - LEGEND];
  const [top, bottom] = [HEAD + 20, HEAD + 20 + PLOT_HEIGHT];
  const all = series.flatMap(({ points }) => points);
  const [xMin, xMax] = [Math.min(...xTicks.map(({ at }) => at)), Math.max(...xTicks.map(({ at }) => at))];
  const ticks = ticksTo(Math.max(...all.map(([, y]) => y)));
  const x = (value) => round(left + ((value - xMin) / (xMax - xMin)) * (right - left));
  const y = (value) => round(bottom - (value / ticks.at(-1)) * (bottom - top));
  const body = [
    text(MARGIN, top - 12, yLabel, 'soft'),
    ...ticks.flatMap((tick) => [
      `<line class="grid" x1="${left}" y1="${y(tick)}" x2="${right}" y2="${y(tick)}"/>`,
      text(left - 8, y(tick) + 4, number(tick), 'soft', 'end'),
    ]),
    ...xTicks.map(({ at, label }) => text(x(at), bottom + 20, label, 'soft', 'middle')),
    text((left + right) / 2, bottom + 42, xLabel, 'soft', 'middle'),
    ...series.flatMap(({ label, points }, i) => [
      `<polyline class="line s${i}" points="${points.map(([px, py]) => `${x(px)},${y(py)}`).join(' ')}"/>`,
      `<line class="line s${i}" x1="${right + 16}" y1="${top + 8 + i * ROW}" x2="${right + 36}" y2="${top + 8 + i * ROW}"/>`,
      text(right + 42, top + 12 + i * ROW, label),
    ]),
  ];
  return document({ title, subtitle, notes, height: bottom + 50 + FOOT, body });
}

/** Round tick values from zero; the last is at or above `max`. */
export function ticksTo(max) {
  if (!(max > 0)) return [0, 1];
  const rough = max / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= rough) * power;
  const count = Math.ceil(max / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}

/** Formats a number with thousands separators and about three significant digits. */
export function number(value) {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0 });
}

function bars({ title, bars }, left, top, width) {
  const longest = Math.max(...bars.map(({ value }) => value ?? 0)) || 1;
  const room = width - LABEL - VALUE;
  return [
    text(left, top + 16, title, 'panel'),
    ...bars.flatMap(({ label, value, text: shown, isOwn }, i) => {
      const y = top + 26 + i * ROW;
      const length = round(((value ?? 0) / longest) * room);
      return [
        text(left, y + 14, label),
        `<rect class="bar${isOwn ? ' own' : ''}" x="${left + LABEL}" y="${y + 3}" width="${length}" height="${ROW - 7}" rx="2"/>`,
        text(round(left + LABEL + length + 6), y + 14, shown, 'soft'),
      ];
    }),
  ].join('\n');
}

function document({ title, subtitle, notes, height, body }) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escape(title)}">
<style>${STYLE}
</style>
<rect class="back" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="8"/>
${text(MARGIN, 36, title, 'title')}
${text(MARGIN, 58, subtitle, 'soft')}
${body.join('\n')}
${notes.map((note, i) => text(MARGIN, height - 16 - (notes.length - 1 - i) * 17, note, 'soft')).join('\n')}
</svg>
`;
}

function text(x, y, content, kind, anchor) {
  const attributes = [kind && ` class="${kind}"`, anchor && ` text-anchor="${anchor}"`].filter(Boolean).join('');
  return `<text x="${x}" y="${y}"${attributes}>${escape(content)}</text>`;
}

function escape(content) {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function round(value) {
  return Math.round(value * 10) / 10;
}

function rowsOf(panels) {
  return Array.from({ length: Math.ceil(panels.length / COLUMNS) }, (_, row) =>
    panels.slice(row * COLUMNS, (row + 1) * COLUMNS),
  );
}
