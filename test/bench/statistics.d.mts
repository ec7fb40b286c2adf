export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function median(values: readonly number[]): number;
export function percentile(sorted: readonly number[], percent: number): number;
export function pairedRatio(values: readonly (number | null)[], base: readonly (number | null)[]): number | null;
export function spread(values: readonly (number | null)[]): Spread | null;
export function rotated<T>(list: readonly T[], by: number): T[];
