/** What is said in the benchmark, by clients and servers alike: every text tells whose it is and which one. */

/** Characters of a text; the first eight are its group and its number in that group. */
export const SIZE = 64;
const DIGITS = 4;

/** @param group the sender in a chat, the room in a broadcast to rooms */
export function textOf(group, number) {
  return `${digits(group)}${digits(number)}`.padEnd(SIZE, 'x');
}

/** The event by which servers send a text to many. */
export const HEARD = 'heard';

/** @param at where the text of a message begins */
export function groupAt(bytes, at) {
  let group = 0;
  for (let i = at; i < at + DIGITS; i++) group = group * 10 + bytes[i] - 48;
  return group;
}

function digits(number) {
  return String(number).padStart(DIGITS, '0');
}
