/**
 * One application with gateways of all kinds, and one suite, run on `@nestjs/platform-socket.io` and on this package.
 * The two differ in the imports of the module and in the entries of `DIFFERENCES`.
 */
import type { INestApplication, ModuleMetadata } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { SocketIoModule } from 'nest-socketio';
import type { AddressInfo } from 'node:net';
import { io, type Socket } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PLATFORMS, type Platform } from '../../support/nest-app.js';
import { received } from '../../support/nest-rig.js';
import { freePort } from '../../support/process.js';
import { DIFFERENCES, type Side } from './differences.js';
import { AuditGateway, ChatGateway, GATEWAYS, portGateway, RoomsGateway, ScopedGateway, Visits } from './gateways.js';

const IMPORTS: Readonly<Record<Side, ModuleMetadata['imports']>> = {
  theirs: [],
  ours: [SocketIoModule.forRoot()],
};

/** The sides whose application includes the request-scoped gateway. */
const SCOPED: ReadonlySet<Side> = new Set(['theirs']);

const INTERNAL = 'Internal server error';

type Outcome = ['ack' | 'event', ...unknown[]][];

/** Sends an event with an acknowledgement. @returns everything the client receives in response */
type Send = (namespace: string, event: string, ...args: unknown[]) => Promise<Outcome>;

/** The expected response to each event, the same on both sides. */
const CASES: [name: string, namespace: string, event: unknown[], outcome: Outcome][] = [
  ['a value', '/chat', ['value', { a: 1 }], [['ack', { a: 1 }]]],
  ['the value 0', '/chat', ['value', 0], [['ack', 0]]],
  ['the value false', '/chat', ['value', false], [['ack', false]]],
  ['an empty text', '/chat', ['value', ''], [['ack', '']]],
  ['an array', '/chat', ['value', [1, 2]], [['ack', [1, 2]]]],
  ['null', '/chat', ['value', null], []],
  ['no data', '/chat', ['value'], []],
  ['several arguments', '/chat', ['value', 1, 'two'], [['ack', [1, 'two']]]],
  ['a promise', '/chat', ['later', 1], [['ack', { later: 1 }]]],
  ['nothing', '/chat', ['nothing'], []],
  ['an event without handler', '/chat', ['unknown', 1], []],
  ['a WsResponse', '/chat', ['response', 5], [['event', 'reply', 5]]],
  ['data that looks like a WsResponse', '/chat', ['value', { event: 'e', data: 1 }], [['event', 'e', 1]]],
  ['an Observable', '/chat', ['stream'], [['ack', 1]]],
  [
    'an Observable of events',
    '/chat',
    ['events'],
    [
      ['event', 'item', 1],
      ['event', 'item', 2],
    ],
  ],
  ['an empty Observable', '/chat', ['empty'], []],
  ['a method without decorators', '/chat', ['plain', 'x'], [['ack', ['Ann', 'x']]]],
  ['a property of the body', '/chat', ['property', { name: 'n' }], [['ack', ['n', '/chat']]]],
  ['a guard that denies', '/secret', ['open', 1], [['event', 'exception', exception('Forbidden resource', 'open', 1)]]],
  ['a guard that permits', '/secret', ['public'], [['ack', 'read']]],
  ['a body that is valid', '/orders', ['place', { item: 'a', amount: 1 }], [['ack', { placed: 'a', dto: false }]]],
  ['a body that is not', '/orders', ['place', { item: 1 }], [['event', 'exception', ['item', 'amount']]]],
  [
    'a body that a pipe transforms',
    '/orders',
    ['rough', { item: 'a', amount: 1 }],
    [['ack', { placed: 'a', dto: true }]],
  ],
  [
    'a body that a plain ValidationPipe refuses',
    '/orders',
    ['rough', { item: 'a' }],
    [['event', 'exception', exception(INTERNAL, 'rough', { item: 'a' })]],
  ],
  ['a property that is parsed', '/orders', ['find', { id: '4' }], [['ack', 4]]],
  [
    'a property that is not',
    '/orders',
    ['find', { id: 'x' }],
    [['event', 'exception', exception(INTERNAL, 'find', { id: 'x' })]],
  ],
  ['a pipe of a method without decorators', '/orders', ['piped', 'a'], [['ack', 'A']]],
  ['a WsException', '/errors', ['text', 1], [['event', 'exception', exception('no', 'text', 1)]]],
  ['a WsException of an object', '/errors', ['object'], [['event', 'exception', { code: 7, why: 'no' }]]],
  ['an HttpException', '/errors', ['http', 1], [['event', 'exception', exception(INTERNAL, 'http', 1)]]],
  ['any other error', '/errors', ['unexpected', 1], [['event', 'exception', exception(INTERNAL, 'unexpected', 1)]]],
  [
    'an Observable that fails',
    '/errors',
    ['late', 1],
    [
      ['ack', 1],
      ['event', 'exception', exception('late', 'late', 1)],
    ],
  ],
  [
    'an error that the filter of the class takes',
    '/errors',
    ['filtered', 1],
    [['event', 'exception', exception('refused: you', 'filtered', 1)]],
  ],
  [
    'an error that a filter acknowledges',
    '/errors',
    ['answered'],
    [['ack', { failed: 'by hand', pattern: 'answered' }]],
  ],
  ['an interceptor', '/wrapped', ['wrap', 1], [['ack', { type: 'ws', pattern: 'wrap', result: [1, 'Ann'] }]]],
  ['a decorator of its own, with a pipe', '/wrapped', ['named'], [['ack', 3]]],
  ['an acknowledgement by hand', '/', ['manual', 1], [['ack', 'by hand', 1]]],
  ['an acknowledgement as third argument', '/', ['third', 1], [['ack', 'third', 1]]],
  ['a method of the parent', '/books', ['get', 7], [['ack', 'book 7']]],
  ['a method that overrides one', '/books', ['kind'], [['ack', 'overrides of the parent']]],
];

function exception(message: string, pattern: string, data: unknown): unknown {
  return { status: 'error', message, cause: { pattern, data } };
}

describe.each(['theirs', 'ours'] as const)('an application on %s', (side) => {
  describe.each(PLATFORMS)('on %s', (platform) => {
    const clients: Socket[] = [];
    let app: INestApplication;
    let url: string;
    let port: number;

    beforeAll(async () => {
      port = await freePort();
      app = await start(side, platform, port);
      url = `http://127.0.0.1:${(app.getHttpServer() as { address(): AddressInfo }).address().port}`;
    });

    afterEach(() => {
      for (const client of clients.splice(0)) client.disconnect();
    });

    afterAll(() => app.close());

    function connect(namespace = '/', options: Parameters<typeof io>[1] = {}, at = url): Socket {
      const client = io(at + namespace, { transports: ['websocket'], forceNew: true, reconnection: false, ...options });
      clients.push(client);
      return client;
    }

    /** Connects a client. */
    async function join(...given: Parameters<typeof connect>): Promise<Socket> {
      const client = connect(...given);
      await new Promise<void>((resolve, reject) => {
        client.once('connect', resolve);
        client.once('connect_error', reject);
      });
      await client.emitWithAck('fence');
      return client;
    }

    const send: Send = async (namespace, event, ...args) => {
      const client = await join(namespace, { auth: { name: 'Ann' } });
      const packets = received(client);
      client.emit(event, ...args, () => {});
      for (let i = 0; i < 3; i++) await client.emitWithAck('fence');
      return packets
        .map(({ type, data }) => [type].concat(data as never) as Outcome[number])
        .filter((packet) => !packet.includes('fenced'));
    };

    it.each(CASES)('answers %s', async (_name, namespace, [event, ...args], outcome) => {
      const answers = await send(namespace, String(event), ...args);
      expect(answers).toEqual(outcome);
    });

    it('notifies a gateway of clients that join and leave, and gives it its namespace', async () => {
      const chat = app.get(ChatGateway);
      expect(chat.seen[0]).toEqual(['afterInit', true, '/chat']);
      chat.seen.length = 0;
      app.get(AuditGateway).seen.length = 0;
      const client = connect('/chat', { auth: { name: 'Bob' } });
      expect(await heard(client, 'welcome')).toEqual(['Bob']);
      client.disconnect();
      await expect
        .poll(() => chat.seen.filter((line) => JSON.stringify(line).includes('Bob')))
        .toEqual([
          ['in', 'Bob'],
          ['out', 'Bob', 'client namespace disconnect', false],
        ]);
      expect(app.get(AuditGateway).seen).toContainEqual(['in', 'Bob']);
    });

    it('reaches rooms and all clients', async () => {
      const [ann, bob, eve] = [await join('/chat'), await join('/chat'), await join('/chat')];
      expect(await bob.emitWithAck('join', 'a room')).toBe('a room');
      const said = heard(bob, 'said');
      const counted = Promise.all([ann, bob, eve].map((client) => heard(client, 'counted')));
      const packets = received(eve);
      expect(await ann.emitWithAck('say', { room: 'a room', text: 'hi' })).toBe(false);
      expect(await said).toEqual(['hi']);
      expect((await counted)[0]).toEqual([expect.any(Number)]);
      expect(packets).not.toContainEqual({ type: 'event', data: ['said', 'hi'] });
    });

    it('calls every gateway that has subscribed to a message', async () => {
      const [chat, audit] = [app.get(ChatGateway), app.get(AuditGateway)];
      const answers = await send('/chat', 'shared');
      expect(answers).toHaveLength(1);
      expect([chat.seen, audit.seen]).toEqual([
        expect.arrayContaining(['shared by Chat']),
        expect.arrayContaining(['shared by Audit']),
      ]);
    });

    it('shows the guard the client', async () => {
      const member = await join('/secret', { auth: { member: true } });
      expect(await member.emitWithAck('open', 1)).toBe('opened');
    });

    it('serves namespaces by pattern', async () => {
      const client = await join('/room-7');
      const asked = heard(client, 'asked');
      expect(await client.emitWithAck('where')).toBe('/room-7');
      expect(await asked).toEqual(['/room-7']);
      expect(app.get(RoomsGateway).seen).toContain('/room-7');
      const stranger = connect('/room-x');
      expect(await heard(stranger, 'connect_error')).toEqual([
        expect.objectContaining({ message: 'Invalid namespace' }),
      ]);
    });

    it('serves a gateway with its own path', async () => {
      const client = await join('/news', { path: '/own' });
      expect(await client.emitWithAck('count')).toBe(1);
      await expect(join('/news')).rejects.toThrow('Invalid namespace');
    });

    it('serves a gateway with its own port', async () => {
      const client = await join('/', {}, `http://127.0.0.1:${port}`);
      expect(await client.emitWithAck('count')).toBe(1);
    });

    if (SCOPED.has(side))
      it('keeps one instance of a request-scoped gateway per connection', async () => {
        const [ann, bob] = [await join('/scoped'), await join('/scoped')];
        expect([await ann.emitWithAck('visit'), await ann.emitWithAck('visit')]).toEqual([1, 2]);
        expect(await bob.emitWithAck('visit')).toBe(1);
      });

    it('differs in the page of a foreign origin', async () => {
      await join('/', { extraHeaders: { origin: 'http://friend.example' } });
      const client = connect('/', { extraHeaders: { origin: 'http://elsewhere.example' } });
      const told = await Promise.race([
        heard(client, 'connect').then(() => 'let in'),
        heard(client, 'connect_error').then(([error]) => (error as Error).message),
      ]);
      expect(told).toEqual(DIFFERENCES['the page of a foreign origin'][side]);
    });

    it('differs in long polling', async () => {
      const { status } = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
      expect(status).toEqual(DIFFERENCES['long polling'][side]);
    });

    it('differs in what is known of a client that has left', async () => {
      const chat = app.get(ChatGateway);
      const client = await join('/chat', { auth: { name: 'Zoe' } });
      await client.emitWithAck('join', 'a room');
      client.disconnect();
      const rooms = DIFFERENCES['what is known of a client that has left'][side];
      await expect.poll(() => chat.roomsLeft.get('Zoe')).toEqual(rooms);
    });
  });
});

async function start(side: Side, platform: Platform, port: number): Promise<INestApplication> {
  const testing = await Test.createTestingModule({
    imports: [...(IMPORTS[side] ?? [])],
    providers: [...GATEWAYS, portGateway(port), ...(SCOPED.has(side) ? [Visits, ScopedGateway] : [])],
  }).compile();
  const app =
    platform === 'Express'
      ? testing.createNestApplication(new ExpressAdapter(), { logger: false })
      : testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  await app.listen(0, '127.0.0.1');
  return app;
}

/** Resolves to the arguments of the next event with this name. */
function heard(client: Socket, event: string): Promise<unknown[]> {
  return new Promise((resolve) => {
    client.once(event, (...args: unknown[]) => resolve(args));
  });
}
