/** Renders bars in panels, and lines, as SVG. The frame and the lines are those of `npx nest-socketio rehearse`. */
import { FOOT, HEAD, MARGIN, rounded, svgDocument, svgText, WIDTH } from '../../../dist/cli/rehearse/svg.js';

export { linePlot, number, ticksTo } from '../../../dist/cli/rehearse/line-plot.js';

const COLUMNS = 2;
const ROW = 22; // one bar
const LABEL = 180; // to the left of a bar
const VALUE = 90; // to the right of the longest bar

/**
 * Renders panels of horizontal bars. Each panel has its own scale, which starts at zero.
 * @param panels `{ title, bars: [{ label, value, text, isOwn }] }`; a bar with the value `null` shows only its text
 * @param notes lines at the foot
 */
export function barPlot({ panels, ...plot }) {
  const panelWidth = (WIDTH - 2 * MARGIN) / COLUMNS;
  const heights = rowsOf(panels).map((row) => 40 + ROW * Math.max(...row.map(({ bars }) => bars.length)));
  const body = panels.map((panel, i) => {
    const row = Math.floor(i / COLUMNS);
    const top = HEAD + heights.slice(0, row).reduce((sum, height) => sum + height, 0);
    return bars(panel, MARGIN + (i % COLUMNS) * panelWidth, top, panelWidth);
  });
  const height = HEAD + heights.reduce((sum, height) => sum + height, 0) + FOOT;
  return svgDocument(plot, height, body);
}

function bars({ title, bars }, left, top, width) {
  const longest = Math.max(...bars.map(({ value }) => value ?? 0)) || 1;
  const room = width - LABEL - VALUE;
  return [
    svgText(left, top + 16, title, 'panel'),
    ...bars.flatMap(({ label, value, text: shown, isOwn }, i) => {
      const y = top + 26 + i * ROW;
      const length = rounded(((value ?? 0) / longest) * room);
      return [
        svgText(left, y + 14, label),
        `<rect class="bar${isOwn ? ' own' : ''}" x="${left + LABEL}" y="${y + 3}" width="${length}" height="${ROW - 7}" rx="2"/>`,
        svgText(rounded(left + LABEL + length + 6), y + 14, shown, 'soft'),
      ];
    }),
  ].join('\n');
}

function rowsOf(panels) {
  return Array.from({ length: Math.ceil(panels.length / COLUMNS) }, (_, row) =>
    panels.slice(row * COLUMNS, (row + 1) * COLUMNS),
  );
}
