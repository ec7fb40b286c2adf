import type { Check, Facts, Finding } from '../check.js';
import { isAtLeast, parseVersion } from '../version.js';

/** The files that name a version, and the lines in which they do. */
const PATTERNS: readonly (readonly [file: RegExp, line: RegExp])[] = [
  [/(?:^|\/)\.(?:nvmrc|node-version)$/, /^v?(\d[\d.]*)\s*$/],
  [/(?:^|\/)(?:[\w.-]+\.)?Dockerfile/i, /^FROM\s+(?:--\S+\s+)?(?:[\w./-]+\/)?node:(\d[\d.]*)/i],
];

/** The versions of Node: of this process, and those that the repository names for others. */
export const nodeVersion: Check = function* (facts): Iterable<Finding> {
  const { nodeVersion, project } = facts;
  const own = demandOn(nodeVersion, facts);
  if (own !== null) {
    yield { level: 'problem', message: `${own}, but this is ${nodeVersion}.`, fix: 'Install the current LTS release.' };
  }
  for (const [path, text] of project.files) {
    const pattern = PATTERNS.find(([file]) => file.test(path))?.[1];
    if (pattern === undefined) continue;
    for (const [index, line] of text.split('\n').entries()) {
      const version = pattern.exec(line)?.[1];
      const demand = version === undefined ? null : demandOn(version, facts);
      if (version === undefined || demand === null) continue;
      yield {
        level: 'problem',
        path,
        line: index + 1,
        message: `${demand}, but this line says ${version}.`,
        fix: line.replace(version, '24').trim(),
      };
    }
  }
};

/** What a version does not fulfil. `20` stands for the latest 20. */
function demandOn(text: string, { packages }: Facts): string | null {
  const version = parseVersion(text.includes('.') ? text : `${text}.999`);
  if (version === null) return null;
  if (!isAtLeast(version, [20, 19, 0])) return 'Node must be 20.19 or later';
  const canRequire = version[0] === 20 || isAtLeast(version, [22, 12, 0]);
  const isCommonJs = packages.some(({ manifest }) => manifest.type !== 'module');
  return isCommonJs && !canRequire ? 'Node must be 20.19, 22.12 or later to load ES modules from CommonJS' : null;
}
