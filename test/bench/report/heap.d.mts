import type { CensusRow } from '../counts.mjs';

export type Census = ReadonlyMap<string, { readonly count: number; readonly bytes: number }>;

export interface Snapshot {
  readonly snapshot: {
    readonly meta: {
      readonly node_fields: readonly string[];
      readonly node_types: readonly (string | readonly string[])[];
    };
  };
  readonly nodes: readonly number[];
  readonly strings: readonly string[];
}

export function censusOf(snapshot: Snapshot): Census;
export function censusPer(connections: number, before: Census, after: Census, atLeast?: number): CensusRow[];
