/** The examples of docs/presence.md work as the page says, and its packets are those that clients get. */
import type { Socket } from 'socket.io-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { Examples } from '../support/examples.js';
import { ask, next } from '../support/events.js';
import { later, startApp } from '../support/nest-app.js';

const examples = new Examples('docs/presence.md');

beforeAll(() => examples.compile());

describe('docs/presence.md', () => {
  it('shows who is in a room', async () => {
    const { LoungeModule } = await examples.load<'LoungeModule'>('lounge.module');
    const { url } = await startApp({ imports: [LoungeModule] });
    examples.compile(Number(new URL(url).port));
    const { socket: client, rooms } = (await import(`${examples.folder}/lounge.client.js`)) as Page;
    later(() => client.disconnect());
    await next(client, 'connect');

    const texts: string[] = [];
    client.io.engine.on('packet', ({ data }) => void texts.push(`4${String(data)}`));
    const stated = next(client, 'presence_state');
    await ask(client, 'enter', 'Ann');
    await stated;
    expect(rooms.get('bar')).toEqual(new Map([['ann', { name: 'Ann' }]]));
    const changed = next(client, 'presence_diff');
    await ask(client, 'busy', 'Ann');
    await changed;
    expect(rooms.get('bar')).toEqual(new Map([['ann', { name: 'Ann', status: 'busy' }]]));
    expect(await ask(client, 'count')).toEqual([1]);

    const [state, diff] = texts.filter((text) => text.includes('presence_'));
    expect(examples.text).toContain('42/lounge,["presence_state","bar",[["ann",{"name":"Ann"}],["ben",null]]]');
    expect(state).toBe('42/lounge,["presence_state","bar",[["ann",{"name":"Ann"}]]]');
    expect(examples.text).toContain(
      '42/lounge,["presence_diff","bar",{"joins":[["zoe",{"name":"Zoe"}]],"leaves":["ben"]}]',
    );
    expect(diff).toBe(
      '42/lounge,["presence_diff","bar",{"joins":[["ann",{"name":"Ann","status":"busy"}]],"leaves":[]}]',
    );
  });
});

interface Page {
  readonly socket: Socket;
  readonly rooms: Map<string, Map<string, unknown>>;
}
