import { describe, expect, it } from 'vitest';
import { WeightClasses } from '../../../lib/server/streams/weight-classes.js';

function crowd(...weights: number[]): { classes: WeightClasses<{ bytes: number }>; members: { bytes: number }[] } {
  const classes = new WeightClasses<{ bytes: number }>();
  const members = weights.map((bytes) => ({ bytes }));
  for (const member of members) classes.move(member, 0);
  return { classes, members };
}

describe('WeightClasses', () => {
  it('has no heavy member while it is empty', () => {
    expect(crowd().classes.heavy).toBeUndefined();
    expect(crowd(0).classes.heavy).toBeUndefined();
  });

  it('returns the first member of the highest class', () => {
    const { classes, members } = crowd(1, 1_024, 2_047, 700);
    expect(classes.heavy).toBe(members[1]);
  });

  it('finds a member with more than half of the weight of the heaviest one', () => {
    const weights = Array.from({ length: 200 }, (_, index) => ((index * 7_919) % 10_007) + 1);
    const { classes, members } = crowd(...weights);
    for (let left = weights.length; left > 0; left--) {
      const heavy = classes.heavy as { bytes: number };
      expect(heavy.bytes * 2).toBeGreaterThan(Math.max(...members.map(({ bytes }) => bytes)));
      const former = heavy.bytes;
      heavy.bytes = 0;
      classes.move(heavy, former);
    }
    expect(classes.heavy).toBeUndefined();
  });

  it('follows members that become heavier and lighter', () => {
    const { classes, members } = crowd(10, 100);
    const [light, heavy] = members as [{ bytes: number }, { bytes: number }];
    light.bytes = 1_000;
    classes.move(light, 10);
    expect(classes.heavy).toBe(light);
    light.bytes = 20;
    classes.move(light, 1_000);
    expect(classes.heavy).toBe(heavy);
  });
});
