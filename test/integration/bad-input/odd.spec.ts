/** Packets that look wrong but are valid: each is read literally. */
import { describe, expect, it, vi } from 'vitest';
import { type Socket } from '../../../lib/server/internal.js';
import { BYTES, hostileScene, PART, type Messages, title } from '../../support/hostile-scene.js';
import { nested } from '../../support/wire.js';

const scene = hostileScene();

const ones = (count: number) => Array.from({ length: count }, () => '1').join();

const ownProto = (value: unknown): unknown =>
  Object.defineProperty({}, '__proto__', { value, enumerable: true, configurable: true, writable: true });

describe('a packet that is odd but valid', () => {
  /** Messages, and the calls of the socket's listeners; `event` stands for its catch-all listener. */
  const HEARD: readonly { readonly messages: Messages; readonly told: readonly unknown[][] }[] = [
    { messages: ['42[5,1]'], told: [['event', 5, 1]] },
    { messages: ['42["error","x"]'], told: [['event', 'error', 'x']] },
    { messages: ['42["error"]'], told: [['event', 'error']] },
    { messages: ['42["connection"]'], told: [['event', 'connection']] },
    { messages: ['42["__proto__","x"]'], told: [['event', '__proto__', 'x']] },
    { messages: ['42["constructor"]'], told: [['event', 'constructor']] },
    { messages: ['42["toString"]'], told: [['event', 'toString']] },
    { messages: ['42["*"]'], told: [['event', '*']] },
    { messages: ['42[""]'], told: [['event', '']] },
    { messages: ['42/,["e"]'], told: [['event', 'e']] },
    { messages: ['42["e","\\ud800"]'], told: [['event', 'e', '\ud800']] },
    {
      messages: ['42["e",{"__proto__":{"admin":true}}]'],
      told: [['event', 'e', JSON.parse('{"__proto__":{"admin":true}}')]],
    },
    { messages: [`42["e",${PART}]`], told: [['event', 'e', { _placeholder: true, num: 0 }]] },
    { messages: [`42["e",${ones(64)}]`], told: [['event', 'e', ...Array.from({ length: 64 }, () => 1)]] },
    { messages: [`42["e",${nested(63)}]`], told: [['event', 'e', JSON.parse(nested(63))]] },
    { messages: [`451-["e",${PART}]`, Buffer.alloc(0)], told: [['event', 'e', Buffer.alloc(0)]] },
    { messages: [`451-["e",${PART}]`, 'bAQI='], told: [['event', 'e', BYTES]] },
    { messages: [`451-["e",{"__proto__":${PART}}]`, BYTES], told: [['event', 'e', ownProto(BYTES)]] },
    { messages: ['43'], told: [] },
    { messages: ['43["x"]'], told: [] },
    { messages: ['431["x"]'], told: [] },
    { messages: ['439007199254740991[]'], told: [] },
    { messages: [`461-7[${PART}]`, BYTES], told: [] },
    { messages: ['3'], told: [] },
    { messages: ['3probe'], told: [] },
    { messages: ['5'], told: [] },
    { messages: ['6'], told: [] },
    { messages: ['0'], told: [] },
    { messages: ['0{}'], told: [] },
  ];

  it.each(HEARD.map(({ messages, told }) => ({ name: title(messages), messages, expected: told })))(
    'is read literally, without side effects: $name',
    async ({ messages, expected }) => {
      const { client, socket, told } = await scene.join();
      client.send(...messages);
      await client.idle();
      expect(told).toEqual(expected);
      expect(socket.connected).toBe(true);
      expect(Reflect.get({}, 'admin')).toBeUndefined();
    },
  );

  it.each([
    ['42007["ask"]', '437["yes"]'],
    ['420["ask"]', '430["yes"]'],
    ['429007199254740991["ask"]', '439007199254740991["yes"]'],
  ])('is answered under its own id: %s', async (text, answer) => {
    const { client, socket } = await scene.join();
    socket.on('ask', (ack: (answer: string) => void) => ack('yes'));
    client.send(text);
    expect(await client.next()).toBe(answer);
    await client.idle();
  });

  it('does not acknowledge an event sent to another client', async () => {
    const [{ client }, answered] = [await scene.join(), vi.fn<() => void>()];
    const asked = [...scene.rig.server.sockets.sockets.values()][0] as Socket;
    asked.emit('ask', answered);
    expect(await scene.neighbour.next()).toBe('420["ask"]');
    client.send('430["forged"]');
    await client.idle();
    expect(answered).not.toHaveBeenCalled();
  });

  it('is dropped if the server disconnected the namespace while it was in transit', async () => {
    const { client, socket, told } = await scene.join();
    socket.disconnect();
    client.send('42["e"]', '420["e"]', `451-["e",${PART}]`, BYTES, '430[]', '41');
    expect(await client.next()).toBe('41');
    await client.join('/other');
    await client.idle('/other');
    expect(told.filter(([what]) => what === 'event' || what === 'error')).toEqual([]);
  });
});
