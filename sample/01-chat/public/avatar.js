// An avatar for a name: its initials on a colour derived from the name, so that everyone sees the same one.
import { el } from './dom.js';

// Hues that are far enough apart to be told apart side by side.
export const HUES = [18, 42, 68, 96, 140, 165, 192, 222, 250, 282, 312, 345];

// A grapheme is a character as people see it, for example an emoji of several code points, or a letter with its marks.
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

export function avatar(name) {
  const node = el('span', { class: 'avatar', 'aria-hidden': 'true' }, initials(name));
  node.style.setProperty('--hue', hue(name));
  return node;
}

export function hue(name) {
  let hash = 7;
  for (const letter of name.toLowerCase()) hash = (hash * 31 + letter.codePointAt(0)) >>> 0;
  return HUES[((hash ^ (hash >>> 11)) >>> 0) % HUES.length]; // `^` alone gives a signed number
}

/** The first letters of a name and of its last word. */
export function initials(name) {
  const words = name.split(/[\s._-]+/u).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0] ?? '?'];
  return letters.map(initial).join(/\p{Script=Arabic}/u.test(name) ? '\u200c' : ''); // keeps Arabic letters apart
}

function initial(word) {
  const letters = split(word);
  const letter = letters.find((one) => !/^\p{P}$/u.test(one)) ?? letters[0];
  // Georgian has capitals in Unicode, but not in writing, and few fonts have them. A capital ß is two letters.
  return /\p{Script=Georgian}/u.test(letter) ? letter : split(letter.toUpperCase())[0];
}

function split(text) {
  return Array.from(graphemes.segment(text), ({ segment }) => segment);
}
