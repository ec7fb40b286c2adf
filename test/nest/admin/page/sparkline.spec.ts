/** The curves of the admin page. */
import { expect, it } from 'vitest';
import { linePath } from '../../../../lib/nest/admin/page/sparkline.js';

it('a curve ends at the right edge and rises to its largest value', () => {
  expect(linePath([])).toBe('');
  expect(linePath([5])).toBe('');
  expect(linePath([0, 10, 5])).toBe('M9 19.0L10 1.0L11 10.0');
  expect(linePath([0, 0])).toBe('M10 19.0L11 19.0');
  const full = linePath(Array.from({ length: 60 }, (_, index) => index));
  expect(full.startsWith('M0 19.0')).toBe(true);
  expect(full.endsWith('L59 1.0')).toBe(true);
});
