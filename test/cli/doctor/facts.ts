import ts from 'typescript';
import type { Check, Facts, Finding } from '../../../lib/cli/doctor/check.js';
import { packagesWithUs } from '../../../lib/cli/doctor/doctor.command.js';
import { Installation } from '../../../lib/cli/doctor/installation.js';
import { Sources } from '../../../lib/cli/source/sources.js';
import { Project } from '../../../lib/cli/project/project.js';

/** The folder of the project in memory. */
const ROOT = '/app';

export const MANIFEST = '{ "type": "module", "dependencies": { "nest-socketio": "^1.0.0" } }';

/** An application in memory, and what is around it. */
export interface Scene {
  /** The files by path. A package.json that depends on nest-socketio is added. */
  readonly files?: Readonly<Record<string, string>>;
  /** The package.json files of installed packages, by the path of their folder: `node_modules/ws`. */
  readonly installed?: Readonly<Record<string, object>>;
  /** Real folders by path, for symbolic links. */
  readonly links?: Readonly<Record<string, string>>;
  readonly nodeVersion?: string;
}

const PEERS: Facts['peers'] = {
  '@nestjs/core': { range: '^12.0.0', isOptional: false },
  'reflect-metadata': { range: '^0.1.12 || ^0.2.0', isOptional: false },
  '@msgpack/msgpack': { range: '^3.0.0', isOptional: true },
  'socket.io-client': { range: '^4.0.0', isOptional: true },
};

export function factsOf({ files = {}, installed = {}, links = {}, nodeVersion = '24.1.0' }: Scene): Facts {
  const project = new Project({ 'package.json': MANIFEST, ...files });
  const installation = new Installation(ROOT, {
    read: (path) => {
      const manifest = installed[path.replace(/^\/app\/(.*)\/package\.json$/, '$1')];
      return manifest === undefined ? null : JSON.stringify(manifest);
    },
    real: (path) => (path.startsWith('/app/') ? `/app/${links[path.slice(5)] ?? path.slice(5)}` : path),
  });
  return {
    project,
    sources: new Sources(ts, project),
    installation,
    packages: packagesWithUs(project),
    peers: PEERS,
    nodeVersion,
  };
}

/** Returns what a check finds. */
export function findingsOf(check: Check, scene: Scene): Finding[] {
  return [...check(factsOf(scene))];
}

/** Returns what a check finds, one line each: `src/main.ts:3 problem: what is wrong → the fix`. */
export function linesOf(check: Check, scene: Scene): string[] {
  return findingsOf(check, scene).map(({ level, path = '', line = '', message, fix }) => {
    return `${path}${line === '' ? '' : `:${line}`} ${level}: ${message} → ${fix}`;
  });
}
