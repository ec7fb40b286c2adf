import { expect, it } from 'vitest';
import { ProblemReport } from '../../../lib/cluster/broker/problem-report.js';

it('reports one problem at a time, once', () => {
  const reported: (string | null)[] = [];
  const report = new ProblemReport<'a' | 'b'>();
  report.open({ received: () => {}, gap: () => {}, connection: (problem) => void reported.push(problem) });
  report.set('a', null);
  report.set('a', 'no a');
  report.set('a', 'no a');
  report.set('b', 'no b');
  report.set('a', null);
  expect(report.current).toBe('no b');
  report.set('b', null);
  expect(reported).toEqual(['no a', 'no b', null]);
  report.open(null);
  report.set('a', 'late');
  expect(reported).toHaveLength(3);
});
