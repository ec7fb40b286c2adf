import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { Project } from '../../../lib/cli/project/project.js';
import { Sources } from '../../../lib/cli/source/sources.js';

describe('the sources of a project', () => {
  it('are files with code, with and without tests', () => {
    const names = ['a.ts', 'a.spec.ts', 'test/b.js', 'c.vue', 'd.yml', 'e.d.ts', 'contest/f.mts', 'g.e2e-spec.ts'];
    const sources = new Sources(ts, new Project(Object.fromEntries(names.map((name) => [name, 'word']))));
    const paths = (word: string, options = {}): string[] => sources.withCode(word, options).map(({ path }) => path);
    expect(paths('word')).toEqual(['a.ts', 'c.vue', 'contest/f.mts']);
    expect(paths('word', { tests: true })).toHaveLength(6);
    expect(paths('other')).toEqual([]);
  });
});
