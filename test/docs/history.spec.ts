/** The examples of docs/history.md work as the page says. */
import { type PastEvent, Server, SocketIoModule } from 'nest-socketio';
import { beforeAll, describe, expect, it } from 'vitest';
import { ask, SOON } from '../support/events.js';
import { Examples } from '../support/examples.js';
import { next, startApp } from '../support/nest-app.js';

const examples = new Examples('docs/history.md');

beforeAll(() => examples.compile());

describe('docs/history.md', () => {
  it('sends the past to a client that enters a room, and serves it in pages', async () => {
    const { HistoryModule } = await examples.load<'HistoryModule'>('history.module');
    const { url, connect } = await startApp({ imports: [HistoryModule] });
    const ann = connect('/talk');
    await next(ann, 'connect');
    for (let number = 1; number <= 25; number++) ann.emit('say', ['kitchen', `message ${number}`]);
    const bob = connect('/talk');
    const heard: string[] = [];
    bob.on('message', (text: string) => heard.push(text));
    await ask(ann, 'enter', 'kitchen');
    expect(await ask(bob, 'enter', 'kitchen')).toEqual([{ events: 20, complete: true }]);
    ann.emit('say', ['kitchen', 'message 26']);
    await expect.poll(() => heard, SOON).toEqual(Array.from({ length: 21 }, (_, index) => `message ${index + 6}`));

    const read = async (query = ''): Promise<PastEvent[]> =>
      (await (await fetch(`${url}/talk/kitchen${query}`)).json()) as PastEvent[];
    const page = await read();
    expect(page.map(({ args }) => args)).toEqual(Array.from({ length: 10 }, (_, index) => [`message ${index + 17}`]));
    const before = await read(`?before=${page[0]?.id}`);
    expect(before.map(({ args }) => args)).toEqual(Array.from({ length: 10 }, (_, index) => [`message ${index + 7}`]));
    await fetch(`${url}/talk/kitchen`, { method: 'DELETE' });
    expect(await read()).toEqual([]);
  });

  it('says that a client that resumes gets the events that it missed, and the latest values', async () => {
    const options = { history: { '/ticks': {} }, connectionStateRecovery: {} };
    const { app, connect } = await startApp({ imports: [SocketIoModule.forRoot(options)] });
    const ticks = app.get(Server).of('/ticks');
    ticks.on('connection', (client) => client.join('nyse'));
    const client = connect('/ticks');
    const received: unknown[][] = [];
    client.onAny((...event: unknown[]) => received.push(event.slice(0, 2)));
    await next(client, 'connect');
    ticks.to('nyse').latest('AAPL').emit('price', 1);
    await expect.poll(() => received, SOON).toEqual([['price', 1]]);
    client.io.engine.close();
    await expect.poll(() => ticks.sockets.size, SOON).toBe(0);
    ticks.to('nyse').latest('AAPL').emit('price', 2);
    ticks.to('nyse').emit('news', 'rain');
    client.connect();
    await expect
      .poll(() => received.slice(1), SOON)
      .toEqual([
        ['news', 'rain'],
        ['price', 2],
      ]);
    expect(client.recovered).toBe(true);
  });
});
