import { describe, expect, it } from 'vitest';
import { barPlot, linePlot, number, ticksTo } from './svg.mjs';

/** The lines of a plot that start with `begin`. */
function lines(svg: string, begin: string): string[] {
  return svg.split('\n').filter((line) => line.startsWith(begin));
}

const HEAD = { title: 'CPU & more', subtitle: 'shorter is better', notes: ['2026-01-01 · 2 × CPU', 'ws <8>'] };

describe('barPlot', () => {
  const svg = barPlot({
    ...HEAD,
    panels: [
      {
        title: 'echo',
        bars: [
          { label: 'ours', value: 5, text: '5 (0.50)', isOwn: true },
          { label: 'theirs', value: 10, text: '10 (1.00)' },
          { label: 'other', value: null, text: 'failed' },
        ],
      },
    ],
  });

  it('draws bars from zero, as long as their values', () => {
    expect(lines(svg, '<rect class="bar')).toEqual([
      '<rect class="bar own" x="204" y="105" width="93" height="15" rx="2"/>',
      '<rect class="bar" x="204" y="127" width="186" height="15" rx="2"/>',
      '<rect class="bar" x="204" y="149" width="0" height="15" rx="2"/>',
    ]);
  });

  it('labels each bar on its left, and shows its value at its end', () => {
    expect(lines(svg, '<text x="24" y="1')).toEqual([
      '<text x="24" y="116">ours</text>',
      '<text x="24" y="138">theirs</text>',
      '<text x="24" y="160">other</text>',
    ]);
    expect(svg).toContain('<text x="303" y="116" class="soft">5 (0.50)</text>');
    expect(svg).toContain('<text x="210" y="160" class="soft">failed</text>');
  });

  it('escapes text, and ends with the notes', () => {
    expect(svg).toContain('<text x="24" y="36" class="title">CPU &amp; more</text>');
    expect(lines(svg, '<text').slice(-2)).toEqual([
      '<text x="24" y="201" class="soft">2026-01-01 · 2 × CPU</text>',
      '<text x="24" y="218" class="soft">ws &lt;8&gt;</text>',
    ]);
  });

  it('has its own background, for both colour schemes', () => {
    expect(lines(svg, '<rect class="back"')).toHaveLength(1);
    expect(svg).toContain('@media (prefers-color-scheme: dark)');
  });

  it('puts two panels next to each other', () => {
    const both = barPlot({
      ...HEAD,
      panels: ['a', 'b', 'c'].map((title) => ({ title, bars: [{ label: title, value: 1, text: '1' }] })),
    });
    expect(both.match(/<text x="\d+" y="\d+" class="panel">/g)).toEqual([
      '<text x="24" y="92" class="panel">',
      '<text x="480" y="92" class="panel">',
      '<text x="24" y="154" class="panel">',
    ]);
  });
});

describe('linePlot', () => {
  const svg = linePlot({
    ...HEAD,
    xLabel: 'connections',
    yLabel: 'µs',
    xTicks: [
      { at: 0, label: 'none' },
      { at: 10, label: 'ten' },
    ],
    series: [
      {
        label: 'ours',
        points: [
          [0, 0],
          [5, 20],
          [10, 50],
        ],
      },
      { label: 'theirs', points: [[10, 40]] },
    ],
  });

  it('draws each series over common axes, the y axis from zero', () => {
    expect(lines(svg, '<polyline')).toEqual([
      '<polyline class="line s0" points="80,416 398,288 716,96"/>',
      '<polyline class="line s1" points="716,160"/>',
    ]);
  });

  it('labels both axes and their ticks', () => {
    for (const label of ['connections', 'µs', 'none', 'ten', '0', '10', '20', '30', '40', '50']) {
      expect(svg).toContain(`>${label}</text>`);
    }
    expect(lines(svg, '<line class="grid"')).toHaveLength(6);
  });

  it('names each series next to its colour', () => {
    expect(svg).toContain('<line class="line s1" x1="732" y1="126" x2="752" y2="126"/>');
    expect(svg).toContain('<text x="758" y="130">theirs</text>');
  });
});

describe('ticksTo', () => {
  it.each([
    [1, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [7, [0, 2, 4, 6, 8]],
    [50, [0, 10, 20, 30, 40, 50]],
    [51, [0, 20, 40, 60]],
    [1234, [0, 500, 1000, 1500]],
    [0, [0, 1]],
  ])('of %d are %j', (max, expected) => {
    expect(ticksTo(max)).toEqual(expected);
  });
});

describe('number', () => {
  it.each([
    [0.126, '0.13'],
    [9.5, '9.5'],
    [63.46, '63.5'],
    [412.4, '412'],
    [12_551, '12,551'],
  ])('writes %d as %s', (value, expected) => {
    expect(number(value)).toBe(expected);
  });
});
