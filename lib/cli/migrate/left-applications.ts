/**
 * Applications that stay on `@nestjs/platform-socket.io` as a whole, because a person must replace their adapter first.
 * An application that is half migrated would neither compile nor start.
 */
import type { Workspace } from './workspace.js';
import type { Application } from '../source/applications.js';

export interface LeftApplications {
  /** Each with the file for which it is left: that of the adapter, or one that it shares with another that is left. */
  readonly applications: ReadonlyMap<Application, string>;
  /** The files that must not change, those of tests included. */
  readonly files: ReadonlySet<string>;
}

/** @param sites files that use an adapter which is not understood */
export function leftApplications(
  workspace: Workspace,
  all: readonly Application[],
  sites: readonly string[],
): LeftApplications {
  if (sites.length > 0 && all.length === 0)
    return { applications: new Map(), files: new Set(workspace.project.sources) };
  const left = new Map<Application, string>();
  const files = new Set<string>();
  const add = (application: Application, path: string): void => {
    left.set(application, path);
    for (const one of filesOf(workspace, application)) files.add(one);
  };
  for (const application of all) {
    const site = sites.find((path) => filesOf(workspace, application).has(path));
    if (site !== undefined) add(application, site);
  }
  if (left.size === 0) return { applications: left, files };
  for (let previous = 0; previous !== left.size;) {
    previous = left.size;
    for (const application of all.filter((one) => !left.has(one))) {
      const shared = [...filesOf(workspace, application)].find(
        (path) => files.has(path) && isMigrated(workspace, application, path),
      );
      if (shared !== undefined) add(application, shared);
    }
  }
  for (const path of filesAround(workspace, all, left, files)) files.add(path);
  return { applications: left, files };
}

function filesOf(workspace: Workspace, { main }: Application): Set<string> {
  return workspace.reachable(main.path);
}

/** Whether the migration of an application changes a file. */
function isMigrated(workspace: Workspace, { module }: Application, path: string): boolean {
  const isImporting = /['"`](?:socket\.io|@nestjs\/platform-socket\.io)['"`/]/.test(workspace.project.text(path));
  return module?.source.path === path || isImporting || workspace.source(path).isChanged;
}

/** The files that belong to no application, such as tests, and import a file that only left ones have. */
function filesAround(
  workspace: Workspace,
  all: readonly Application[],
  left: ReadonlyMap<Application, string>,
  files: ReadonlySet<string>,
): string[] {
  const migrated = new Set<string>();
  for (const application of all.filter((one) => !left.has(one))) {
    for (const path of filesOf(workspace, application)) migrated.add(path);
  }
  return workspace.project.sources.filter((path) => {
    if (files.has(path) || migrated.has(path)) return false;
    return (
      left.size === all.length || [...workspace.reachable(path)].some((one) => files.has(one) && !migrated.has(one))
    );
  });
}
