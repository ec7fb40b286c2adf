import { expect, it } from 'vitest';
import { Traffic } from '../../../lib/engine/metrics/traffic.js';

it('counts refused handshakes by code, and the durations of connections by the reason of their end', () => {
  const traffic = new Traffic();
  traffic.refuse(4);
  traffic.refuse(4);
  traffic.refuse(0);
  traffic.closed('transport close', 500);
  traffic.closed('transport close', 61_000);
  traffic.closed('ping timeout', 45_000);
  expect([...traffic.refused]).toEqual([
    [4, 2],
    [0, 1],
  ]);
  expect([...traffic.durations].map(([reason, { count, sum }]) => [reason, count, sum])).toEqual([
    ['transport close', 2, 61.5],
    ['ping timeout', 1, 45],
  ]);
});
