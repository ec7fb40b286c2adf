/** The arithmetic of a result, and nothing else. */

/** @returns the one in the middle, or the mean of the two */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * The least value that at least `percent` of all values do not exceed (nearest rank).
 * @param sorted ascending
 */
export function percentile(sorted, percent) {
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
}

/** Divides round by round, so that what disturbed a round disturbs both; then the median. */
export function pairedRatio(values, base) {
  const ratios = values.flatMap((value, round) => (value === null || base[round] == null ? [] : [value / base[round]]));
  return ratios.length === 0 ? null : median(ratios);
}

/** Median and extremes; `null` of nothing. */
export function spread(values) {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return null;
  return { median: median(known), min: Math.min(...known), max: Math.max(...known) };
}

/** The list, beginning `by` places further on: so that everybody goes first once. */
export function rotated(list, by) {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
