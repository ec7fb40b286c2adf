import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fillDocument, filled, writeFiles } from './publish.mjs';
import { table } from './tables.mjs';

describe('filled', () => {
  it('replaces the content of the place with that name', () => {
    const text = 'a\n<!-- x -->\nold\n<!-- end of x -->\nb';
    const once = filled(text, 'x', '| new |');
    expect(once).toBe('a\n<!-- x -->\n\n| new |\n\n<!-- end of x -->\nb');
    expect(filled(once, 'x', '| new |')).toBe(once);
  });

  it.each(['no place', '<!-- end of x --><!-- x -->'])('refuses "%s"', (text) => {
    expect(() => filled(text, 'x', '')).toThrow(
      'the document must contain <!-- x --> and, after it, <!-- end of x -->',
    );
  });
});

describe('files', () => {
  let folder: string;
  beforeEach(() => (folder = join(mkdtempSync(join(tmpdir(), 'bench-')), 'out')));
  afterEach(() => rmSync(join(folder, '..'), { recursive: true }));

  it('are written to a folder, which is created', () => {
    writeFiles(folder, { 'a.svg': '<svg/>' });
    expect(readFileSync(join(folder, 'a.svg'), 'utf8')).toBe('<svg/>');
  });

  it('fill the document next to their folder, if it exists', () => {
    fillDocument(folder, 'x', 'nowhere');
    writeFileSync(`${folder}.md`, '<!-- x -->\n<!-- end of x -->');
    fillDocument(folder, 'x', 'here');
    expect(readFileSync(`${folder}.md`, 'utf8')).toBe('<!-- x -->\n\nhere\n\n<!-- end of x -->');
  });
});

describe('table', () => {
  it('is written as Markdown', () => {
    expect(
      table([
        ['a', 'b'],
        [1, 'c'],
      ]),
    ).toBe('| a | b |\n| --- | --- |\n| 1 | c |');
  });
});
