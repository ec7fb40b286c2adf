export const GROWTH: number;

export interface Memory {
  readonly heapUsed: number;
  readonly external: number;
  readonly rss: number;
  /** The number of connections. */
  readonly clients: number;
}

/** The results of a soak. A program that has ended has no state. */
export interface Results {
  readonly wasInterrupted: boolean;
  readonly crash: string | null;
  readonly base: Memory | null;
  readonly end: Memory | null;
  readonly server: { readonly escaped: readonly string[]; readonly logged: readonly string[] } | null;
  readonly healthy: {
    readonly counts: Readonly<Record<string, number>>;
    readonly heard: number;
    readonly answered: number;
    readonly sessions: number;
    readonly recovered: number;
  } | null;
  readonly bad: { readonly acts: Readonly<Record<string, { readonly done: number }>> } | null;
  readonly kinds: readonly string[];
}

export interface Check {
  readonly name: string;
  readonly passed: boolean;
  readonly found: string;
}

export function judge(results: Results): Check[];
