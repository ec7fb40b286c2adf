/** The markup of messages in the sample chat. */
import { expect, it } from 'vitest';
import { pageModule } from './page-module.js';

type Part = readonly [kind: 'text' | 'block' | 'code' | 'link', text: string];

const { parts } = await pageModule<{ parts: (text: string) => Iterable<{ kind: Part[0]; text: string }> }>('markup.js');

it.each<[text: string, ...expected: Part[]]>([
  ['just words', ['text', 'just words']],
  ['two\nlines', ['text', 'two\nlines']],
  ['run `npm start` now', ['text', 'run '], ['code', 'npm start'], ['text', ' now']],
  ['a ` alone, over\ntwo` lines', ['text', 'a ` alone, over\ntwo` lines']],
  ['see https://a.example/x?y=1, ok', ['text', 'see '], ['link', 'https://a.example/x?y=1'], ['text', ', ok']],
  ['`https://a.example`', ['code', 'https://a.example']],
  ['first\n```\na\n\n  b\n```\nlast', ['text', 'first'], ['block', 'a\n\n  b'], ['text', 'last']],
  ['```ts\nconst a = 1;\n```', ['block', 'const a = 1;']],
  ['```one line```', ['block', 'one line']],
  ['```\nhttps://a.example and `code` and <b>\n```', ['block', 'https://a.example and `code` and <b>']],
  ['```\na\n```\n```\nb\n```', ['block', 'a'], ['block', 'b']],
  ['```\nnever closed', ['text', '```\nnever closed']],
  ['``````', ['text', '``````']],
  ['javascript:alert(1)', ['text', 'javascript:alert(1)']],
  [''],
])('splits %j', (text, ...expected) => {
  expect(Array.from(parts(text), (part) => [part.kind, part.text])).toEqual(expected);
});

it.each(['`', '```\n', '```a', 'https://', '`a\n', '\n'])('splits a message full of %j in a moment', (piece) => {
  const text = piece.repeat(4000 / piece.length);
  const start = performance.now();
  expect(Array.from(parts(text), (part) => part.text).join('').length).toBeLessThanOrEqual(text.length);
  expect(performance.now() - start).toBeLessThan(1000);
});
