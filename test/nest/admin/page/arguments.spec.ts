/** The arguments of an event, as a visitor types them into a form of the admin page. */
import { expect, it } from 'vitest';
import { readArguments, readNames } from '../../../../lib/nest/admin/page/arguments.js';

it.each([
  ['', []],
  ['  \n', []],
  ['"hello"', ['hello']],
  ['{"id": 7},\n true, [1, 2]', [{ id: 7 }, true, [1, 2]]],
  ['null', [null]],
])('%j are the arguments %j', (text, args) => {
  expect(readArguments(text)).toEqual(args);
});

it.each(['hello', '1,', ']', '{a: 1}', '1] , [2'])('%j is refused with a sentence', (text) => {
  expect(() => readArguments(text)).toThrow('The arguments must be JSON, separated by commas');
});

it('names are one a line, each once', () => {
  expect(readNames(' lobby \n\nroom, with comma\nlobby')).toEqual(['lobby', 'room, with comma']);
  expect(readNames('')).toEqual([]);
});
