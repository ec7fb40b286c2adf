/** The avatars of the sample chat: every name has initials and a colour, whatever its alphabet. */
import { expect, it } from 'vitest';
import { pageModule } from './page-module.js';

const { HUES, hue, initials } = await pageModule<{
  HUES: number[];
  hue: (name: string) => number;
  initials: (name: string) => string;
}>('avatar.js');

/** The first and the last letter of each alphabet, of which names are made. */
const ALPHABETS: Record<string, readonly [first: string, last: string]> = {
  Latin: ['A', 'z'],
  accented: ['À', 'ž'],
  Greek: ['Α', 'ω'],
  Cyrillic: ['А', 'я'],
  Georgian: ['ა', 'ჰ'],
  Hebrew: ['א', 'ת'],
  Arabic: ['ا', 'ي'],
  Devanagari: ['अ', 'ह'],
  Thai: ['ก', 'ฮ'],
  Chinese: ['一', '龥'],
  Japanese: ['ぁ', 'ヶ'],
  Korean: ['가', '힣'],
  emoji: ['😀', '🙏'],
};

/** Returns 2000 full names with letters from an alphabet, always the same ones. */
function names([first, last]: readonly [string, string]): string[] {
  const from = first.codePointAt(0) as number;
  const size = (last.codePointAt(0) as number) - from + 1;
  let seed = 1;
  const letter = () => String.fromCodePoint(from + ((seed = (seed * 48_271) % 2_147_483_647) % size));
  return Array.from({ length: 2000 }, (_, n) => `${letter()}${letter()}${letter()} ${letter()}${letter()}${n % 10}`);
}

it.each(Object.entries(ALPHABETS))('spreads %s names evenly over the hues', (_, letters) => {
  const counts = new Map(HUES.map((hue) => [hue, 0]));
  for (const name of names(letters)) counts.set(hue(name), (counts.get(hue(name)) ?? 0) + 1);
  expect([...counts.keys()]).toEqual(HUES);
  expect(Math.min(...counts.values())).toBeGreaterThan((2000 / HUES.length) * 0.7);
  expect(Math.max(...counts.values())).toBeLessThan((2000 / HUES.length) * 1.3);
});

it('gives a name one colour, in capitals and in small letters', () => {
  expect(hue('ADA LOVELACE')).toBe(hue('Ada Lovelace'));
});

it.each([
  ['Ada Lovelace', 'AL'],
  ['Ada King Lovelace', 'AL'],
  ['bob', 'B'],
  ['jean-luc', 'JL'],
  ["Mary O'Brien", 'MO'],
  ['“Q” (x)', 'QX'],
  ['ßtraße', 'S'],
  ['Анна Каренина', 'АК'],
  ['Ολυμπία Παππά', 'ΟΠ'],
  ['ნინო ბერიძე', 'ნბ'],
  ['שרה לוי', 'של'],
  ['عمر الخيام', 'ع\u200cا'],
  ['हिन्दी नाम', 'हिना'],
  ['สมชาย ใจดี', 'สใ'],
  ['王小明', '王'],
  ['김철수', '김'],
  ['さくら', 'さ'],
  ['e\u0301a', 'E\u0301'],
  ['👩‍👩‍👧 🇩🇪', '👩‍👩‍👧🇩🇪'],
  ['#️⃣', '#️⃣'],
  ['---', '?'],
])('takes the initials of %s', (name, letters) => {
  expect(initials(name)).toBe(letters);
});
