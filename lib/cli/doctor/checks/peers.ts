import { majorOf, satisfies } from '../version.js';
import type { Check, Finding } from '../check.js';

const US = 'nest-socketio';

/** nest-socketio itself and its peers: declared, installed, and in versions that work together. */
export const peers: Check = function* ({ packages, installation, project }): Iterable<Finding> {
  if (packages.length === 0) {
    const message = `"${US}" must be a dependency of the application, but no package.json names it.`;
    yield { level: 'problem', path: 'package.json', message, fix: `npm install ${US} @nestjs/websockets` };
  }
  for (const { path, folder, manifest } of packages) {
    const us = installation.find(US, folder);
    if (us === null) {
      const message = `${US} is not installed, so the versions of its peers are not checked.`;
      yield { level: 'hint', path, message, fix: 'npm install' };
      continue;
    }
    for (const [name, range] of Object.entries(us.peerDependencies)) {
      if (name === 'socket.io-client') continue; // see below
      const found = installation.find(name, folder);
      if (found === null && !us.optionalPeers.includes(name)) {
        const message = `${name} ${range} must be installed, but it is not.`;
        yield { level: 'problem', path, message, fix: `npm install ${name}@${quoted(range)}` };
      } else if (found !== null && !satisfies(found.version, range)) {
        const message = `${name} must be ${range}, but ${found.version} is installed.`;
        yield { level: 'problem', path, message, fix: `npm install ${name}@${quoted(range)}` };
      }
    }
    if (manifest.dependencies?.['@nestjs/websockets'] === undefined && importsDecorators(project.files)) {
      const message =
        '@nestjs/websockets must be a dependency, since gateways import from it, but package.json lacks it.';
      yield { level: 'hint', path, message, fix: 'npm install @nestjs/websockets' };
    }
  }
  for (const { path, manifest } of project.packages) {
    const range = { ...manifest.devDependencies, ...manifest.dependencies }['socket.io-client'];
    const major = range === undefined ? null : majorOf(range);
    if (major === null || major >= 3) continue;
    const message = `socket.io-client must be version 4 (3 works, too), but package.json says ${range}.`;
    yield { level: 'problem', path, message, fix: 'npm install socket.io-client@4' };
  }
};

/** A range with spaces or operators, for a shell. */
function quoted(range: string): string {
  return /^[\w.^~-]+$/.test(range) ? range : `"${range}"`;
}

function importsDecorators(files: ReadonlyMap<string, string>): boolean {
  return [...files].some(([path, text]) => path.endsWith('.ts') && /from\s*['"]@nestjs\/websockets['"]/.test(text));
}
