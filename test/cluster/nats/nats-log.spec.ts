import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type Nats, startNats } from '../../support/nats.js';
import { describeWith } from '../../support/requires.js';
import { nats, type Node, open, SOON, start, startScopes } from './nats-rig.js';

const MINUTE = 60_000;

/** Starts a server with JetStream, for a test that stops it. */
async function ownServer(): Promise<Nats & { readonly folder: string }> {
  const folder = storeFolder();
  return { ...(await nats({ folder })), folder };
}

function storeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nest-socketio-nats-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function manager({ url }: Nats): Promise<JetStreamManager> {
  const connection = await connect({ servers: url });
  onTestFinished(() => connection.close());
  return jetstreamManager(connection);
}

async function read({ store }: Node, from: string, to: string): Promise<string[] | null> {
  const found = await store.read(from, to);
  return found === null ? null : found.map(({ bytes }) => bytes.toString());
}

function positions(node: Node): string[] {
  return node.positions.map(String);
}

describeWith('nats-server', 'NatsLog', () => {
  let shared: Nats;
  let sharedFolder: string;
  beforeAll(async () => {
    sharedFolder = mkdtempSync(join(tmpdir(), 'nest-socketio-nats-'));
    shared = await startNats({ folder: sharedFolder });
  });
  afterAll(async () => {
    await shared.stop();
    rmSync(sharedFolder, { recursive: true, force: true });
  });

  /** The shared server, without the streams of earlier tests. */
  async function jetStream(): Promise<Nats> {
    const { streams } = await manager(shared);
    for await (const name of streams.names()) await streams.delete(name);
    return shared;
  }

  it('delivers all messages to all servers in one order, each with its position', async () => {
    const { url } = await jetStream();
    const [a, b] = await Promise.all([open({ url }, MINUTE), open({ url }, MINUTE)]);
    const texts = Array.from({ length: 50 }, (_, i) => String(i));
    await Promise.all([...texts.map((text) => a.say(`a${text}`)), ...texts.map((text) => b.say(`b${text}`))]);
    await expect.poll(() => [a.texts.length, b.texts.length], SOON).toEqual([100, 100]);
    expect(b.texts).toEqual(a.texts);
    expect(b.positions).toEqual(a.positions);
    expect(new Set(a.positions).size).toBe(100);
    for (const name of ['a', 'b']) {
      expect(a.texts.filter((text) => text.startsWith(name))).toEqual(texts.map((text) => name + text));
    }
  });

  it('reads a range of messages, both ends included', async () => {
    const { url } = await jetStream();
    const a = await open({ url }, MINUTE);
    for (const text of ['1', '2', '3', '4']) await a.say(text);
    const b = await open({ url }, MINUTE);
    await b.say('5');
    await expect.poll(() => a.texts.length, SOON).toBe(5);
    expect(b.texts).toEqual(['5']);
    const [first = '', second = '', , fourth = '', fifth = ''] = positions(a);
    expect(await read(b, second, fourth)).toEqual(['2', '3', '4']);
    expect(await read(b, first, first)).toEqual(['1']);
    expect(await read(b, fifth, fifth)).toEqual(['5']);
    expect((await b.store.read(second, fourth))?.map(({ position }) => position)).toEqual(positions(a).slice(1, 4));
    expect(await read(b, fourth.replace(/\d+$/, '17'), fifth)).toBeNull();
    expect(await read(b, '0-0', '0-1')).toBeNull();
    expect(await read(b, 'nonsense', fifth)).toBeNull();
  });

  it('does not read on from a message that was dropped', async () => {
    const server = await jetStream();
    const a = await open({ url: server.url }, MINUTE);
    for (const text of ['1', '2', '3']) await a.say(text);
    await expect.poll(() => a.texts.length, SOON).toBe(3);
    const [first = '', second = '', third = ''] = positions(a);
    await (await manager(server)).streams.purge('nest-socketio', { keep: 1 });
    expect(await read(a, first, third)).toBeNull();
    expect(await read(a, second, third)).toEqual(['3']); // nothing after the second one was dropped
    expect(await read(a, third, third)).toEqual(['3']);
  });

  it('separates servers of different scopes', async () => {
    const { url } = await jetStream();
    const [nodes] = await startScopes(url, MINUTE);
    await expect.poll(() => nodes.map(({ texts }) => texts), SOON).toEqual([['0'], ['1'], ['2']]);
  });

  it('splits large messages, and reads those that begin before the range', async () => {
    const { url } = await jetStream();
    const [a, b] = await Promise.all([open({ url }, MINUTE), open({ url }, MINUTE)]);
    const large = 'x'.repeat(2_500_000);
    await Promise.all([a.say('1'), a.say(large), b.say('2'), a.say('3')]);
    await expect.poll(() => b.texts.length, SOON).toBe(4);
    expect(b.texts).toContain(large);
    const at = positions(b);
    const sizes = async (from: string): Promise<number[] | undefined> =>
      (await b.store.read(from, at[3] as string))?.map(({ bytes }) => bytes.length);
    expect(await sizes(at[0] as string)).toEqual(b.texts.map((text) => text.length));
    const index = b.texts.indexOf(large);
    expect(await sizes(at[index] as string)).toEqual(b.texts.slice(index).map((text) => text.length));
  });

  it('stores values until they expire, and gives each to one of those that take it', async () => {
    const { url } = await jetStream();
    const [a, b] = await Promise.all([open({ url }, MINUTE), open({ url }, MINUTE)]);
    const value = (key: string, text: string, ttl = MINUTE) => ({ key, bytes: Buffer.from(text), ttl });
    await a.store.put([value('one', '1'), value('a key with . * > and spaces', '2'), value('gone', '3', 0)]);
    await a.store.put([value('one', 'one'), value('long', '4', 5 * MINUTE), value('removed', '5'), value('kept', '')]);
    await a.store.remove(['removed', 'unknown']);
    expect(await b.store.take('gone')).toBeNull();
    expect(await b.store.take('removed')).toBeNull();
    expect(await b.store.take('unknown')).toBeNull();
    expect((await b.store.take('a key with . * > and spaces'))?.toString()).toBe('2');
    expect((await b.store.take('long'))?.toString()).toBe('4');
    expect((await b.store.take('kept'))?.length).toBe(0);
    const taken = await Promise.all([a, b, a, b].map(({ store }) => store.take('one')));
    expect(taken.filter((bytes) => bytes !== null).map(String)).toEqual(['one']);
    await a.store.put([value('one', 'again')]);
    expect((await b.store.take('one'))?.toString()).toBe('again');
    expect(await b.store.take('one')).toBeNull();
  });

  it('limits the stream, and keeps what an operator has set', async () => {
    const server = await jetStream();
    const { streams } = await manager(server);
    const subjects = ['nest-socketio', 'nest-socketio.part.>'];
    await streams.add({ name: 'nest-socketio', subjects, storage: 'memory', max_bytes: 1_000_000 });
    const a = await open({ url: server.url }, MINUTE);
    await a.store.put([{ key: 'long', bytes: Buffer.alloc(0), ttl: 3 * MINUTE }]);
    await open({ url: server.url }, 2 * MINUTE);
    const [events, values] = await Promise.all(['', '+values'].map((name) => streams.info(`nest-socketio${name}`)));
    expect(events?.config).toMatchObject({ max_age: 120e9, max_msgs: 1_000, storage: 'memory', max_bytes: 1_000_000 });
    expect(values?.config).toMatchObject({ max_age: 180e9, max_msgs_per_subject: 1, storage: 'file' });
  });

  it('loses nothing when the server is killed and restarted with its data', async () => {
    const first = await ownServer();
    const { url, port, folder } = first;
    const [a, b] = await Promise.all([open({ url }, MINUTE), open({ url }, MINUTE)]);
    await a.say('1');
    await expect.poll(() => b.texts, SOON).toEqual(['1']);
    await first.stop();
    await expect.poll(() => a.problems.length, SOON).toBe(1);
    const said = [a.say('2'), a.say('3')];
    const session = a.store.put([{ key: 'k', bytes: Buffer.from('v'), ttl: MINUTE }]);
    await nats({ port, folder });
    await Promise.all([...said, session]);
    await expect
      .poll(() => [a.texts, b.texts], SOON)
      .toEqual([
        ['1', '2', '3'],
        ['1', '2', '3'],
      ]);
    expect([a.gaps, b.gaps]).toEqual([0, 0]);
    expect(await read(b, positions(b)[0] as string, positions(a)[2] as string)).toEqual(['1', '2', '3']);
    expect((await b.store.take('k'))?.toString()).toBe('v');
    expect(a.problems).toEqual(['NATS is unavailable: the connection was lost', null]);
  });

  it('starts over when the server has lost its data, and reports a gap', async () => {
    const first = await ownServer();
    const { url, port } = first;
    const [a, b] = await Promise.all([open({ url }, MINUTE), open({ url }, MINUTE)]);
    for (const text of ['1', '2']) await a.say(text);
    await expect.poll(() => b.texts, SOON).toEqual(['1', '2']);
    const old = positions(b);
    await first.stop();
    await expect.poll(() => a.problems.length, SOON).toBe(1);
    const said = a.say('3');
    await nats({ port, folder: storeFolder() });
    await said;
    await expect.poll(() => b.texts, SOON).toEqual(['1', '2', '3']);
    expect([a.gaps, b.gaps]).toEqual([1, 1]);
    expect(await read(b, old[0] as string, old[1] as string)).toBeNull();
    expect(await read(b, old[0] as string, positions(b)[2] as string)).toBeNull();
  });

  it('creates the stream again when it was deleted', async () => {
    const server = await jetStream();
    const a = await open({ url: server.url }, MINUTE);
    await (await manager(server)).streams.delete('nest-socketio');
    await expect(a.say('lost')).rejects.toThrow('no responders');
    await a.say('1');
    await expect.poll(() => a.texts, SOON).toEqual(['1']);
    expect(a.gaps).toBe(1);
  });

  it('waits for a server that is stopped', async () => {
    const server = await jetStream();
    const [a, b] = await Promise.all([open({ url: server.url }, MINUTE), open({ url: server.url }, MINUTE)]);
    server.signal('SIGSTOP');
    const said = [a.say('1'), a.say('2')];
    const session = a.store.take('unknown');
    server.signal('SIGCONT');
    await Promise.all(said);
    expect(await session).toBeNull();
    await expect.poll(() => b.texts, SOON).toEqual(['1', '2']);
    expect(b.gaps).toBe(0);
  });

  it('refuses a server without JetStream', async () => {
    const { url } = await nats();
    const { opened } = await start({ url }, MINUTE);
    await expect(opened).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('start nats-server with -js') as string,
    });
  });

  it('closes within a second, whatever state the server is in', async () => {
    const server = await ownServer();
    const { url } = server;
    const [idle, stopped, killed] = await Promise.all([
      open({ url }, MINUTE),
      open({ url }, MINUTE),
      open({ url }, MINUTE),
    ]);
    expect(await idle.timeToClose()).toBeLessThan(1_000);

    server.signal('SIGSTOP');
    const pending = [stopped.say('1'), stopped.store.read('0-0', '0-0')].map((promise) =>
      expect(promise).rejects.toMatchObject({ code: 'SERVER_CLOSED' }),
    );
    expect(await stopped.timeToClose()).toBeLessThan(1_000);
    await Promise.all(pending);

    await server.stop();
    await expect.poll(() => killed.problems.length, SOON).toBe(1);
    const waiting = expect(killed.store.take('k')).rejects.toMatchObject({ code: 'SERVER_CLOSED' });
    expect(await killed.timeToClose()).toBeLessThan(1_000);
    await waiting;
  });

  it('uses a connection of the application', async () => {
    const { url } = await jetStream();
    const connection = await connect({ servers: url });
    onTestFinished(() => connection.close());
    const a = await open({ connection }, MINUTE);
    await a.say('1');
    await expect.poll(() => a.texts, SOON).toEqual(['1']);
    await a.broker.close();
    expect(connection.isClosed()).toBe(false);
  });
});
