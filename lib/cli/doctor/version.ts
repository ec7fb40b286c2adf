/** Versions and the ranges in which package.json files state them: as much of them as the checks need. */

type Version = readonly [major: number, minor: number, patch: number];

/** Returns the numbers in `12`, `12.1` or `12.1.0-rc.1`; `null` for anything else. */
export function parseVersion(text: string): Version | null {
  const match = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:[-+].*)?$/.exec(text.trim());
  return match === null ? null : [Number(match[1]), Number(match[2] ?? 0), Number(match[3] ?? 0)];
}

/** Whether a version is not older than another one. */
export function isAtLeast(version: Version, minimum: Version): boolean {
  const index = version.findIndex((part, i) => part !== minimum[i]);
  return index === -1 || (version[index] as number) > (minimum[index] as number);
}

/**
 * Whether a version is in a range of alternatives such as `^0.1.12 || ^0.2.0` or `>=5`. A version or a range of another
 * form counts as satisfied, since nothing can be said about it.
 */
export function satisfies(version: string, range: string): boolean {
  const given = parseVersion(version);
  return given === null || range.split('||').some((alternative) => isInAlternative(given, alternative.trim()));
}

function isInAlternative(version: Version, alternative: string): boolean {
  const [, operator, rest = ''] = /^(\^|>=)\s*(.*)$/.exec(alternative) ?? [];
  const minimum = parseVersion(rest);
  if (operator === undefined || minimum === null) return true;
  if (!isAtLeast(version, minimum)) return false;
  if (operator === '>=') return true;
  const [major, minor] = minimum;
  return version[0] === major && (major > 0 || version[1] === minor);
}

/** Returns the lowest major version in a range such as `^2.4.0` or `3.x`; `null` for a range of another form. */
export function majorOf(range: string): number | null {
  const major = /^[\^~>=v\s]*(\d+)/.exec(range)?.[1];
  return major === undefined ? null : Number(major);
}
