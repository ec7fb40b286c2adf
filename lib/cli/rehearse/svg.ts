/**
 * The frame of a plot in SVG. A plot has its own background and follows the reader's colour scheme, so that it fits on
 * any page. The same data always gives the same text.
 */
export interface Plot {
  readonly title: string;
  readonly subtitle: string;
  /** Lines at the foot. */
  readonly notes: readonly string[];
}

export const WIDTH = 960;
export const MARGIN = 24;
export const HEAD = 76; // title and subtitle
export const FOOT = 52; // two lines

const STYLE = `
  text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328 }
  .title { font-size: 18px; font-weight: 600 }
  .panel { font-weight: 600 }
  .soft { fill: #59636e; font-size: 12px }
  .back { fill: #ffffff; stroke: #d1d9e0 }
  .grid { stroke: #d1d9e0 }
  .span { fill: #ddf4ff }
  .bar { fill: #afb8c1 }
  .bar.own { fill: #0969da }
  .line { fill: none; stroke-width: 2 }
  .s0 { stroke: #0969da } .s1 { stroke: #bc4c00 } .s2 { stroke: #8250df } .s3 { stroke: #1a7f37 } .s4 { stroke: #9a6700 } .s5 { stroke: #bf3989 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .soft { fill: #9198a1 }
    .back { fill: #0d1117; stroke: #3d444d }
    .grid { stroke: #3d444d }
    .span { fill: #1f3a5f }
    .bar { fill: #656c76 }
    .bar.own { fill: #4493f8 }
    .s0 { stroke: #4493f8 } .s1 { stroke: #f0883e } .s2 { stroke: #ab7df8 } .s3 { stroke: #3fb950 } .s4 { stroke: #d29922 } .s5 { stroke: #db61a2 }
  }`;

/** Renders the frame with the title, and the elements in it. */
export function svgDocument({ title, subtitle, notes }: Plot, height: number, body: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(title)}">
<style>${STYLE}
</style>
<rect class="back" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="8"/>
${svgText(MARGIN, 36, title, 'title')}
${svgText(MARGIN, 58, subtitle, 'soft')}
${body.join('\n')}
${notes.map((note, i) => svgText(MARGIN, height - 16 - (notes.length - 1 - i) * 17, note, 'soft')).join('\n')}
</svg>
`;
}

/** @param kind a class of the style */
export function svgText(x: number, y: number, content: string, kind?: string, anchor?: string): string {
  const classes = kind === undefined ? '' : ` class="${kind}"`;
  const alignment = anchor === undefined ? '' : ` text-anchor="${anchor}"`;
  return `<text x="${x}" y="${y}"${classes}${alignment}>${escaped(content)}</text>`;
}

/** Rounds a coordinate. */
export function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
