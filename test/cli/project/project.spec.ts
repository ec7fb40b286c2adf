import { describe, expect, it } from 'vitest';
import { Project } from '../../../lib/cli/project/project.js';

const project = new Project({
  'src/main.ts': 'main',
  'src/types.d.ts': '',
  'package.json': '{ "name": "root" }',
  'apps/chat/package.json': '\uFEFF{ "name": "chat" }',
  'apps/chat/src/main.mts': '',
  'templates/package.json': '{ "name": {{name}} }',
  'index.html': '',
});

describe('Project', () => {
  it('knows its sources, in order', () => {
    expect(project.sources).toEqual(['apps/chat/src/main.mts', 'src/main.ts']);
    expect(project.text('src/main.ts')).toBe('main');
    expect([project.has('index.html'), project.text('nothing.ts')]).toEqual([true, '']);
  });

  it('assigns each file to the nearest package that can be read', () => {
    const names = ['src/main.ts', 'apps/chat/src/main.mts', 'templates/a.ts'].map(
      (path) => project.packageOf(path)?.manifest.name,
    );
    expect(names).toEqual(['root', 'chat', 'root']);
  });
});
