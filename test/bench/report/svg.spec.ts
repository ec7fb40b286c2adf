import { describe, expect, it } from 'vitest';
import { barPlot } from './svg.mjs';

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
