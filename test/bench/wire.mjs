/** The texts that clients and servers send: each starts with its group and its number in that group. */

/** Number of characters of a text. */
export const SIZE = 64;
const DIGITS = 4;

/** @param group the sender in a chat, the room in a broadcast to rooms */
export function textOf(group, number) {
  return `${digits(group)}${digits(number)}`.padEnd(SIZE, 'x');
}

/** The event that servers broadcast. */
export const HEARD = 'heard';

/** @param at the offset of the text in the message */
export function groupAt(bytes, at) {
  let group = 0;
  for (let i = at; i < at + DIGITS; i++) group = group * 10 + bytes[i] - 48;
  return group;
}

function digits(number) {
  return String(number).padStart(DIGITS, '0');
}
