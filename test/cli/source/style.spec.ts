import { describe, expect, it } from 'vitest';
import { convertIndent, reindent, styleOf } from '../../../lib/cli/source/style.js';

describe('styleOf', () => {
  it.each([
    ["import a from 'a';\n\nf({\n  b,\n});\n", { newline: '\n', quote: "'", semicolon: ';', indent: '  ' }],
    ['import a from "a"\r\n\tb()\r\n', { newline: '\r\n', quote: '"', semicolon: '', indent: '\t' }],
    ['/**\n * text\n */\nclass A {\n    b = 1;\n}\n', { newline: '\n', quote: "'", semicolon: ';', indent: '    ' }],
  ])('reads the habits of %j', (text, style) => {
    expect(styleOf(text)).toEqual(style);
  });
});

describe('reindent and convertIndent', () => {
  it('move a text to another level, in another style', () => {
    expect(reindent('{\n      a,\n\n        b,\n      }', '  ', '\n')).toBe('{\n  a,\n\n    b,\n  }');
    const tabs = styleOf('f()\n\tg()\n');
    expect(convertIndent('{\n\t\ta,\n\t}', tabs, styleOf(''))).toBe('{\n    a,\n  }');
  });
});
