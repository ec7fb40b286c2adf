import { describe, expect, it } from 'vitest';
import { coloured, unifiedDiff } from '../../../lib/cli/migrate/unified-diff.js';

const lines = (count: number): string => Array.from({ length: count }, (_, index) => `${index + 1}\n`).join('');

describe('unifiedDiff', () => {
  it('is empty for equal texts', () => {
    expect(unifiedDiff('a.ts', 'x\n', 'x\n')).toBe('');
  });

  it('shows three lines around each change, and joins changes that are near', () => {
    const before = lines(30);
    const after = before.replace('\n5\n', '\nfive\n').replace('\n9\n', '\n').replace('\n25\n', '\n25\n25a\n');
    expect(unifiedDiff('a.ts', before, after)).toBe(
      [
        '--- a/a.ts\n+++ b/a.ts',
        '@@ -2,11 +2,10 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n-9\n 10\n 11\n 12',
        '@@ -23,6 +22,7 @@\n 23\n 24\n 25\n+25a\n 26\n 27\n 28\n',
      ].join('\n'),
    );
  });

  it('marks a missing line end, and a deleted file', () => {
    expect(unifiedDiff('a.ts', 'a', 'a\n')).toContain('-a\n\\ No newline at end of file\n+a\n');
    expect(unifiedDiff('a.ts', 'a\n', null)).toBe('--- a/a.ts\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n');
  });
});

describe('coloured', () => {
  it('colours added and removed lines', () => {
    expect(coloured('--- a/x\n@@ -1 +1 @@\n-a\n+b\n c\n')).toBe(
      '\u001B[1m--- a/x\u001B[0m\n\u001B[36m@@ -1 +1 @@\u001B[0m\n\u001B[31m-a\u001B[0m\n\u001B[32m+b\u001B[0m\n c\n',
    );
  });
});
