import type { Check, Finding } from '../check.js';
import { isAtLeast, parseVersion } from '../version.js';

const NEEDED = 'Node must be 20.19 or later';

/** The versions of Node: of this process, and those that the repository names for others. */
export const nodeVersion: Check = function* ({ nodeVersion, project }): Iterable<Finding> {
  if (isTooOld(nodeVersion)) {
    yield {
      level: 'problem',
      message: `${NEEDED}, but this is ${nodeVersion}.`,
      fix: 'Install the current LTS release.',
    };
  }
  for (const [path, text] of project.files) {
    for (const [index, line] of text.split('\n').entries()) {
      const version = versionIn(path, line);
      if (version === undefined || !isTooOld(version)) continue;
      yield {
        level: 'problem',
        path,
        line: index + 1,
        message: `${NEEDED}, but this line says ${version}.`,
        fix: line.replace(version, '24').trim(),
      };
    }
  }
};

/** The version in a line of a Dockerfile or of `.nvmrc`. */
function versionIn(path: string, line: string): string | undefined {
  if (/(?:^|\/)\.(?:nvmrc|node-version)$/.test(path)) return /^v?(\d[\d.]*)\s*$/.exec(line)?.[1];
  if (!/(?:^|\/)(?:[\w.-]+\.)?Dockerfile/i.test(path)) return undefined;
  return /^FROM\s+(?:--\S+\s+)?(?:[\w./-]+\/)?node:(\d[\d.]*)/i.exec(line)?.[1];
}

/** `20` stands for the latest 20, so it is not too old. */
function isTooOld(text: string): boolean {
  const version = parseVersion(text);
  if (version === null) return false;
  return text.includes('.') ? !isAtLeast(version, [20, 19, 0]) : version[0] < 20;
}
