/** The examples of docs/handlers.md work as the page says. */
import type { Type } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, LazyModuleLoader } from '@nestjs/core';
import { TestClient } from 'nest-socketio/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { RESERVED_EVENTS } from '../../lib/protocol/internal.js';
import { Examples } from '../support/examples.js';
import { ask, serveInMemory } from '../support/memory-app.js';

const examples = new Examples('docs/handlers.md');
describe('handlers.md', () => {
  beforeAll(() => examples.compile());

  it('shows events, their names and the catch-all', async () => {
    const { LobbyGateway } = await examples.load<'LobbyGateway'>('lobby.gateway');
    const { app, connect } = await serveInMemory([LobbyGateway]);
    const [ada, ben] = await Promise.all([connect('/lobby'), connect('/lobby')]);
    ada.emit('say', 'hello');
    expect(await ben.next('said')).toEqual(['hello']);
    expect(await ask(ben, 'room:join', 'cave', true)).toEqual([1]);
    expect(await ask(ada, 'room:enter', 'cave', false)).toEqual([1]);
    expect(await ben.next('entered')).toEqual([ada.id]);
    expect(await ask(ada, 'seldom', 1, 2)).toEqual([]);
    expect(app.get(LobbyGateway as Type<{ unknown: unknown }>).unknown).toEqual([['seldom', 1, 2]]);
  });

  it('lists the names that are reserved by the protocol', () => {
    const [, names = ''] = /reserves the names (.*?)\./s.exec(examples.text) ?? [];
    expect((names.match(/(?<=`)\w+(?=`)/g) ?? []).toSorted()).toEqual([...RESERVED_EVENTS].toSorted());
  });

  it.each([
    ['nothing', []],
    ['nil', [null]],
    ['list', [[1, 2]]],
    ['several', [1, 2]],
    ['later', ['later']],
    ['stream', ['last']],
    ['byHand', ['by hand']],
    ['missing', [{ error: { code: 'not_found', status: 404, message: 'no such thing' } }]],
  ])('shows the acknowledgement of "%s"', async (event, expected) => {
    const { AnswersGateway } = await examples.load<'AnswersGateway'>('answers.gateway');
    const { connect } = await serveInMemory([AnswersGateway]);
    expect(await ask(await connect('/answers'), event)).toEqual(expected);
  });

  it('reports errors; of internal errors, only an id', async () => {
    const { AnswersGateway } = await examples.load<'AnswersGateway'>('answers.gateway');
    const { connect } = await serveInMemory([AnswersGateway]);
    const client = await connect('/answers');
    const internal = { code: 'internal', message: 'Internal server error', id: expect.any(String) as string };
    expect(await ask(client, 'broken')).toEqual([{ error: internal }]);
    client.emit('broken');
    expect(await client.next('exception')).toEqual([internal]);
    expect(client.failures()).toHaveLength(2);
  });

  it('shows how clients connect and disconnect', async () => {
    const { DoorsGateway } = await examples.load<'DoorsGateway'>('doors.gateway');
    const { app, connect } = await serveInMemory([DoorsGateway]);
    await expect(connect('/doors')).rejects.toMatchObject({ message: 'a name is required', data: { retry: true } });
    await expect(connect('/doors', { name: 'guest' })).rejects.toMatchObject({ message: 'Connection refused' });
    const ali = await connect('/doors', { name: 'Ali' });
    expect(await ali.next('welcome')).toEqual(['Ali']);
    await ali.disconnect();
    expect(app.get(DoorsGateway as Type<{ left: unknown }>).left).toEqual(['Ali: client namespace disconnect, true']);
  });

  it('shows namespaces by pattern, RegExp and predicate', async () => {
    const { RoomsGateway, PetsGateway, PrivateGateway, LoungeGateway } = await examples.load<
      'RoomsGateway' | 'PetsGateway' | 'PrivateGateway' | 'LoungeGateway'
    >('rooms.gateway');
    const { connect } = await serveInMemory([RoomsGateway, PetsGateway, PrivateGateway, LoungeGateway]);
    expect(await ask(await connect('/rooms/42'), 'where', 'a chair')).toEqual(['a chair in 42']);
    expect(await ask(await connect('/rooms/lounge'), 'where', 'a chair')).toEqual(['in the lounge']);
    expect(await ask(await connect('/dogs'), 'kind')).toEqual(['dogs']);
    expect(await ask(await connect('/private-7', { token: 'sesame' }), 'secret')).toEqual([42]);
    await expect(connect('/private-7')).rejects.toMatchObject({ message: 'Invalid namespace' });
    await expect(connect('/birds')).rejects.toMatchObject({ message: 'Invalid namespace' });
  });

  it('shows the order of guards, interceptors, pipes and filters', async () => {
    const { OrderedGateway, Trace, Softener } = await examples.load<'OrderedGateway' | 'Trace' | 'Softener'>(
      'ordered.gateway',
    );
    const { steps } = (await import(`${examples.folder}/ordered.gateway.js`)) as { steps: string[] };
    const useValue = new Trace('application');
    const globals = [APP_GUARD, APP_INTERCEPTOR, APP_PIPE].map((provide) => ({ provide, useValue }));
    const filter = { provide: APP_FILTER, useValue: new Softener('application') };
    const { connect } = await serveInMemory([OrderedGateway, ...globals, filter]);
    await expect(connect('/ordered', { banned: true })).rejects.toMatchObject({ message: 'Forbidden resource' });
    expect(steps.splice(0)).toEqual(['guard application of connect']);
    const client = await connect('/ordered');
    steps.length = 0;
    expect(await ask(client, 'say', 'hello')).toEqual([]);
    const way = ['application', 'class', 'method'];
    expect(steps.splice(0)).toEqual([
      ...way.map((name) => `guard ${name} of say`),
      ...way.map((name) => `interceptor ${name}`),
      ...[...way, 'parameter'].map((name) => `pipe ${name}`),
      'handler',
      ...way.toReversed().map((name) => `interceptor ${name} after`),
    ]);
    expect(await ask(client, 'say', '')).toEqual([{ sorry: 'say something', about: 'say' }]);
    expect(steps.splice(0).filter((step) => step.startsWith('filter'))).toEqual(['filter method']);
    await client.disconnect();
    expect(steps.filter((step) => /guard|leave/.test(step))).toEqual(['leave false']);
  });

  it('shows validation', async () => {
    const { SignUpGateway } = await examples.load<'SignUpGateway'>('signup.gateway');
    const { connect } = await serveInMemory([SignUpGateway]);
    const client = await connect('/signup');
    expect(await ask(client, 'email', { email: 'ali@example.com' })).toEqual(['ali@example.com']);
    expect(await ask(client, 'email', { email: 7 })).toMatchObject([
      {
        error: {
          code: 'bad_request',
          details: [{ path: 'email', message: 'email must be an email', code: 'isEmail' }],
        },
      },
    ]);
    expect(await ask(client, 'profile', { age: '21' })).toEqual([21]);
    expect(await ask(client, 'profile', { age: 7 })).toMatchObject([
      { error: { code: 'bad_request', details: [{ path: 'age', message: expect.stringContaining('>=18') }] } },
    ]);
  });

  it('shows a gateway with an instance per connection', async () => {
    const { VisitsGateway, Visit } = await examples.load<'VisitsGateway' | 'Visit'>('visit.gateway');
    const { connect } = await serveInMemory([VisitsGateway, Visit]);
    const [ada, ben] = await Promise.all([connect('/visits'), connect('/visits')]);
    await ask(ada, 'click');
    expect(await ask(ada, 'click')).toEqual([[ada.id, 2]]);
    expect(await ask(ben, 'click')).toEqual([[ben.id, 1]]);
  });

  it('shows a module that is loaded later', async () => {
    // As in an application, the module is evaluated only when it is loaded.
    const { app } = await serveInMemory([]);
    const loader = app.get(LazyModuleLoader);
    const { Host } = await examples.load<'Host'>('quiz.module');
    await (new Host(loader) as { openQuiz: () => Promise<void> }).openQuiz();
    const player = await TestClient.connect(app, '/quiz');
    expect(await ask(player, 'guess', 6)).toEqual([false]);
    expect(await ask(player, 'guess', 7)).toEqual([true]);
    expect(await player.next('over')).toEqual([]);
  });

  it('shows events that are handled one at a time', async () => {
    const { LedgerGateway } = await examples.load<'LedgerGateway'>('ledger.gateway');
    const { app, connect } = await serveInMemory([LedgerGateway]);
    const client = await connect('/ledger');
    await Promise.all([ask(client, 'book', 20), ask(client, 'book', 1)]);
    expect(app.get(LedgerGateway as Type<{ booked: unknown }>).booked).toEqual([20, 1]);
  });

  it('shows typed events', async () => {
    const { TypedGateway } = await examples.load<'TypedGateway'>('typed.gateway');
    const { connect } = await serveInMemory([TypedGateway]);
    const [ada, ben] = await Promise.all([connect('/typed'), connect('/typed')]);
    expect(await ask(ada, 'say', 'hello')).toEqual([{ id: 1 }]);
    expect(await ben.next('said')).toEqual(['hello', 1]);
  });
});
