/** The differences between two texts in the unified format, as `git apply` and `patch` read it. */

const CONTEXT = 3;

interface Line {
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
}

/**
 * @param after `null` if the file is deleted
 * @returns an empty text if there is no difference
 */
export function unifiedDiff(path: string, before: string, after: string | null): string {
  if (before === after) return '';
  const lines = compare(linesOf(before), linesOf(after ?? ''));
  const head = `--- a/${path}\n+++ ${after === null ? '/dev/null' : `b/${path}`}\n`;
  return head + hunks(lines).join('');
}

/** Colours the lines of a diff for a terminal. */
export function coloured(diff: string): string {
  return diff
    .split('\n')
    .map((line) => {
      if (/^(---|\+\+\+) /.test(line)) return `\u001B[1m${line}\u001B[0m`;
      const colour = { '-': 31, '+': 32, '@': 36 }[line.charAt(0)];
      return colour === undefined ? line : `\u001B[${colour}m${line}\u001B[0m`;
    })
    .join('\n');
}

/** Lines with their line ends. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** The shortest edit between two lists, by the table of longest common subsequences of the part that differs. */
function compare(before: readonly string[], after: readonly string[]): Line[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  while (
    end < before.length - start &&
    end < after.length - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  ) {
    end++;
  }
  return [
    ...before.slice(0, start).map((text) => same(text)),
    ...middle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map((text) => same(text)),
  ];
}

function same(text: string): Line {
  return { mark: ' ', text };
}

function middle(before: readonly string[], after: readonly string[]): Line[] {
  const width = after.length + 1;
  const common = new Uint32Array((before.length + 1) * width);
  const at = (i: number, j: number): number => common[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      common[i * width + j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: Line[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push({ mark: ' ', text: before[i++] as string });
      j++;
    } else if (i < before.length && (j === after.length || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ mark: '-', text: before[i++] as string });
    } else lines.push({ mark: '+', text: after[j++] as string });
  }
  return lines;
}

/** The number of lines without those of one mark. */
function countWithout(mark: Line['mark'], list: readonly Line[]): number {
  return list.filter((one) => one.mark !== mark).length;
}

function hunks(lines: readonly Line[]): string[] {
  const changed = lines.flatMap(({ mark }, index) => (mark === ' ' ? [] : [index]));
  const groups: { from: number; to: number }[] = [];
  for (const index of changed) {
    const last = groups.at(-1);
    if (last !== undefined && index - last.to <= 2 * CONTEXT) last.to = index;
    else groups.push({ from: index, to: index });
  }
  return groups.map(({ from, to }) => {
    const begin = Math.max(0, from - CONTEXT);
    const part = lines.slice(begin, to + CONTEXT + 1);
    const range = (mark: Line['mark']): string => {
      const length = countWithout(mark, part);
      const first = countWithout(mark, lines.slice(0, begin)) + (length === 0 ? 0 : 1);
      return length === 1 ? `${first}` : `${first},${length}`;
    };
    const body = part.map(({ mark, text }) =>
      text.endsWith('\n') ? `${mark}${text}` : `${mark}${text}\n\\ No newline at end of file\n`,
    );
    return `@@ -${range('+')} +${range('-')} @@\n${body.join('')}`;
  });
}
