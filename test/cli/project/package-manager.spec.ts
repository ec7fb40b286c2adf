import { expect, it } from 'vitest';
import { packageManagerOf } from '../../../lib/cli/project/package-manager.js';
import { Project } from '../../../lib/cli/project/project.js';

it.each([
  ['package-lock.json', ['npm install', 'npm install', 'npm uninstall', 'npm dedupe']],
  ['pnpm-lock.yaml', ['pnpm install', 'pnpm add', 'pnpm remove', 'pnpm dedupe']],
  ['yarn.lock', ['yarn install', 'yarn add', 'yarn remove', 'yarn dedupe']],
  ['bun.lock', ['bun install', 'bun add', 'bun remove', 'bun update']],
])('the commands for a project with %s', (lock, commands) => {
  const { install, add, remove, dedupe } = packageManagerOf(new Project({ [lock]: '' }));
  expect([install, add, remove, dedupe]).toEqual(commands);
});
