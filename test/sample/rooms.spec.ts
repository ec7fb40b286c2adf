/** The state of the sample chat: reactions and presence, and their bounds. */
import { describe, expect, it } from 'vitest';
import { Rooms } from '../../sample/01-chat/rooms.js';

const ID = '1251f987-b109-40b7-901a-47ffb6a07421';

function lobby(): Rooms {
  const rooms = new Rooms();
  rooms.enter('lobby', 'Ada');
  rooms.say('Ada', { id: ID, room: 'lobby', text: 'Good morning' });
  return rooms;
}

describe('a reaction', () => {
  it('counts once for each person and emoji, and a second time removes it', () => {
    const rooms = lobby();
    rooms.react('lobby', 'Ada', { id: ID, emoji: '👍' });
    rooms.react('lobby', 'Bob', { id: ID, emoji: '👍' });
    expect(rooms.react('lobby', 'Bob', { id: ID, emoji: '🎉' })).toEqual({ '👍': ['Ada', 'Bob'], '🎉': ['Bob'] });
    const reactions = rooms.react('lobby', 'Ada', { id: ID, emoji: '👍' });
    expect(Object.entries(reactions)).toEqual([
      ['👍', ['Bob']],
      ['🎉', ['Bob']],
    ]);
    expect(rooms.enter('lobby', 'Cleo').history[0]?.reactions).toEqual({ '👍': ['Bob'], '🎉': ['Bob'] });
  });

  it('leaves no trace when the last one is removed', () => {
    const rooms = lobby();
    rooms.react('lobby', 'Ada', { id: ID, emoji: '👍' });
    expect(rooms.react('lobby', 'Ada', { id: ID, emoji: '👍' })).toEqual({});
  });

  it('is refused for a message that is not in the room, and when many people have reacted', () => {
    const rooms = lobby();
    expect(() => rooms.react('ideas', 'Ada', { id: ID, emoji: '👍' })).toThrow('too old for a reaction');
    for (let i = 0; i < 50; i += 1) rooms.react('lobby', `Guest ${i}`, { id: ID, emoji: '👍' });
    expect(() => rooms.react('lobby', 'Ada', { id: ID, emoji: '👍' })).toThrow('50 people have already reacted');
    expect(rooms.react('lobby', 'Guest 7', { id: ID, emoji: '👍' })['👍']).toHaveLength(49);
  });
});

it('remembers who is away, until they enter again', () => {
  const rooms = lobby();
  rooms.setAway('lobby', 'Ada', true);
  expect(rooms.enter('lobby', 'Bob').members).toEqual([
    { name: 'Ada', away: true },
    { name: 'Bob', away: false },
  ]);
  expect(rooms.enter('lobby', 'Ada').members[0]).toEqual({ name: 'Ada', away: false });
});
