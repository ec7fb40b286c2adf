import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { Syntax } from '../../../lib/cli/doctor/syntax.js';
import { Project } from '../../../lib/cli/project/project.js';

const syntaxOf = (files: Record<string, string>): Syntax => new Syntax(ts, new Project(files));

describe('the syntax of a project', () => {
  it('finds files with code, with and without tests', () => {
    const names = ['a.ts', 'a.spec.ts', 'test/b.js', 'c.vue', 'd.yml', 'e.d.ts', 'contest/f.mts', 'g.e2e-spec.ts'];
    const syntax = syntaxOf(Object.fromEntries(names.map((name) => [name, 'word'])));
    expect(syntax.filesWith('word')).toEqual(['a.ts', 'c.vue', 'contest/f.mts']);
    expect(syntax.filesWith('word', { tests: true })).toHaveLength(6);
    expect(syntax.filesWith('other')).toEqual([]);
  });

  it.each([
    ["import a from 'm';", [['a', 'default', false]]],
    ["import * as a from 'm';", [['a', '*', false]]],
    [
      "import b, { type c, d as e } from 'm';",
      [
        ['b', 'default', false],
        ['c', 'c', true],
        ['e', 'd', false],
      ],
    ],
    ["import type { a } from 'm';", [['a', 'a', true]]],
    ["const a = require('m');", [['a', '*', false]]],
    [
      "const { a, b: c } = require('m');",
      [
        ['a', 'a', false],
        ['c', 'b', false],
      ],
    ],
    ["import { a } from 'other'; import 'm'; const b = f('m'), c = 1;", []],
  ])('reads the names in: %s', (code, names) => {
    const found = syntaxOf({ 'a.ts': code }).importsFrom('a.ts', 'm');
    expect(found.map(({ local, imported, isTypeOnly }) => [local, imported, isTypeOnly])).toEqual(names);
  });

  it('finds calls, and their lines', () => {
    const syntax = syntaxOf({ 'a.ts': 'a();\nconst b = new C(d .\n e());' });
    expect(syntax.calls('a.ts').map((call) => [syntax.callee(call), syntax.line(call)])).toEqual([
      ['a', 1],
      ['C', 2],
      ['d.e', 2],
    ]);
  });

  it('reads only the scripts of pages, in their lines', () => {
    const syntax = syntaxOf({ 'a.html': '<p>f()</p>\n<script>\n  a();\n</script>\n<script async>b();</script> c()' });
    expect(syntax.calls('a.html').map((call) => [syntax.callee(call), syntax.line(call)])).toEqual([
      ['a', 3],
      ['b', 5],
    ]);
  });

  it.each([
    ["import 'nest-socketio'; const o = { cors: {} };", true],
    ["import 'nest-socketio'; const o = { cors };", true],
    ['@WebSocketGateway({ cors: true }) class A {}', true],
    ["import 'nest-socketio'; // cors: true", false],
    ['const o = { cors: true };', false],
  ])('knows whether an option is set in: %s', (code, result) => {
    expect(syntaxOf({ 'a.ts': code }).setsOption('cors')).toBe(result);
  });
});
