/** Generates `docs/side-by-side.md` from the scenarios, whose results `test/compatibility` checks. */
import { ALL_SCENARIOS } from '../compatibility/all-scenarios.js';
import { NOT_COMPARED } from '../compatibility/not-compared.js';
import type { Scenario } from '../compatibility/scenario.js';

const all = [...ALL_SCENARIOS.values()].flat();
const different = all.filter((scenario) => scenario.different !== undefined);
const rows = new Set(all.flatMap(({ covers }) => covers));

/** Members, each after the object that has it: `io.engine.use`, `Socket.emit`. */
function membersOf({ covers }: Scenario): string {
  const named = new Map<string, string[]>();
  for (const row of covers) {
    const [section = '', member = ''] = row.split(': ');
    named.set(section, [...(named.get(section) ?? []), `\`${member}\``]);
  }
  return [...named].map(([section, members]) => `${section}: ${members.join(', ')}`).join('; ');
}

const resultOf = ({ different: difference }: Scenario): string =>
  difference === undefined ? 'same' : `different, because ${difference.because}`;

const table = (scenarios: readonly Scenario[]): string =>
  `| What happens | Members | Result |
| --- | --- | --- |
${scenarios.map((scenario) => `| ${scenario.name} | ${membersOf(scenario)} | ${resultOf(scenario)} |`).join('\n')}`;

function traces({ name, different: difference }: Scenario): string {
  const { because = '', theirs = [], ours = [] } = difference ?? {};
  return `### ${upperFirst(name)}

Different, because ${because}.

\`\`\`diff
${changes(theirs, ours).join('\n')}
\`\`\``;
}

/** The lines of both traces; the ones that only one of them has are marked. */
function changes(theirs: readonly string[], ours: readonly string[]): string[] {
  const lines: string[] = [];
  const rest = [...ours];
  for (const line of theirs) {
    const at = rest.indexOf(line);
    if (at === -1) lines.push(`- ${line}`);
    else
      lines.push(...rest.splice(0, at).map((added) => `+ ${added}`), ...rest.splice(0, 1).map((kept) => `  ${kept}`));
  }
  return [...lines, ...rest.map((added) => `+ ${added}`)];
}

const upperFirst = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export function sideBySidePage(): string {
  return `# Side by side with Socket.IO

A test runs ${all.length} small scenarios twice: on the server of \`socket.io\` 4.8 and on this one, with the same clients of \`socket.io-client\`, over WebSocket. The test records
line by line everything that the server and each client see: events and their order, arguments, acknowledgements, reasons, errors, rooms, answers to HTTP requests. The two traces must be
equal, except in the ${different.length} scenarios where this server differs on purpose. For those, the test holds both traces, and a change on either side fails it.

The scenarios cover ${rows.size} rows of [Compatibility](compatibility.md). "Same" means that both traces are equal, literally. Ids, ports and times are left out of the traces.

${[...ALL_SCENARIOS].map(([section, scenarios]) => `## ${section}\n\n${table(scenarios)}`).join('\n\n')}

## Not compared

${Object.entries(grouped(NOT_COMPARED))
  .map(([reason, members]) => `- ${members.map((row) => `\`${row.split(': ')[1]}\``).join(', ')}: ${reason}.`)
  .join('\n')}

## The differences, line by line

Lines with \`-\` come from Socket.IO only, lines with \`+\` from this server only.

${different.map(traces).join('\n\n')}
`;
}

function grouped(reasons: Readonly<Record<string, string>>): Record<string, string[]> {
  const groups: Record<string, string[]> = {};
  for (const [row, reason] of Object.entries(reasons)) (groups[reason] ??= []).push(row);
  return groups;
}
