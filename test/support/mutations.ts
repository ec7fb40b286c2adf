/** Alters messages of clients, for tests that feed a decoder what no client should send. */
import type { Choices } from './packets.js';
import { placeholder } from './wire.js';

/** Mistakes that a client may make at any position of a packet. */
export const FRAGMENTS = [
  ...Array.from('0123456789/,-+.ex \n\t\u00a0[]{}"\\:_１٣'),
  'null',
  'true',
  '"e"',
  '["e"]',
  '"connect"',
  '/a,',
  '1-',
  '{}',
  '\ud800',
  '"__proto__":',
  placeholder(0),
  placeholder(1),
];

/** Makes one to three changes to a text, half of them near the start, in the header. */
export function mutated(text: string, choices: Choices): string {
  const changes = choices.times(1 + choices.below(3), () => {
    const at = choices.below(2) === 0 ? choices.below(12) : choices.below(256);
    return { at, kind: choices.below(5), fragment: choices.of(FRAGMENTS), length: 1 + choices.below(8) };
  });
  return changes.reduce((text, { at, kind, fragment, length }) => {
    const place = at % (text.length + 1);
    const [before, after] = [text.slice(0, place), text.slice(place)];
    switch (kind) {
      case 0:
        return before + fragment + after;
      case 1:
        return before + fragment + after.slice(1);
      case 2:
        return before + after.slice(length);
      case 3:
        return before + after.slice(0, length) + after;
      default:
        return length === 1 ? before : before + fragment + after.slice(fragment.length);
    }
  }, text);
}

/** Makes one to four changes to bytes: most mistakes of a binary encoding are wrong lengths and wrong formats. */
export function mutatedBytes(bytes: Uint8Array, choices: Choices): Buffer {
  let result = Buffer.from(bytes);
  for (let changes = 1 + choices.below(4); changes > 0; changes--) {
    const place = (choices.below(256) * 256 + choices.below(256)) % (result.length + 1);
    const [before, after] = [result.subarray(0, place), result.subarray(place)];
    const byte = Buffer.of(choices.below(256));
    switch (choices.below(5)) {
      case 0:
        result = Buffer.concat([before, byte, after]);
        break;
      case 1:
        result = Buffer.concat([before, byte, after.subarray(1)]);
        break;
      case 2:
        result = Buffer.concat([before, after.subarray(1 + choices.below(4))]);
        break;
      case 3:
        result = Buffer.concat([before, after.subarray(0, 1 + choices.below(16)), after]);
        break;
      default:
        result = Buffer.from(before);
    }
  }
  return result;
}
