import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { ParsedSource } from '../../../lib/cli/source/parsed-source.js';

const parsed = (text: string, path = 'a.ts'): ParsedSource => new ParsedSource(ts, path, text);

describe('a parsed source', () => {
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
    const found = parsed(code).namesFrom('m');
    expect(found.map(({ local, name, isTypeOnly }) => [local, name, isTypeOnly])).toEqual(names);
  });

  it('finds calls, and their lines', () => {
    const source = parsed('a();\nconst b = new C(d .\n e());');
    expect(source.calls.map((call) => [source.calleeOf(call), source.lineOf(call)])).toEqual([
      ['a', 1],
      ['C', 2],
      ['d.e', 2],
    ]);
  });

  it('reads only the scripts of pages, in their lines', () => {
    const source = parsed('<p>f()</p>\n<script>\n  a();\n</script>\n<script async>b();</script> c()', 'a.html');
    expect(source.calls.map((call) => [source.calleeOf(call), source.lineOf(call)])).toEqual([
      ['a', 3],
      ['b', 5],
    ]);
  });
});
