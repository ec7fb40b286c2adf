import type { Check, Finding } from '../check.js';
import { isAtLeast, parseVersion } from '../version.js';

/** The files that name a version, and the lines in which they do. */
const PATTERNS: readonly (readonly [file: RegExp, line: RegExp])[] = [
  [/(?:^|\/)\.(?:nvmrc|node-version)$/, /^v?(\d[\d.]*)\s*$/],
  [/(?:^|\/)(?:[\w.-]+\.)?Dockerfile/i, /^FROM\s+(?:--\S+\s+)?(?:[\w./-]+\/)?node:(\d[\d.]*)/i],
];

/** As `engines` of package.json. Older versions of 22 cannot load ES modules from CommonJS. */
const DEMAND = 'Node must be 20.19+ or 22.12+';

/** The versions of Node: of this process, and those that the repository names for others. */
export const nodeVersion: Check = function* ({ nodeVersion, project }): Iterable<Finding> {
  if (isTooOld(nodeVersion)) {
    const message = `${DEMAND}, but this is ${nodeVersion}.`;
    yield { level: 'problem', message, fix: 'Install the current LTS release.' };
  }
  for (const [path, text] of project.files) {
    const pattern = PATTERNS.find(([file]) => file.test(path))?.[1];
    if (pattern === undefined) continue;
    for (const [index, line] of text.split('\n').entries()) {
      const version = pattern.exec(line)?.[1];
      if (version === undefined || !isTooOld(version)) continue;
      yield {
        level: 'problem',
        path,
        line: index + 1,
        message: `${DEMAND}, but this line says ${version}.`,
        fix: line.replace(version, '24').trim(),
      };
    }
  }
};

/** Whether a version does not meet the {@link DEMAND}. `20` stands for the latest 20. */
function isTooOld(text: string): boolean {
  const version = parseVersion(text.includes('.') ? text : `${text}.999`);
  if (version === null) return false;
  return version[0] === 20 ? !isAtLeast(version, [20, 19, 0]) : !isAtLeast(version, [22, 12, 0]);
}
