/** The reactions to a message in the sample chat, as a page derives them from what the server sends. */
import { expect, it } from 'vitest';
import { pageModule } from './page-module.js';

type Reactions = Record<string, string[]>;
type Reaction = { emoji: string; name: string; on: boolean };

const { withReaction } = await pageModule<{
  withReaction: (reactions: Reactions | undefined, reaction: Reaction) => Reactions;
}>('reactions.js');

function after(...events: readonly string[]): Reactions | undefined {
  const reactions = events.map((event) => {
    const [sign, emoji = '', name = ''] = event.split(' ');
    return { emoji, name, on: sign === '+' };
  });
  return reactions.reduce(withReaction, undefined as Reactions | undefined);
}

it('counts each person once for each emoji', () => {
  const reactions = after('+ 👍 Ada', '+ 👍 Bob', '+ 🎉 Bob', '- 👍 Ada', '+ 👍 Bob');
  expect(Object.entries(reactions ?? {})).toEqual([
    ['👍', ['Bob']],
    ['🎉', ['Bob']],
  ]);
});

it('leaves no trace when the last person removes it', () => {
  expect(after('+ 👍 Ada', '- 👍 Ada')).toEqual({});
  expect(after('- 👍 Ada')).toEqual({});
});

it('is the same when part of it arrives again', () => {
  const events = ['+ 👍 Ada', '- 👍 Ada', '+ 🎉 Ada', '+ 👍 Bob'];
  expect(after(...events, ...events.slice(1))).toEqual(after(...events));
});
