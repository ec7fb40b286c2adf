// An avatar for a name: its initials on a colour derived from the name, so that everyone sees the same one.
import { el } from './dom.js';

// Hues that are far enough apart to be told apart side by side.
const HUES = [18, 42, 68, 96, 140, 165, 192, 222, 250, 282, 312, 345];

export function avatar(name) {
  const node = el('span', { class: 'avatar', 'aria-hidden': 'true' }, initials(name));
  node.style.setProperty('--hue', hue(name));
  return node;
}

export function hue(name) {
  let hash = 7;
  for (const letter of name.toLowerCase()) hash = (hash * 31 + letter.codePointAt(0)) >>> 0;
  return HUES[(hash ^ (hash >>> 11)) % HUES.length];
}

function initials(name) {
  const words = name.split(/[\s._-]+/u).filter(Boolean);
  return (words.length > 1 ? first(words[0]) + first(words.at(-1)) : first(words[0] ?? '?')).toUpperCase();
}

function first(word) {
  return [...word][0];
}
