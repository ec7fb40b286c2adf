/** The state of the sample chat: reactions, and their bounds. */
import { describe, expect, it } from 'vitest';
import { Broadcaster, Presence, Server } from 'nest-socketio';
import { Rooms } from '../../sample/01-chat/rooms.js';

const ID = '1251f987-b109-40b7-901a-47ffb6a07421';

function lobby(): Rooms {
  const server = new Server();
  const rooms = new Rooms(new Broadcaster(server, '/chat'), new Presence(server, '/chat'));
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
    expect(rooms.view('lobby').history[0]?.reactions).toEqual({ '👍': ['Bob'], '🎉': ['Bob'] });
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
