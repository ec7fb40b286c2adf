import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Command, type CommandContext, EXIT, UsageError } from '../command.js';
import { loadTypeScriptOf } from '../load-typescript.js';
import type { Project, ProjectPackage } from '../project/project.js';
import { readProject } from '../project/read-project.js';
import { Sources } from '../source/sources.js';
import type { Peer } from './check.js';
import { examine } from './examine.js';
import { Installation } from './installation.js';
import { jsonReport, textReport } from './report.js';

const HELP = `Usage: npx nest-socketio doctor [folder] [--json]

Looks for mistakes in an application: versions, leftovers of @nestjs/platform-socket.io, clients that start with long
polling, origins, proxies and brokers. Prints each with its file and the line to change, and changes nothing.

  folder    the application or monorepo (default: the current folder)
  --json    print the findings as a JSON array: check, level, path, line, message, fix

The exit code is 1 if there is a problem, and 0 if there are only hints or none.
`;

export const doctorCommand: Command = {
  summary: 'looks for mistakes in an application, and names the lines to change',
  help: HELP,
  run: async ({ args, cwd, out }: CommandContext) => {
    const { folder, json } = parse(args);
    const root = resolve(cwd, folder);
    const project = await readProject(root);
    const findings = examine({
      project,
      sources: new Sources(loadTypeScriptOf(root, project), project),
      installation: new Installation(root),
      packages: packagesWithUs(project),
      peers: await readPeers(),
      nodeVersion: process.versions.node,
    });
    out.write(json ? jsonReport(findings) : textReport(findings));
    return findings.some(({ level }) => level === 'problem') ? EXIT.attention : EXIT.done;
  },
};

/** Returns the packages that depend on nest-socketio. */
export function packagesWithUs(project: Project): ProjectPackage[] {
  return project.packages.filter(({ manifest: { dependencies, devDependencies, peerDependencies } }) =>
    [dependencies, devDependencies, peerDependencies].some((names) => names?.['nest-socketio'] !== undefined),
  );
}

/** Reads the peers from the package.json of this package. */
async function readPeers(): Promise<Record<string, Peer>> {
  const manifest = await readFile(new URL('../../../package.json', import.meta.url), 'utf8');
  const { peerDependencies, peerDependenciesMeta: meta } = JSON.parse(manifest) as {
    readonly peerDependencies: Readonly<Record<string, string>>;
    readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>;
  };
  const peers = Object.entries(peerDependencies);
  return Object.fromEntries(peers.map(([name, range]) => [name, { range, isOptional: meta[name]?.optional === true }]));
}

/** @throws UsageError */
function parse(args: readonly string[]): { folder: string; json: boolean } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { json: { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    if (positionals.length > 1) throw new Error(`Expected one folder, got ${positionals.join(' ')}.`);
    return { folder: positionals[0] ?? '.', json: values.json };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
