import type { Options, Stage } from './stage.js';

/** One comparison of the two servers. */
export interface Scenario {
  /** What happens, as a sentence of the page. */
  readonly name: string;
  /** The rows of `docs/compatibility.md` that it covers, as `Section: member`. */
  readonly covers: readonly string[];
  /** Options of the server. */
  readonly options?: Options;
  /** Uses no server of the stage, or starts it itself. */
  readonly startsItself?: true;
  readonly run: (stage: Stage) => Promise<void> | void;
  /** Where the two differ on purpose: the reason, and the trace of each. */
  readonly different?: {
    readonly because: string;
    readonly theirs: readonly string[];
    readonly ours: readonly string[];
  };
}
