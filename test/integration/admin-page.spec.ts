/** The admin page of Nest applications: its routes, its namespace, and its messages in a cluster of two servers. */
import type { Server } from 'nest-socketio';
import { map, type Observable } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import type {
  ClientsAnswer,
  EventInfo,
  ExplainAnswer,
  Overview,
  RoomsAnswer,
  Traffic,
} from '../../lib/nest/admin/admin-protocol.js';
import { ADMIN, GUARDED, startAdminApp, startTwoAdminApps } from '../support/admin-app.js';
import { SOON } from '../support/events.js';
import { ManualClock } from '../support/manual-clock.js';
import { next, PLATFORMS } from '../support/nest-app.js';
import { ask, refused } from '../support/nest-rig.js';
import type { Socket } from 'socket.io-client';

/** The answer to one message of the page. */
async function asked<T>(page: Socket, event: string, ...args: unknown[]): Promise<T> {
  return (await ask(page, event, ...args))[0] as T;
}

const code = async (page: Socket, event: string, ...args: unknown[]): Promise<string | undefined> =>
  (await asked<{ error?: { code: string } }>(page, event, ...args)).error?.code;

/** Counts the instruments that watch a server from now on. */
function watchersOf(server: Server): () => number {
  let count = 0;
  const { telemetry } = server;
  const watch = telemetry.watch.bind(telemetry);
  telemetry.watch = (instrument) => {
    count++;
    const unwatch = watch(instrument);
    return () => {
      count--;
      unwatch();
    };
  };
  return () => count;
}

const ROUTES = [
  '/_live',
  '/_live/page.js',
  '/_live/page.css',
  '/_live/client.js',
  '/_live/views/client.js',
  '/_live/ticket',
  '/_live/x.js',
];

describe.each(PLATFORMS)('the routes of the page on %s', (platform) => {
  it('serve the page to those that the guard lets in', async () => {
    const app = await startAdminApp({ platform });
    const html = await app.get('/_live?from=mail');
    expect(html.status).toBe(200);
    expect(html.headers.get('content-type')).toMatch(/^text\/html; ?charset=utf-8$/);
    expect(Object.fromEntries(html.headers)).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    const policy = html.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).toContain(`connect-src 'self' ws://${new URL(app.url).host} `);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    const text = await html.text();
    expect(text).toContain('<base href="_live/" />');
    expect(text).toContain('<meta name="socketio-path" content="/socket.io" />');
    expect(text).toContain('<meta name="socketio-namespace" content="/_live" />');
    expect(text).not.toContain('{{');

    const script = await app.get('/_live/page.js');
    expect(script.headers.get('content-type')).toMatch(/^text\/javascript/);
    expect(await script.text()).toContain("from './views/client.js'");
    expect(await (await app.get('/_live/views/client.js')).text()).toContain("from '../dom.js'");
    expect(await (await app.get('/_live/connection.js')).text()).toContain("import('./client.js')");
    expect((await app.get('/_live/page.css')).headers.get('content-type')).toMatch(/^text\/css/);
    expect(await (await app.get('/_live/client.js')).text()).toMatch(/export\s*\{/);
    for (const path of ['page.html', 'page.ts', 'tsconfig.json', '..%2fadmin-page.js', 'toString']) {
      expect((await app.get(`/_live/${path}`)).status, path).toBe(404);
    }
  });

  it.each([
    ['no cookie', {}],
    ['the wrong role', { cookie: 'role=guest' }],
  ])('answer a visitor with %s as the guard answers for any route', async (_name, headers) => {
    const app = await startAdminApp({ platform });
    const answers = new Set<string>();
    for (const path of ROUTES) {
      const response = await fetch(app.url + path, { headers });
      const { 'content-security-policy': policy = null } = Object.fromEntries(response.headers);
      answers.add(JSON.stringify([response.status, policy, await response.text()]));
    }
    const forbidden = { message: 'Forbidden resource', error: 'Forbidden', statusCode: 403 };
    expect([...answers]).toEqual([JSON.stringify([403, null, JSON.stringify(forbidden)])]);
  });

  it('apply the global prefix, and keep their own policy and body whatever the application adds', async () => {
    class Envelope {
      intercept(_: unknown, next: { handle(): Observable<unknown> }): Observable<unknown> {
        return next.handle().pipe(map((data) => ({ data })));
      }
    }
    const app = await startAdminApp({
      platform,
      prepare: (nest) => {
        nest.setGlobalPrefix('api');
        nest.useGlobalInterceptors(new Envelope());
        nest.use((_request: unknown, response: { setHeader(name: string, value: string): void }, done: () => void) => {
          response.setHeader('Content-Security-Policy', "default-src 'self'");
          done();
        });
      },
    });
    const html = await app.get('/api/_live');
    expect(html.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await html.text()).toContain('<base href="_live/" />');
    expect((await app.get('/_live')).status).toBe(404);
    const { ticket } = (await (await app.get('/api/_live/ticket')).json()) as { ticket: string };
    await app.visit(ticket);
  });
});

describe('the namespace of the page', () => {
  it('lets a ticket in once, within 30 seconds, and is unknown to everybody else', async () => {
    const clock = new ManualClock(1_000);
    const app = await startAdminApp({ server: { clock } });
    const unknown = await refused(app.connect('/nowhere'));
    const ticket = await app.ticket();
    const late = await app.ticket();
    await app.visit(ticket);
    clock.advance(30_000);
    for (const auth of [
      {},
      { ticket },
      { ticket: late },
      { ticket: 'x'.repeat(32) },
      { ticket: 7 },
      { ticket: { a: 1 } },
    ]) {
      expect(await refused(app.connect('/_live', { auth })), JSON.stringify(auth)).toEqual(unknown);
    }
  });

  it('issues no ticket to a page of another origin', async () => {
    const app = await startAdminApp();
    expect((await app.get('/_live/ticket', { ...ADMIN, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await app.get('/_live/ticket', { ...ADMIN, 'sec-fetch-site': 'same-origin' })).status).toBe(200);
  });

  it('admits a ticket of another server, once', async () => {
    const [one, other] = await startTwoAdminApps();
    const ticket = await one.ticket();
    await other.visit(ticket);
    expect(await refused(one.connect('/_live', { auth: { ticket } }))).toMatchObject({ message: 'Invalid namespace' });
    expect(await refused(other.connect('/_live', { auth: { ticket } }))).toMatchObject({
      message: 'Invalid namespace',
    });
  });

  it('ends visits of a user whose access is revoked', async () => {
    const app = await startAdminApp();
    const page = await app.visit();
    const gone = next(page, 'disconnect');
    app.server.disconnectUser('alice');
    await gone;
  });
});

describe('a page without a guard', () => {
  it('is open in development, with a warning', async () => {
    const app = await startAdminApp({ admin: true });
    expect((await fetch(`${app.url}/_live`)).status).toBe(200);
    expect(app.log.warnings.filter((line) => line.includes('admin'))).toEqual([
      expect.stringContaining(
        'the admin page /_live is open to everybody: give it a guard, admin: { guard: AdminGuard }',
      ),
    ]);
    expect(await asked<Overview>(await app.visit(), 'overview')).toMatchObject({ readOnly: false });
  });

  it('does not exist in production, with a warning', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    const app = await startAdminApp({ admin: true });
    for (const path of ROUTES) expect((await fetch(app.url + path)).status, path).toBe(404);
    expect(await refused(app.connect('/_live'))).toEqual(await refused(app.connect('/nowhere')));
    expect(app.log.warnings.filter((line) => line.includes('admin'))).toEqual([
      expect.stringContaining(
        'the admin page /_live does not exist, because it has no guard and NODE_ENV is production',
      ),
    ]);
  });

  it('exists in production with a guard, without a warning', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    const app = await startAdminApp();
    expect((await app.get('/_live')).status).toBe(200);
    expect(app.log.warnings.filter((line) => line.includes('admin'))).toEqual([]);
  });
});

describe('the messages of the page', () => {
  it('show the clients, rooms, events and figures of all servers, without the page itself', async () => {
    const [one, other] = await startTwoAdminApps({ server: { telemetry: { journal: true } } });
    const page = await one.visit();
    await asked(page, 'overview'); // the first visit: from now on events are counted
    const [ann, bob] = [await one.join(), await other.join()];
    await Promise.all([ask(ann, 'enter', 'den'), ask(bob, 'enter', 'den')]);
    await ask(bob, 'say', 'hello');
    await ask(ann, 'say', 'fail');
    one.server.of('/chat').to('den').emit('news', 1);

    const overview = await asked<Overview>(page, 'overview');
    expect(overview).toMatchObject({ readOnly: false, payloads: false, journal: true });
    expect(overview.namespaces).toEqual([
      { name: '/chat', clients: 2, rooms: 1 },
      { name: '/', clients: 0, rooms: 0 },
    ]);
    expect(
      overview.nodes.map(({ clients, rooms, serves, degraded }) => ({ clients, rooms, serves, degraded })),
    ).toEqual(Array.from({ length: 2 }, () => ({ clients: 1, rooms: 1, serves: true, degraded: null })));
    expect(overview.nodes.every(({ memory }) => (memory ?? 0) > 1_000_000)).toBe(true);
    expect(overview.failures).toMatchObject([
      { level: 'error', message: expect.stringContaining('the database is away') },
    ]);

    const { total, clients, silent } = await asked<ClientsAnswer>(page, 'clients', { namespace: '/chat', room: 'den' });
    expect({ total, silent }).toEqual({ total: 2, silent: [] });
    expect(clients.map(({ id }) => id)).toEqual([bob.id, ann.id]);
    expect(clients[0]).toMatchObject({
      namespace: '/chat',
      address: '127.0.0.1',
      rooms: ['den'],
      roomCount: 1,
      user: null,
    });
    const first = await asked<ClientsAnswer>(page, 'clients', { search: (ann.id as string).toUpperCase(), limit: 1 });
    expect(first).toMatchObject({ total: 1, clients: [{ id: ann.id, roundTrip: null, waitingBytes: 0 }] });

    expect(await asked<RoomsAnswer>(page, 'rooms', { search: 'DE' })).toEqual({
      total: 1,
      rooms: [{ namespace: '/chat', name: 'den', clients: 2 }],
      silent: [],
    });

    const events = await asked<EventInfo[]>(page, 'events');
    expect(events.every(({ namespace }) => namespace === '/chat')).toBe(true);
    expect(events.find(({ event }) => event === 'say')).toMatchObject({ received: 2, failed: 1, rejected: 0 });
    expect(events.find(({ event }) => event === 'news')).toMatchObject({ received: 0, sent: 2, p50: null });
    expect(events.find(({ event }) => event === 'say')?.p99).toBeGreaterThan(0);

    const why = { namespace: '/chat', rooms: ['den'], except: [], who: bob.id };
    const explained = await asked<ExplainAnswer>(page, 'explain', why);
    expect(explained).toMatchObject({ selection: 'to("den")', clients: [{ id: bob.id, isSelected: true }] });
    expect(explained.text).toContain(bob.id);
  });

  it('act on clients of all servers, and log each action once', async () => {
    const [one, other] = await startTwoAdminApps();
    const page = await one.visit();
    const [ann, bob] = [await one.join(), await other.join()];
    const [annId, bobId] = [ann.id, bob.id];
    const heard = Promise.all([next(ann, 'news'), next(bob, 'news')]);
    expect(await asked(page, 'send', { namespace: '/chat', to: null, event: 'news', args: [1, 'a'] })).toEqual({});
    expect(await heard).toEqual([
      [1, 'a'],
      [1, 'a'],
    ]);
    for (const { id } of [ann, bob]) {
      expect(await asked(page, 'join', { namespace: '/chat', client: id, room: 'den' })).toEqual({});
    }
    await expect
      .poll(() => asked<RoomsAnswer>(page, 'rooms'), SOON)
      .toMatchObject({ rooms: [{ name: 'den', clients: 2 }] });
    const inRoom = next(bob, 'room');
    await asked(page, 'send', { namespace: '/chat', to: 'den', event: 'room', args: [] });
    await inRoom;
    expect(await asked(page, 'leave', { namespace: '/chat', client: bob.id, room: 'den' })).toEqual({});
    await expect.poll(() => asked<RoomsAnswer>(page, 'rooms'), SOON).toMatchObject({ rooms: [{ clients: 1 }] });
    const [told, gone] = [next(bob, 'disconnect_reason'), next(bob, 'disconnect')];
    expect(await asked(page, 'kick', { namespace: '/chat', client: bob.id, reason: 'be nice' })).toEqual({});
    expect((await told)[0]).toMatchObject({ message: 'be nice' });
    expect((await gone)[0]).toBe('io server disconnect');
    const annGone = next(ann, 'disconnect');
    await asked(page, 'kick', { namespace: '/chat', client: ann.id });
    await annGone;

    const lines = [one, other].flatMap(({ log }) => log.debugs).filter((line) => line.startsWith('admin page:'));
    expect(lines).toEqual(
      [
        'sent "news" to everybody in /chat',
        `let client "${annId}" join "den" in /chat`,
        `let client "${bobId}" join "den" in /chat`,
        'sent "room" to "den" in /chat',
        `let client "${bobId}" leave "den" in /chat`,
        `disconnected client "${bobId}" of /chat`,
        `disconnected client "${annId}" of /chat`,
      ].map((what) => `admin page: "alice" at "127.0.0.1" ${what}`),
    );
  });

  it('follow a client of any server, without its payloads, until it leaves', async () => {
    const [one, other] = await startTwoAdminApps();
    const page = await one.visit();
    for (const app of [one, other]) {
      const client = await app.join();
      expect(await asked(page, 'follow', { namespace: '/chat', client: client.id })).toEqual({});
      const batch = next<[Traffic]>(page, 'traffic');
      await ask(client, 'say', 'secret');
      app.server.of('/chat').emit('news', 'secret');
      const [{ events, ...traffic }] = await batch;
      expect(traffic).toEqual({ namespace: '/chat', client: client.id, leftOut: 0, ended: null });
      expect(events.map(({ direction, event, args, dropped }) => [direction, event, args, dropped])).toEqual([
        ['in', 'say', null, false],
        ['out', 'news', null, false],
      ]);
      const end = next<[Traffic]>(page, 'traffic');
      client.disconnect();
      expect((await end)[0]).toMatchObject({ events: [], ended: 'client namespace disconnect' });
    }
    expect(JSON.stringify([one.log, other.log])).not.toContain('secret');
  });

  it('show payloads if the option allows it, and stop with unfollow and with the visit', async () => {
    const [one, other] = await startTwoAdminApps({ admin: { ...GUARDED, payloads: true } });
    const page = await one.visit();
    const bob = await other.join();
    await asked(page, 'overview'); // figures are watched from the first visit
    const watchers = watchersOf(other.server);
    await asked(page, 'follow', { namespace: '/chat', client: bob.id });
    const batch = next<[Traffic]>(page, 'traffic');
    await ask(bob, 'say', 'hello');
    expect((await batch)[0].events).toMatchObject([{ event: 'say', args: ['hello'] }]);
    await asked(page, 'unfollow');
    expect(one.log.debugs.join()).toContain(`"alice" at "127.0.0.1" follows client "${bob.id}" of /chat`);
    await expect.poll(() => watchers(), SOON).toBe(0);
    await asked(page, 'follow', { namespace: '/chat', client: bob.id });
    expect(watchers()).toBe(1);
    page.disconnect();
    await expect.poll(() => watchers(), SOON).toBe(0);
  });

  it('only watch with readOnly', async () => {
    const app = await startAdminApp({ admin: { ...GUARDED, readOnly: true } });
    const page = await app.visit();
    const client = await app.join();
    const request = { namespace: '/chat', client: client.id, room: 'den' };
    for (const event of ['join', 'leave', 'kick']) expect(await code(page, event, request), event).toBe('read_only');
    expect(await code(page, 'send', { namespace: '/chat', to: null, event: 'news', args: [] })).toBe('read_only');
    expect(await asked<Overview>(page, 'overview')).toMatchObject({ readOnly: true });
    expect(await asked<ClientsAnswer>(page, 'clients')).toMatchObject({ clients: [{ id: client.id, roomCount: 0 }] });
  });

  it('refuse wrong arguments, names of the protocol and unknown clients', async () => {
    const app = await startAdminApp();
    const page = await app.visit();
    const client = { namespace: '/chat', client: 'nobody' };
    const wrong: [event: string, ...args: unknown[]][] = [
      ['clients', { limit: 501 }],
      ['clients', { namespace: '/_live' }],
      ['explain'],
      ['send', { namespace: '/chat', to: null, event: 'connect', args: [] }],
      ['send', { namespace: '/_live', to: null, event: 'traffic', args: [] }],
      ['follow', { namespace: '/_live', client: page.id }],
      ['kick', { namespace: '/_live', client: page.id }],
      ['join', client],
    ];
    for (const [event, ...args] of wrong) expect(await code(page, event, ...args), event).toBe('bad_request');
    for (const event of ['follow', 'kick']) expect(await code(page, event, client), event).toBe('not_found');
    expect(await code(page, 'join', { ...client, room: 'den' })).toBe('not_found');
    expect(await asked(page, 'unfollow')).toEqual({});
  });
});
