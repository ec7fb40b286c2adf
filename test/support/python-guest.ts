/** Debian's Python client as a guest of a room: python_guest.py. */
import { fileURLToPath } from 'node:url';
import { later } from './nest-app.js';
import { start } from './process.js';
import { PYTHON } from './programs.mjs';
import type { Numbered } from './streams.js';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

/** The events and answers that the guest received over one connection. */
export interface Visit {
  /** The acknowledgement of `enter`. */
  readonly entered: unknown;
  readonly states: unknown[];
  readonly diffs: unknown[];
  readonly said: string[];
  readonly prices: [symbol: string, price: number][];
}

export interface Report {
  readonly visits: Visit[];
  /** The users in the room and their `meta`, in the end. */
  readonly users: Record<string, unknown>;
  readonly streams: { readonly values: Numbered[]; readonly end: unknown; readonly resumed: unknown[] }[];
  readonly refused: unknown;
}

/** Resolves with the report of the guest, which stays until the test is over. */
export function sendGuest(scenario: string, namespace: string, ...args: string[]): Promise<Report> {
  const program = start(PYTHON, ['-I', 'python_guest.py', scenario, namespace, ...args], /^\{.*\}\n/m, { cwd: FOLDER });
  later(() => program.stop());
  const report = program.printed.then(([line]) => JSON.parse(line) as Report);
  report.catch(() => {}); // a test may fail before it awaits it
  return report;
}
