/** A small curve of the latest rates. The number next to it says the same to screen readers. */

const SVG = 'http://www.w3.org/2000/svg';

/** The least number of values across the whole width: the first ones are no wider than later ones. */
const LEAST = 12;
const HEIGHT = 20;

/** Creates an empty curve. */
export function sparkline(style = ''): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', `spark ${style}`.trim());
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('aria-hidden', 'true');
  for (const part of ['fill', 'line']) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('class', part);
    svg.append(path);
  }
  return svg;
}

/** Draws values, the latest one at the right edge. */
export function draw(svg: SVGSVGElement, values: readonly number[]): void {
  const line = linePath(values);
  const [fill, stroke] = svg.children;
  const width = Math.max(values.length, LEAST) - 1;
  svg.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
  fill?.setAttribute('d', line === '' ? '' : `${line}V${HEIGHT}H${width + 1 - values.length}Z`);
  stroke?.setAttribute('d', line);
}

/** Returns the path of a curve from the bottom (0) to the top (the largest value). */
export function linePath(values: readonly number[]): string {
  if (values.length < 2) return '';
  const max = Math.max(...values, 1e-9);
  const start = Math.max(0, LEAST - values.length);
  return values
    .map((value, index) => `${index === 0 ? 'M' : 'L'}${start + index} ${height(value, max).toFixed(1)}`)
    .join('');
}

function height(value: number, max: number): number {
  return HEIGHT - 1 - (value / max) * (HEIGHT - 2);
}
