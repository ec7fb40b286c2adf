import { expect, it } from 'vitest';
import { areTexts } from '../../../lib/server/cluster/are-texts.js';

it.each([
  [[], true],
  [['a', 'b'], true],
  [['a', 1], false],
  ['a', false],
  [undefined, false],
])('areTexts(%j) is %j', (content, result) => expect(areTexts(content)).toBe(result));
