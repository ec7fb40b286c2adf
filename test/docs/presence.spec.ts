/** The examples of docs/presence.md work as the page says, and its packets are those that clients get. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { Examples } from '../support/examples.js';
import { ask, next } from '../support/events.js';
import { startApp } from '../support/nest-app.js';

const examples = new Examples('docs/presence.md');

beforeAll(() => examples.compile());

describe('docs/presence.md', () => {
  it('shows who is in a room', async () => {
    const { LoungeModule } = await examples.load<'LoungeModule'>('lounge.module');
    const { url, connect } = await startApp({ imports: [LoungeModule] });
    const client = connect('/lounge');
    await next(client, 'connect');

    // The client of the page, with the address of this server and a look into its rooms.
    const code = readFileSync(`${examples.folder}/lounge.client.js`, 'utf8').replace('http://localhost:3000', url);
    const body = code.replace(/^import .*\n/m, '').concat('\nreturn { rooms, socket };');
    const run = new Function('io', body) as (io: unknown) => Page;
    const { rooms } = run(() => client);

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
  readonly rooms: Map<string, Map<string, unknown>>;
}
