/** Changes `dependencies` of package.json files, in place. */
import type { ProjectPackage } from '../project/project.js';
import { Edits } from '../source/edits.js';
import type { Workspace } from './workspace.js';

const SECTIONS = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'] as const;
const OURS = 'nest-socketio';
const PLATFORM = '@nestjs/platform-socket.io';

export interface PackageChange {
  readonly path: string;
  readonly text: string;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/**
 * @param isUsed whether a package of the project still imports a dependency
 * @param needsModule whether a package of the project imports `nest-socketio`
 */
export function changePackage(
  workspace: Workspace,
  { path, manifest }: ProjectPackage,
  version: string,
  isUsed: (dependency: string) => boolean,
  needsModule: boolean,
): PackageChange | null {
  const text = workspace.project.text(path);
  const edits = new Edits();
  const removed: string[] = [];
  const added: string[] = [];
  const isListed = SECTIONS.some((section) => manifest[section]?.[OURS] !== undefined);
  const gone = [PLATFORM, 'socket.io', '@types/socket.io'].filter((name) => !isUsed(name));
  const listed = new Set(SECTIONS.flatMap((section) => Object.keys(manifest[section] ?? {})));
  const hadEither = listed.has(PLATFORM) || listed.has('socket.io');
  let isAdded = isListed || !(needsModule || (hadEither && listed.has(PLATFORM)));
  for (const section of SECTIONS) {
    const body = sectionOf(text, section);
    if (body === null) continue;
    const names = gone.filter((name) => manifest[section]?.[name] !== undefined);
    const holdsPlatform = manifest[section]?.[PLATFORM] !== undefined || manifest[section]?.['socket.io'] !== undefined;
    const adds = !isAdded && (holdsPlatform || section === 'dependencies') && (holdsPlatform || !hadEither);
    if (names.length === 0 && !adds) continue;
    removed.push(...names);
    if (adds) {
      added.push(OURS);
      isAdded = true;
    }
    edits.replace(body.start, body.end, rewritten(body.text, names, adds ? `"^${version}"` : null));
  }
  return edits.isEmpty ? null : { path, text: edits.apply(text), removed, added };
}

/** The text between the braces of a section. */
function sectionOf(
  text: string,
  section: string,
): { readonly start: number; readonly end: number; readonly text: string } | null {
  const match = new RegExp(`"${section}"\\s*:\\s*\\{`).exec(text);
  if (match === null) return null;
  const start = match.index + match[0].length;
  const end = text.indexOf('}', start);
  return end === -1 ? null : { start, end, text: text.slice(start, end) };
}

/** Removes entries and inserts one with a version, at its place in the alphabet, with the white space of the others. */
function rewritten(body: string, removed: readonly string[], added: string | null): string {
  const entries = [...body.matchAll(/"((?:[^"\\]|\\.)*)"\s*:\s*"(?:[^"\\]|\\.)*"/g)].map(([text, name = '']) => ({
    name,
    text,
  }));
  const between = /^\s*/.exec(body)?.[0] ?? ' ';
  const after = /\s*$/.exec(body)?.[0] ?? ' ';
  const kept = entries.filter(({ name }) => !removed.includes(name));
  if (added !== null) {
    const index = kept.findIndex(({ name }) => name > OURS);
    const colon = /"(\s*:\s*)"/.exec(body)?.[1] ?? ': ';
    kept.splice(index === -1 ? kept.length : index, 0, { name: OURS, text: `"${OURS}"${colon}${added}` });
  }
  if (kept.length === 0) return '';
  return `${between}${kept.map(({ text }) => text).join(`,${between}`)}${after}`;
}
