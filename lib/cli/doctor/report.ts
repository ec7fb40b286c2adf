import type { NamedFinding } from './examine.js';

/** Returns the findings as text: for each its place, what is wrong, and the line to change. */
export function textReport(findings: readonly NamedFinding[]): string {
  const problems = findings.filter(({ level }) => level === 'problem').length;
  const blocks = findings.map(({ level, path, line, message, fix }) => {
    const place = path === undefined ? '' : `${path}${line === undefined ? '' : `:${line}`} `;
    return `${place}${level}\n  ${message}\n  → ${fix}\n\n`;
  });
  const summary = `${count(problems, 'problem')}, ${count(findings.length - problems, 'hint')}`;
  return `${blocks.join('')}${findings.length === 0 ? 'No problems found.' : summary}\n`;
}

/** Returns the findings as a JSON array. */
export function jsonReport(findings: readonly NamedFinding[]): string {
  return `${JSON.stringify(findings, null, 2)}\n`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
