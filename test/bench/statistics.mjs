/** The arithmetic of results. */

/** @returns the middle value, or the mean of the two middle values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * The smallest value that is at least as large as `percent` of all values (nearest rank).
 * @param sorted ascending
 */
export function percentile(sorted, percent) {
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
}

/** The median of the ratios of all rounds. Noise in a round affects both sides of its ratio and mostly cancels out. */
export function pairedRatio(values, base) {
  const ratios = values.flatMap((value, round) => (value === null || base[round] == null ? [] : [value / base[round]]));
  return ratios.length === 0 ? null : median(ratios);
}

/** The median and the extremes, or `null` if no value is known. */
export function spread(values) {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return null;
  return { median: median(known), min: Math.min(...known), max: Math.max(...known) };
}

/** The list rotated by `by` places, so that every element can be first once. */
export function rotated(list, by) {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
