/** The text after the diff: what was done, and what is left. */
import { packageManagerOf } from '../project/package-manager.js';
import type { Project } from '../project/project.js';
import type { Migration } from './migration.js';
import type { Remark } from './workspace.js';

export function summaryOf(project: Project, migration: Migration, isDry: boolean): string {
  const { changes, decisions, clients, packages } = migration;
  if (changes.length === 0 && decisions.length === 0 && clients.length === 0) {
    return 'Nothing to migrate: no file uses socket.io or @nestjs/platform-socket.io.\n';
  }
  const parts: string[] = [];
  const count = changes.length === 1 ? '1 file' : `${changes.length} files`;
  if (changes.length === 0) parts.push('No file needs a change.');
  else parts.push(isDry ? `${count} would change (--dry-run: nothing was written).` : `${count} changed.`);
  if (packages.length > 0) {
    const names = packages.map(({ path }) => path).join(', ');
    parts.push(
      `${isDry ? 'Then run' : 'Run'} "${packageManagerOf(project).install}", because of the changes to ${names}.`,
    );
  }
  if (decisions.length > 0) parts.push(`To decide:\n${listed(decisions)}`);
  if (clients.length > 0) {
    parts.push(
      'These clients start with long polling, which is not served. ' +
        `Set transports: ['websocket'] in each:\n${listed(clients)}`,
    );
  }
  return `\n${parts.join('\n\n')}\n`;
}

function listed(remarks: readonly Remark[]): string {
  return remarks.map(({ path, line, text }) => `  ${path}:${line}  ${text}`).join('\n');
}
