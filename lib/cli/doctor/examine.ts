import type { Facts, Finding } from './check.js';
import { CHECKS } from './checks.js';

/** A finding with the name of the check that made it. */
export interface NamedFinding extends Finding {
  readonly check: string;
}

/** Runs all checks. @returns the problems first, then the hints, each in the order of the checks */
export function examine(facts: Facts): NamedFinding[] {
  const findings: NamedFinding[] = [];
  for (const [check, find] of Object.entries(CHECKS)) {
    for (const finding of find(facts)) findings.push({ check, ...finding });
  }
  return [...findings.filter(({ level }) => level === 'problem'), ...findings.filter(({ level }) => level === 'hint')];
}
