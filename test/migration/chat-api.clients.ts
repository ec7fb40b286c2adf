/** Two processes that share their rooms through Redis; JSON web tokens, roles, validated bodies. */
import type { Socket } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { next, SOON } from '../support/events.js';
import { connectStock } from '../support/stock-client.js';
import { connected, post } from './clients.js';
import type { Migrated } from './migrated.js';

export const chatApi: Migrated = {
  name: 'chat-api',
  config: 'tsconfig.build.json',
  launches: async (redisPort) => {
    const env = { PORT: '0', REDIS_URL: `redis://127.0.0.1:${redisPort}`, JWT_SECRET: 'chat' };
    return [1, 2].map(() => ({ main: 'dist/main.js', env }));
  },
  clients: describeClients,
};

function describeClients(urls: readonly string[]): void {
  /** The URL of a process, and a path. */
  const at = (index: number, path = ''): string => `${urls[index]}${path}`;

  const login = async (username: string): Promise<string> => {
    const { body } = await post(at(0, '/auth/login'), { username });
    return (body as { accessToken: string }).accessToken;
  };

  /** A client of one process who has logged in. */
  const enter = async (username: string, process = 0): Promise<Socket> => {
    const client = connectStock(at(process, '/chat'), { auth: { token: await login(username) } });
    expect(await next(client, 'welcome')).toEqual([username]);
    return client;
  };

  /** Two clients in one room, of different processes. */
  const meet = async (room: string): Promise<[ada: Socket, ben: Socket]> => {
    const ada = await enter('ada');
    const entered = next(ada, 'room:entered');
    ada.emit('room:join', { room });
    expect(await entered).toEqual([{ room, members: 1 }]);
    const ben = await enter('ben', 1);
    const [joined, alsoEntered] = [next(ada, 'room:joined'), next(ben, 'room:entered')];
    ben.emit('room:join', { room });
    expect(await joined).toEqual(['ben']);
    expect(await alsoEntered).toEqual([{ room, members: 2 }]);
    return [ada, ben];
  };

  it('refuses a client without a valid token, with the reason', async () => {
    for (const auth of [{}, { token: 'forged' }]) {
      const client = connectStock(at(0, '/chat'), { auth });
      const [unauthorized, disconnect] = [next(client, 'unauthorized'), next(client, 'disconnect')];
      expect(await unauthorized).toEqual([{ message: 'Invalid token' }]);
      expect((await disconnect)[0]).toMatch(/^io server disconnect|transport close$/);
    }
  });

  it('accepts the token in a header too', async () => {
    const authorization = `Bearer ${await login('cleo')}`;
    const client = connectStock(at(0, '/chat'), { extraHeaders: { authorization } });
    expect(await next(client, 'welcome')).toEqual(['cleo']);
  });

  it('allows the pages of its front end', async () => {
    await connected(at(0), { extraHeaders: { origin: 'https://chat.example.com' } });
  });

  it('acknowledges a message and sends it to the room, in the other process too', async () => {
    const [ada, ben] = await meet('tea');
    const heard = next(ben, 'message');
    const message: unknown = await ada.emitWithAck('message', { room: 'tea', text: 'hello', colour: 'red' });
    expect(message).toEqual({ id: expect.any(Number) as number, author: 'ada', room: 'tea', text: 'hello' });
    expect(await heard).toEqual([message]);

    const typing = next(ada, 'typing');
    ben.emit('typing', { room: 'tea' });
    expect(await typing).toEqual(['ben']);
  });

  it('answers a request for the history with an event for each message', async () => {
    const [ada] = await meet('books');
    for (const text of ['one', 'two', 'three']) await ada.emitWithAck('message', { room: 'books', text });
    const texts: string[] = [];
    ada.on('history', (message: { text: string }) => texts.push(message.text));
    ada.emit('history', { room: 'books', count: '2' });
    await expect.poll(() => texts, SOON).toEqual(['two', 'three']);
  });

  it('leaves a room', async () => {
    const [, ben] = await meet('chess');
    expect(await ben.emitWithAck('room:leave', { room: 'chess' })).toEqual(['u-ben']);
  });

  describe('errors', () => {
    it('sends what the validation of a body has found', async () => {
      const ada = await enter('ada');
      const exception = next(ada, 'exception');
      ada.emit('message', { room: 'tea', text: '', replyTo: 'first' });
      expect(await exception).toEqual([
        {
          status: 400,
          errors: ['text should not be empty', 'replyTo must be an integer number'],
          event: 'message',
        },
      ]);
    });

    it('sends the exception of a handler, with its cause', async () => {
      const ada = await enter('ada');
      const exception = next(ada, 'exception');
      ada.emit('message', { room: 'attic', text: 'anybody?' });
      expect(await exception).toEqual([
        {
          status: 'error',
          message: 'You are not in attic',
          cause: { pattern: 'message', data: { room: 'attic', text: 'anybody?' } },
        },
      ]);
    });

    it('sends the refusal of a guard', async () => {
      const ada = await enter('ada');
      const exception = next(ada, 'exception');
      ada.emit('user:kick', 'u-ben');
      expect(await exception).toEqual([{ status: 'forbidden', message: 'moderator only' }]);
    });
  });

  it('lists the users of all processes, without one who was kicked', async () => {
    const [, ben] = await meet('lobby');
    const [root, visitor] = await Promise.all([enter('root'), connected(at(1))]);
    await expect.poll(() => visitor.emitWithAck('online'), SOON).toEqual(['ada', 'ben', 'root']);

    const [left, gone] = [next(root, 'user:left'), next(ben, 'disconnect')];
    expect(await root.emitWithAck('user:kick', 'u-ben')).toBe(true);
    expect((await gone)[0]).toBe('io server disconnect');
    expect(await left).toEqual(['ben']);
    expect(await visitor.emitWithAck('online')).toEqual(['ada', 'root']);
  });

  it('announces over HTTP', async () => {
    const [, ben] = await meet('news');
    const heard = next(ben, 'announcement');
    expect(await post(at(0, '/rooms/news/announcements'), { text: 'Cake!' })).toMatchObject({ status: 202 });
    expect(await heard).toEqual(['Cake!']);
  });
}
