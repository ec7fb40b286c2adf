/** The distribution of durations, in ms. */
export interface Distribution {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Returns `null` for an empty list. */
export function distributionOf(values: readonly number[]): Distribution | null {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).toSorted();
  const at = (percent: number) =>
    Math.round(sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] as number);
  return { p50: at(50), p99: at(99), max: at(100) };
}
