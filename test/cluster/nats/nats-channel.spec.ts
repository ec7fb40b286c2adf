import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type Nats, startNats } from '../../support/nats.js';
import { freePort } from '../../support/process.js';
import { describeWith } from '../../support/requires.js';
import { nats, open, SOON, start, startScopes } from './nats-rig.js';

const LOST = 'NATS is unavailable: the connection was lost';

describeWith('nats-server', 'NatsChannel', () => {
  let shared: Nats;
  beforeAll(async () => {
    shared = await startNats();
  });
  afterAll(() => shared.stop());

  it('carries messages in order between servers, and not to their sender', async () => {
    const { url } = shared;
    const [a, b, other] = await Promise.all([open({ url }), open({ url }), open({ url, channel: 'other' })]);
    await Promise.all(['1', '2', '3'].map((text) => a.say(text)));
    await expect.poll(() => b.texts, SOON).toEqual(['1', '2', '3']);
    expect(b.positions).toEqual([null, null, null]);
    await b.say('4');
    await expect.poll(() => a.texts, SOON).toEqual(['4']);
    expect(other.texts).toEqual([]);
    expect(a.problems).toEqual([]);
    expect(a.broker.store).toBeNull();
  });

  it('confirms many messages with few round trips', async () => {
    const { url } = shared;
    const connection = await connect({ servers: url });
    onTestFinished(() => connection.close());
    let pings = 0;
    const counting = new Proxy(connection, {
      get(target, name) {
        if (name === 'flush') pings++;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const a = await open({ connection: counting });
    const before = pings;
    await Promise.all(Array.from({ length: 100 }, (_, i) => a.say(String(i))));
    expect(pings - before).toBe(2); // one for the first message, one for all that were published meanwhile
  });

  it('separates servers of different scopes', async () => {
    const { url } = shared;
    const [nodes] = await startScopes(url);
    expect(nodes.map(({ texts }) => texts)).toEqual([[], [], []]);
  });

  it('splits messages that are larger than the server accepts', async () => {
    const { url } = shared;
    const [a, b] = await Promise.all([open({ url }), open({ url })]);
    const large = 'x'.repeat(3_000_000);
    await Promise.all([a.say('before'), a.say(large), a.say('after')]);
    await expect.poll(() => b.texts.length, SOON).toBe(3);
    expect(b.texts.map((text) => text.length)).toEqual([6, 3_000_000, 5]);
    expect(b.texts[1] === large).toBe(true);
    await expect(a.broker.publish(Buffer.alloc(64_000_001))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('ignores parts that belong to no message', async () => {
    const { url } = shared;
    const [a, stranger] = await Promise.all([open({ url }), connect({ servers: url })]);
    onTestFinished(() => stranger.close());
    for (const subject of ['x', 'x.0', 'x.1.2', 'x.-1.2', 'x.0.0', 'x.5.3', 'y.0.2', 'y.0.2']) {
      stranger.publish(`nest-socketio.part.${subject}`, 'z');
    }
    stranger.publish('nest-socketio', 'whole');
    await expect.poll(() => a.texts, SOON).toEqual(['whole']);
  });

  it('waits for a server that is absent, and sends what was published meanwhile', async () => {
    const port = await freePort();
    const url = `nats://127.0.0.1:${port}`;
    const [a, b] = await Promise.all([start({ url }), start({ url })]);
    const said = [a.say('1'), a.say('2')];
    await expect.poll(() => a.problems, SOON).toEqual([expect.stringContaining('NATS is unavailable: connect ECONN')]);
    await nats({ port });
    await b.opened;
    await a.opened;
    await Promise.all(said);
    await a.say('3');
    await expect.poll(() => b.texts.at(-1), SOON).toBe('3');
    expect(a.problems.at(-1)).toBeNull();
    expect(a.gaps).toBe(0);
  });

  it('reconnects to a server that was killed, and reports a gap', async () => {
    const first = await nats();
    const { url, port } = first;
    const [a, b] = await Promise.all([open({ url }), open({ url })]);
    await first.stop();
    await expect.poll(() => [a.problems.length, b.problems.length], SOON).toEqual([1, 1]);
    expect(a.problems).toEqual([LOST]);
    const said = [a.say('1'), a.say('2')];
    await nats({ port });
    await Promise.all(said);
    await expect.poll(() => [a.gaps, b.gaps], SOON).toEqual([1, 1]);
    await a.say('3');
    await expect.poll(() => b.texts.at(-1), SOON).toBe('3');
    expect(a.problems).toEqual([LOST, null]);
  });

  it('keeps messages back from a server that is stopped, and delivers them when it continues', async () => {
    const server = shared;
    const { url } = server;
    const [a, b] = await Promise.all([open({ url }), open({ url })]);
    server.signal('SIGSTOP');
    let taken = false;
    const said = a.say('1').then(() => {
      taken = true;
    });
    const second = a.say('2');
    expect(taken).toBe(false);
    server.signal('SIGCONT');
    await Promise.all([said, second]);
    await expect.poll(() => b.texts, SOON).toEqual(['1', '2']);
    expect(b.gaps).toBe(0);
  });

  it('rejects what the server had not confirmed when it was killed', async () => {
    const server = await nats();
    const a = await open({ url: server.url });
    server.signal('SIGSTOP');
    await expect.poll(() => server.isStopped, SOON).toBe(true);
    const said = a.say('1');
    server.signal('SIGKILL');
    await expect(said).rejects.toThrow(LOST);
  });

  it.each([
    ['nats://someone:wrong@', ['--user', 'someone', '--pass', 'right']],
    ['nats://wrong@', ['--auth', 'right']],
    ['nats://', ['--auth', 'right']],
  ])('refuses wrong credentials: %s', async (prefix, args) => {
    const { port } = await nats({ args });
    const { opened } = await start({ url: `${prefix}127.0.0.1:${port}` });
    await expect(opened).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('must have a user name and a password, or a token, that NATS accepts') as string,
    });
    await expect(opened).rejects.not.toThrow('wrong');
  });

  it.each([
    ['nats://some%40one:a%3Ab@', ['--user', 'some@one', '--pass', 'a:b']],
    ['nats://secret@', ['--auth', 'secret']],
  ])('sends the credentials of its URL: %s', async (prefix, args) => {
    const { port } = await nats({ args });
    await open({ url: `${prefix}127.0.0.1:${port}` });
  });

  it('refuses a user who may not subscribe', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nest-socketio-nats-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const config = join(folder, 'nats.conf');
    writeFileSync(config, 'authorization { users: [{ user: u, password: p, permissions: { subscribe: "other" } }] }');
    const { port } = await nats({ args: ['--config', config] });
    const { opened } = await start({ url: `nats://u:p@127.0.0.1:${port}` });
    await expect(opened).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('permission to publish and to subscribe to "nest-socketio"') as string,
    });
  });

  it('tries each of several servers', async () => {
    const [absent, { port }] = await Promise.all([freePort(), nats()]);
    await open({ url: `nats://127.0.0.1:${absent},127.0.0.1:${port}` });
  });

  it('closes within a second, whatever state the server is in', async () => {
    const server = await nats();
    const { url } = server;
    const [idle, stopped, killed] = await Promise.all([open({ url }), open({ url }), open({ url })]);
    expect(await idle.timeToClose()).toBeLessThan(1_000);
    await expect(idle.say('late')).rejects.toMatchObject({ code: 'SERVER_CLOSED' });

    server.signal('SIGSTOP');
    const frozen = await start({ url });
    const said = [stopped.say('x'.repeat(5_000_000)), frozen.say('1')].map((promise) =>
      expect(promise).rejects.toMatchObject({ code: 'SERVER_CLOSED' }),
    );
    expect(await stopped.timeToClose()).toBeLessThan(1_000);
    expect(await frozen.timeToClose()).toBeLessThan(1_000);
    await Promise.all(said);

    await server.stop();
    await expect.poll(() => killed.problems.length, SOON).toBe(1);
    const late = expect(killed.say('1')).rejects.toMatchObject({ code: 'SERVER_CLOSED' });
    expect(await killed.timeToClose()).toBeLessThan(1_000);
    expect(await killed.timeToClose()).toBeLessThan(1_000); // a second time
    await late;
    const absent = await start({ url });
    expect(await absent.timeToClose()).toBeLessThan(1_000);
  });

  it('uses a connection of the application, and leaves it open', async () => {
    const { url } = shared;
    const connection = await connect({ servers: url });
    onTestFinished(() => connection.close());
    const [a, b] = await Promise.all([open({ connection }), open({ url })]);
    await b.say('1');
    await expect.poll(() => a.texts, SOON).toEqual(['1']);
    await a.say('2');
    await expect.poll(() => b.texts, SOON).toEqual(['2']);
    await a.broker.close();
    await b.say('3');
    await connection.flush();
    expect(a.texts).toEqual(['1', '2']); // also its own message
    expect(connection.isClosed()).toBe(false);
  });

  it('follows a connection of the application through a restart, and reports that it was closed', async () => {
    const first = await nats();
    const connection = await connect({ servers: first.url, maxReconnectAttempts: -1, reconnectTimeWait: 100 });
    onTestFinished(() => connection.close());
    const a = await open({ connection });
    await first.stop();
    await nats({ port: first.port });
    await expect.poll(() => a.gaps, SOON).toBe(1);
    await connection.close();
    await expect.poll(() => a.problems, SOON).toEqual([LOST, null, 'NATS is unavailable: the connection was closed']);
    expect(await a.timeToClose()).toBeLessThan(1_000);
    const late = await start({ connection });
    await expect(late.opened).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});
