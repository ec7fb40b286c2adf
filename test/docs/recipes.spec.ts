/** The examples of docs/recipes.md work as the page says. */
import { EventEmitter } from 'node:events';
import type { Provider, Type } from '@nestjs/common';
import { SocketIoModule } from 'nest-socketio';
import type { TestClient } from 'nest-socketio/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { SOON } from '../support/events.js';
import { Examples } from '../support/examples.js';
import { ask, serveInMemory } from '../support/memory-app.js';
import { next, startApp } from '../support/nest-app.js';

const examples = new Examples('docs/recipes.md');

/** Serves the classes of an example, and connects clients with these names. */
async function serve(file: string, classes: readonly string[], namespace: string, names: readonly string[]) {
  const loaded = await examples.load<string>(file);
  const { app, connect } = await serveInMemory(classes.map((name) => loaded[name] as Provider));
  const clients: TestClient[] = [];
  for (const name of names) clients.push(await connect(namespace, { name }));
  return { app, connect, clients: clients as [TestClient, TestClient, TestClient], loaded };
}

describe('recipes.md', () => {
  beforeAll(() => examples.compile());

  it('sends direct messages to all sockets of a user', async () => {
    const { clients } = await serve('direct.gateway', ['DirectGateway'], '/direct', ['ada', 'ada', 'ben']);
    const [ada, other, ben] = clients;
    expect(await ask(ben, 'tell', { to: 'ada', text: 'hello' })).toEqual([]);
    for (const client of [ada, other]) expect(await client.next('told')).toEqual([{ from: 'ben', text: 'hello' }]);
    expect(await ask(ada, 'tell', { to: 'cid', text: 'hello' })).toMatchObject([{ error: { code: 'not_found' } }]);
    expect(await ask(ada, 'tell', { to: 'ben', text: 'hi' })).toEqual([]);
    expect(await other.next('sent')).toEqual([{ to: 'ben', text: 'hi' }]);
  });

  it('keeps clients out of private rooms', async () => {
    const classes = ['Memberships', 'RoomsGateway'];
    const { clients } = await serve('rooms.gateway', classes, '/private', ['ada', 'ben', 'eve']);
    const [ada, ben, eve] = clients;
    for (const client of [ada, ben]) expect(await ask(client, 'join', 'board')).toEqual([]);
    expect(await ask(eve, 'join', 'board')).toMatchObject([{ error: { code: 'forbidden' } }]);
    expect(await ask(eve, 'say', { room: 'board', text: 'psst' })).toMatchObject([{ error: { code: 'forbidden' } }]);
    ada.emit('say', { room: 'board', text: 'hello' });
    expect(await ben.next('said')).toEqual(['hello']);
    await eve.settled();
    expect(eve.received()).toEqual([]);
  });

  it('shows who is online: a user with two tabs is one user', async () => {
    const { clients } = await serve('online.gateway', ['OnlineGateway'], '/online', ['ada', 'ben', 'ben']);
    const [ada, first, second] = clients;
    const { follow } = (await import(`${examples.folder}/online.js`)) as {
      readonly follow: (socket: EventEmitter, show: (users: string[]) => void) => void;
    };
    const page = new EventEmitter();
    const shown: string[][] = [];
    follow(page, (users) => shown.push(users));
    const show = (): string[] | undefined => {
      for (const [event, ...args] of ada.received()) page.emit(event, ...args);
      return shown.at(-1);
    };
    await expect.poll(show, SOON).toEqual(['ada', 'ben']);
    await first.disconnect();
    expect(await ask(ada, 'who')).toEqual([['ada', 'ben']]);
    await second.disconnect();
    expect(await ask(ada, 'who')).toEqual([['ada']]);
    await expect.poll(show, SOON).toEqual(['ada']);
  });

  it('kicks a user with a reason', async () => {
    const { ModerationController } = await examples.load<'ModerationController'>('moderation.controller');
    const { DirectGateway } = await examples.load<'DirectGateway'>('direct.gateway');
    const { app, connect } = await serveInMemory([DirectGateway, ModerationController]);
    const ada = await connect('/direct', { name: 'ada' });
    const controller = app.get(ModerationController as Type<{ kick(name: string): unknown }>);
    expect(controller.kick('ada')).toEqual({ sockets: 1 });
    expect(await ada.next('disconnect_reason')).toEqual([{ code: 'kicked', message: 'Please be kind' }]);
  });

  it('shows who is typing', async () => {
    const { clients } = await serve('typing.gateway', ['TypingGateway'], '/typing', ['ada', 'ben']);
    const [ada, ben] = clients;
    await Promise.all([ask(ada, 'join', 'den'), ask(ben, 'join', 'den')]);
    ada.emit('typing', 'den');
    expect(await ben.next('typing')).toEqual(['ada']);
  });

  it('sends the present prices to a client that comes later', async () => {
    const { PricesModule, Prices } = await examples.load<'PricesModule' | 'Prices'>('prices.module');
    const { app, connect } = await startApp({ imports: [PricesModule] });
    const prices = app.get(Prices as Type<{ publish(market: string, symbol: string, price: number): void }>);
    for (const price of [1, 2]) prices.publish('nyse', 'AAPL', price);
    prices.publish('nyse', 'MSFT', 3);
    const client = connect('/prices');
    const received: unknown[] = [];
    client.on('price', (price) => received.push(price));
    await ask(client, 'watch', 'nyse');
    expect(received).toEqual([
      { symbol: 'AAPL', price: 2 },
      { symbol: 'MSFT', price: 3 },
    ]);
  });

  it('uploads in pieces, with progress', async () => {
    const { clients, connect } = await serve('upload.gateway', ['UploadGateway'], '/upload', ['ada']);
    const { upload } = (await import(`${examples.folder}/upload.js`)) as {
      readonly upload: (
        socket: object,
        file: Buffer,
        onProgress: (part: number) => void,
        size?: number,
      ) => Promise<unknown>;
    };
    const progress: number[] = [];
    const file = Buffer.alloc(250);
    expect(await upload(emitter(clients[0]), file, (part) => progress.push(part), 100)).toEqual({ size: 250 });
    expect(progress).toEqual([0.4, 0.8, 1]);
    const large = emitter(await connect('/upload'));
    await expect(upload(large, Buffer.alloc(10_500_000), () => {}, 900_000)).rejects.toThrow('at most 10000000 bytes');
  });

  it('streams an answer', async () => {
    const { StreamGateway } = await examples.load<'StreamGateway'>('stream.gateway');
    const { connect } = await startApp({ imports: [SocketIoModule.forRoot()], providers: [StreamGateway] });
    const client = connect('/stream');
    await next(client, 'connect');
    const { showAnswer } = (await import(`${examples.folder}/answer.js`)) as {
      readonly showAnswer: (socket: object, question: string, show: (word: string) => void) => Promise<void>;
    };
    const words: string[] = [];
    await showAnswer(client, 'why?', (word) => words.push(word));
    expect(words).toEqual(['You', 'asked:', 'why?']);
  });

  it('limits the calls of a handler', async () => {
    const { clients } = await serve('search.gateway', ['SearchGateway'], '/search', ['ada']);
    const answers = await Promise.all([1, 2, 3].map(() => ask(clients[0], 'find', 'x')));
    expect(answers.slice(0, 2)).toEqual([[['a result for x']], [['a result for x']]]);
    expect(answers[2]).toMatchObject([{ error: { code: 'rate_limited' } }]);
  });

  it('sends from a controller to all but one tab, and from a timer', async () => {
    const { NotesController } = await examples.load<'NotesController'>('notes.controller');
    const { ClockService } = await examples.load<'ClockService'>('clock.service');
    const { TypingGateway } = await examples.load<'TypingGateway'>('typing.gateway');
    const { app, connect } = await serveInMemory([NotesController, ClockService, TypingGateway]);
    const [one, two] = [await connect(), await connect()];
    app.get(NotesController as Type<{ save(note: object, id?: string): void }>).save({ text: 'milk' }, one.id);
    expect(await two.next('note')).toEqual(['milk']);
    app.get(ClockService as Type<{ tick(): void }>).tick();
    expect(await one.next('time')).toEqual([expect.stringMatching(/^\d{4}-/)]);
    expect(one.received().filter(([event]) => event === 'note')).toEqual([]);
  });

  it('shows in all tabs of a user what one of them did', async () => {
    const { clients } = await serve('tabs.gateway', ['TabsGateway'], '/tabs', ['ada', 'ada', 'ben']);
    const [one, two, ben] = clients;
    one.emit('read', 7);
    expect(await two.next('read')).toEqual([7]);
    await ben.settled();
    expect([...one.received(), ...ben.received()]).toEqual([]);
  });

  it('books a payment once, however often it is sent', async () => {
    const { clients, app, loaded } = await serve('payments.gateway', ['PaymentsGateway'], '/payments', ['ada']);
    const { pay } = (await import(`${examples.folder}/pay.js`)) as {
      readonly pay: (socket: object, amount: number) => Promise<unknown>;
    };
    expect(await pay(emitter(clients[0], 2), 30)).toEqual({ receipt: 1 }); // two acknowledgements are lost
    expect(app.get(loaded['PaymentsGateway'] as Type<{ booked: number[] }>).booked).toEqual([30]);
  });
});

/** The part of the stock client that the examples use. @param losses acknowledgements that get lost at first */
function emitter(client: TestClient, losses = 0) {
  const emitWithAck = async (event: string, ...args: unknown[]): Promise<unknown> => {
    const answer: unknown = await client.emitWithAck(event, ...args);
    if (losses-- > 0) throw new Error('operation has timed out');
    return answer;
  };
  return { emitWithAck, timeout: () => ({ emitWithAck }) };
}
