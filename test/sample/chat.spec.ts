/** The server of the sample chat, as a page uses it. */
import { randomUUID } from 'node:crypto';
import type { Socket } from 'socket.io-client';
import { expect, it } from 'vitest';
import { AppModule } from '../../sample/01-chat/app.module.js';
import type { Message, RoomSummary } from '../../sample/01-chat/chat.events.js';
import { next, type RunningApp, startApp } from '../support/nest-app.js';

/** A client with the events of a page. */
class Visitor {
  readonly said: string[] = [];
  readonly members = new Map<string, { name: string; away: boolean }>();
  readonly left: string[] = [];
  readonly closed: string[] = [];
  readonly socket: Socket;
  at = 0;

  constructor(running: RunningApp, name: string, key = `the key of ${name}`) {
    this.socket = running.connect('/chat', { auth: { name, key } });
    this.socket.on('said', ({ author, text, at }: Message) => {
      this.said.push(`${author}: ${text}`);
      this.at = at;
    });
    this.socket.on('presence_state', (_room, users: readonly [string, never][]) => {
      for (const [user, person] of users) this.members.set(user, person);
    });
    this.socket.on('presence_diff', (_room, { joins, leaves }: { joins: [string, never][]; leaves: string[] }) => {
      for (const [user, person] of joins) this.members.set(user, person);
      for (const user of leaves) this.members.delete(user);
      this.left.push(...leaves);
    });
    this.socket.on('closed', (room: string) => this.closed.push(room));
  }

  join(room: string, since = 0): Promise<RoomSummary> {
    return this.socket.emitWithAck('join', { room, since }) as Promise<RoomSummary>;
  }

  say(room: string, text: string): Promise<unknown> {
    return this.socket.emitWithAck('say', { id: randomUUID(), room, text });
  }
}

it('does not let a person leave who connects again', async () => {
  const running = await startApp({ imports: [AppModule] });
  const [ada, bob] = [new Visitor(running, 'Ada'), new Visitor(running, 'Bob')];
  await Promise.all([ada.join('lobby'), bob.join('Lobby')]);
  await expect.poll(() => [...bob.members.keys()].toSorted()).toEqual(['ada', 'bob']);

  const replaced = next(ada.socket, 'replaced');
  const adaAgain = new Visitor(running, 'ada', 'the key of Ada');
  expect(await adaAgain.join('lobby')).toMatchObject({ members: 2 });
  await replaced;
  adaAgain.socket.emit('away', { away: true });
  await expect.poll(() => bob.members.get('ada')).toMatchObject({ name: 'ada', away: true });
  expect(bob.left).toEqual([]);

  const [refusal] = await next(new Visitor(running, 'ADA', 'another key').socket, 'connect_error');
  expect(refusal).toMatchObject({ message: expect.stringContaining('already taken') });
  adaAgain.socket.disconnect();
  await expect.poll(() => bob.left).toEqual(['ada']);
});

it('sends what was said to those who enter, and what they missed to those who return', async () => {
  const running = await startApp({ imports: [AppModule] });
  const ada = new Visitor(running, 'Ada');
  await ada.join('lobby');
  await ada.say('lobby', 'one');
  await ada.join('ideas');
  const bob = new Visitor(running, 'Bob');
  await bob.join('lobby');
  await bob.say('lobby', 'two');
  expect(bob.said).toEqual(['Ada: one', 'Bob: two']);
  await ada.join('lobby', ada.at);
  expect(new Set(ada.said)).toEqual(new Set(bob.said)); // a page shows a message once, by its id
  await ada.join('ideas');
  const before = ada.said.length;
  await ada.join('lobby', Date.now() + 1_000);
  expect(ada.said).toHaveLength(before);
});

it('closes a room when the last person leaves, and forgets what was said there', async () => {
  const running = await startApp({ imports: [AppModule] });
  const [ada, bob] = [new Visitor(running, 'Ada'), new Visitor(running, 'Bob')];
  await Promise.all([ada.join('den'), bob.join('lobby')]);
  await ada.say('den', 'one');
  await ada.join('lobby');
  await expect.poll(() => bob.closed).toEqual(['den']);
  expect(await bob.join('den')).toEqual({ name: 'den', members: 1, total: 0 });
  expect(bob.said).toEqual([]);
  bob.socket.disconnect();
  await expect.poll(() => ada.closed).toEqual(['den', 'den']);
});
