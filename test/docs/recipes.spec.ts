/** The examples of docs/recipes.md work as the page says. */
import type { Provider, Type } from '@nestjs/common';
import type { TestClient } from 'nest-socketio/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { Examples } from '../support/examples.js';
import { ask, serveInMemory } from '../support/memory-app.js';

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

  it('announces users when their first socket comes and their last one goes', async () => {
    const { clients } = await serve('online.gateway', ['OnlineGateway'], '/online', ['ada', 'ben', 'ben']);
    const [ada, first, second] = clients;
    expect(await ask(ada, 'who')).toEqual([['ada', 'ben']]);
    await first.disconnect();
    await second.disconnect();
    await ada.settled();
    expect(ada.received()).toEqual([
      ['online', 'ben'],
      ['offline', 'ben'],
    ]);
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
    await Promise.all([ask(ada, 'enter', 'den'), ask(ben, 'enter', 'den')]);
    ada.emit('typing', 'den');
    expect(await ben.next('typing')).toEqual([ada.id]);
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

  it('streams an answer, and acknowledges when it is complete', async () => {
    const { clients } = await serve('stream.gateway', ['StreamGateway'], '/stream', ['ada']);
    const [ada] = clients;
    expect(await ask(ada, 'ask', { id: 7, question: 'why?' })).toEqual([{ count: 3 }]);
    expect(ada.received()).toEqual(['You', 'asked:', 'why?'].map((token) => ['token', 7, token]));
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
