import { majorOf, satisfies } from '../version.js';
import type { Project, ProjectPackage } from '../../project/project.js';
import type { Check, Facts, Finding } from '../check.js';
import { packageManagerOf } from '../../project/package-manager.js';

const US = 'nest-socketio';
const CLIENT = 'socket.io-client';

/** nest-socketio itself and its peers: declared, installed, and in versions that work together. */
export const peers: Check = function* (facts): Iterable<Finding> {
  const { packages, installation, project } = facts;
  const { install, add } = packageManagerOf(project);
  if (packages.length === 0) {
    const message = `"${US}" must be a dependency of the application, but no package.json names it.`;
    yield { level: 'problem', path: 'package.json', message, fix: `${add} ${US} @nestjs/websockets` };
  }
  for (const owner of packages) {
    const { path, folder, manifest } = owner;
    if (installation.find(US, folder) === null) {
      yield {
        level: 'hint',
        path,
        message: `${US} is not installed, so only package.json is checked.`,
        fix: install,
      };
      yield* declared(facts, owner);
    } else {
      yield* installed(facts, owner);
    }
    if (manifest.dependencies?.['@nestjs/websockets'] === undefined && importsDecorators(project.files)) {
      const message = '@nestjs/websockets must be a dependency, since gateways import it, but package.json lacks it.';
      yield { level: 'hint', path, message, fix: `${add} @nestjs/websockets` };
    }
  }
  yield* oldClients(facts);
};

/** Compares the major versions of Nest in package.json. */
function* declared({ peers, project }: Facts, { path, manifest }: ProjectPackage): Iterable<Finding> {
  for (const [name, { range }] of Object.entries(peers)) {
    const given = manifest.dependencies?.[name];
    if (!name.startsWith('@nestjs/') || given === undefined) continue;
    if (majorOf(given) === null || majorOf(given) === majorOf(range)) continue;
    yield mismatch(project, path, name, range, `${name} must be ${range}, but package.json says ${given}.`);
  }
}

/** Compares the versions that are installed. */
function* installed({ peers, installation, project }: Facts, { path, folder }: ProjectPackage): Iterable<Finding> {
  for (const [name, { range, isOptional }] of Object.entries(peers)) {
    if (name === CLIENT) continue;
    const found = installation.find(name, folder);
    if (found === null && !isOptional) {
      yield mismatch(project, path, name, range, `${name} ${range} must be installed, but it is not.`);
    } else if (found !== null && !satisfies(found.version, range)) {
      yield mismatch(project, path, name, range, `${name} must be ${range}, but ${found.version} is installed.`);
    }
  }
}

function mismatch(project: Project, path: string, name: string, range: string, message: string): Finding {
  return { level: 'problem', path, message, fix: `${packageManagerOf(project).add} ${name}@${quoted(range)}` };
}

/** Clients of Socket.IO 2 are not served. A front end may be a package of its own. */
function* oldClients({ project }: Facts): Iterable<Finding> {
  for (const { path, manifest } of project.packages) {
    const range = { ...manifest.devDependencies, ...manifest.dependencies }[CLIENT];
    const major = range === undefined ? null : majorOf(range);
    if (major === null || major >= 3) continue;
    const message = `${CLIENT} must be version 4 (3 works, too), but package.json says ${range}.`;
    yield { level: 'problem', path, message, fix: `${packageManagerOf(project).add} ${CLIENT}@4` };
  }
}

/** A range with spaces or operators, for a shell. */
function quoted(range: string): string {
  return /^[\w.^~-]+$/.test(range) ? range : `"${range}"`;
}

function importsDecorators(files: ReadonlyMap<string, string>): boolean {
  return [...files].some(([path, text]) => path.endsWith('.ts') && /from\s*['"]@nestjs\/websockets['"]/.test(text));
}
