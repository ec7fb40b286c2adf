import { describe, expect, it } from 'vitest';
import { linePlot, number, ticksTo } from '../../../lib/cli/rehearse/line-plot.js';

/** The lines of a plot that start with `begin`. */
function lines(svg: string, begin: string): string[] {
  return svg.split('\n').filter((line) => line.startsWith(begin));
}

const HEAD = { title: 'CPU & more', subtitle: 'shorter is better', notes: [] };

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

describe('linePlot with spans', () => {
  it('marks them behind the lines', () => {
    const svg = linePlot({
      ...HEAD,
      xLabel: 'seconds',
      yLabel: 'clients',
      xTicks: [
        { at: 0, label: '0' },
        { at: 10, label: '10' },
      ],
      series: [{ label: 'connected', points: [[0, 1]] }],
      spans: [
        { from: 2, to: 4, label: 'one' },
        { from: 5, to: 5, label: 'two' },
      ],
    });
    expect(lines(svg, '<rect class="span"')).toEqual([
      '<rect class="span" x="207.2" y="96" width="127.2" height="320"/>',
      '<rect class="span" x="398" y="96" width="2" height="320"/>',
    ]);
    expect(svg).toContain('>one</text>');
    expect(svg.indexOf('class="span"')).toBeLessThan(svg.indexOf('<polyline'));
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
