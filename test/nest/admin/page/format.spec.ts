/** What the admin page makes of numbers, times and the texts of clients. */
import { describe, expect, it } from 'vitest';
import {
  age,
  bytes,
  clock,
  clockMs,
  clockUtc,
  count,
  json,
  latency,
  plural,
  rate,
  short,
  visible,
} from '../../../../lib/nest/admin/page/format.js';

describe('a text of a client', () => {
  it.each([
    ['Bob', 'Bob'],
    ['<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'], // set as text, so that it is harmless
    ['a\nb\tc\0', 'a\\x0ab\\x09c\\x00'],
    ['invoice\u202Efdp.exe', 'invoice\\u{202e}fdp.exe'],
    ['zero\u200Bwidth\uFEFF', 'zero\\u{200b}width\\u{feff}'],
    ['line\u2028end', 'line\\u{2028}end'],
    ['half \uD83D', 'half \\u{d83d}'],
    ['😀 عربي', '😀 عربي'],
    [`Z${'\u0351'.repeat(50)}!`, `Z${'\u0351'.repeat(4)}!`],
  ])('%j is shown as %j', (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it('is cut', () => {
    expect(visible('x'.repeat(1_000_000), 5)).toBe('xxxx…');
    expect(visible('12345', 5)).toBe('12345');
    expect(visible('x'.repeat(1_000))).toHaveLength(200);
  });

  it('is JSON if it is an argument', () => {
    expect(json(['a"b', { n: 1 }, undefined, null, '\u202E'])).toBe('"a\\"b", {"n":1}, undefined, null, "\\u{202e}"');
    expect(json(['x'.repeat(100)], 10)).toBe('"xxxxxxxx…');
  });
});

it.each([
  [0, '0'],
  [0.04, '0'],
  [0.44, '0.4'],
  [2, '2'],
  [12.4, '12'],
  [999.4, '999'],
  [999.6, '1k'],
  [1_240, '1.2k'],
  [34_000_000, '34M'],
])('the rate %d is %j', (value, shown) => {
  expect(short(value)).toBe(shown);
  expect(rate(value)).toBe(shown);
});

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_234, '1.2 kB'],
  [142_000_000, '142 MB'],
  [5e15, '5000 TB'],
])('%d bytes are %j', (value, shown) => {
  expect(bytes(value)).toBe(shown);
});

it.each([
  [-5, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [250_000, '4 min 10 s'],
  [2 * 3_600_000 + 3 * 60_000, '2 h 3 min'],
  [5 * 86_400_000 + 4 * 3_600_000 + 1, '5 d 4 h'],
])('an age of %d ms is %j', (ms, shown) => {
  expect(age(ms)).toBe(shown);
});

it.each([
  [0, '0 ms'],
  [0.00004, '0.04 ms'],
  [0.0004, '0.4 ms'],
  [0.012, '12 ms'],
  [0.9996, '1 s'],
  [1.34, '1.3 s'],
  [12.4, '12 s'],
  [Infinity, '–'],
])('a latency of %d s is %j', (seconds, shown) => {
  expect(latency(seconds)).toBe(shown);
});

it('figures that are not known are dashes', () => {
  expect([count(null), rate(null), bytes(null), age(null), latency(null)]).toEqual(['–', '–', '–', '–', '–']);
});

it('counts have separators and nouns', () => {
  expect([count(1_204), plural(1, 'client'), plural(1_204, 'client')]).toEqual(['1,204', '1 client', '1,204 clients']);
});

it('times are local, unless they are compared with sentences of the server', () => {
  const at = new Date(2026, 0, 2, 14, 3, 7, 42).getTime();
  expect([clock(at), clockMs(at)]).toEqual(['14:03:07', '14:03:07.042']);
  expect(clockUtc(Date.UTC(2026, 0, 2, 14, 3, 7, 42))).toBe('14:03:07.042');
});
