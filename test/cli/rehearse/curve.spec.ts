import { describe, expect, it } from 'vitest';
import { connectedOver, curveChart } from '../../../lib/cli/rehearse/curve.js';
import type { Outage } from '../../../lib/cli/rehearse/talker.js';

const outage = (from: number, to: number | null): Outage => ({ from, to, reason: 'transport close', recovered: true });
const client = (...outages: Outage[]) => ({ outages });

describe('connectedOver', () => {
  it('has a point for each change, and one at the end', () => {
    const clients = [client(outage(2_000, 3_000)), client(outage(2_000, 3_500), outage(4_000, null)), client()];
    expect(connectedOver(clients, 1_000, 6_000)).toEqual([
      [0, 3],
      [1, 1],
      [2, 2],
      [2.5, 3],
      [3, 2],
      [5, 2],
    ]);
  });

  it('begins with the start', () => {
    expect(connectedOver([client(outage(500, 800))], 1_000, 2_000)).toEqual([
      [0, 1],
      [1, 1],
    ]);
  });

  it('keeps the lowest of each part if there are too many changes', () => {
    const clients = Array.from({ length: 2_000 }, (_, i) => client(outage(1_000 + i, 5_000 + i)));
    const curve = connectedOver(clients, 0, 10_000);
    expect(curve).toHaveLength(1_001);
    expect(Math.min(...curve.map(([, count]) => count))).toBe(0);
    expect([curve[0], curve.at(-1)]).toEqual([
      [0, 2_000],
      [10, 2_000],
    ]);
  });
});

describe('curveChart', () => {
  it('draws the lowest of each column', () => {
    const chart = curveChart(
      [
        [0, 8],
        [3, 0],
        [3.01, 4],
        [5, 8],
        [6, 8],
      ],
      8,
    );
    const full = '█'.repeat(30);
    expect(chart).toEqual([
      `8 │${full}${' '.repeat(20)}██████████`,
      ...Array<string>(3).fill(`  │${full}${' '.repeat(20)}██████████`),
      ...Array<string>(3).fill(`  │${full} ${'█'.repeat(29)}`),
      `0 │${full} ${'█'.repeat(29)}`,
      `  └${'─'.repeat(60)}`,
      `   0${' '.repeat(54)}6.0 s`,
    ]);
  });

  it('draws parts of a row', () => {
    expect(curveChart([[0, 1]], 64)[7]).toBe(` 0 │${'▁'.repeat(60)}`);
  });
});
