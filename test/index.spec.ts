import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { publicDeclarations } from './support/public-api.js';

describe.each(['index.ts', 'testing/index.ts', 'terminus/index.ts', 'prometheus/index.ts', 'client/index.ts'])(
  '%s',
  (entry) => {
    const declarations = publicDeclarations(entry);

    it('exports only what is marked as public', () => {
      const unmarked = declarations.filter(
        ({ node }) => !ts.getJSDocTags(node).some(({ tagName }) => tagName.text === 'publicApi'),
      );
      expect(declarations.length).toBeGreaterThanOrEqual(5);
      expect(unmarked.map(({ name, file }) => `${name} in ${file}`)).toEqual([]);
    });

    it('exports nothing that is internal', () => {
      const internal = declarations.filter(({ node }) =>
        ts.getJSDocTags(node).some(({ tagName }) => tagName.text === 'internal'),
      );
      expect(internal.map(({ name }) => name)).toEqual([]);
    });
  },
);
