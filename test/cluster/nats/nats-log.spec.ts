import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { expect, it, onTestFinished } from 'vitest';
import type { Nats } from '../../support/nats.js';
import { describeWith } from '../../support/requires.js';
import { nats, type Node, open, say, SOON, start, timeToClose } from './nats-rig.js';

const MINUTE = 60_000;

/** Starts a server with JetStream. */
async function jetStream(folder = storeFolder()): Promise<Nats & { readonly folder: string }> {
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
  it('delivers all messages to all servers in one order, each with its position', async () => {
    const { url } = await jetStream();
    const [a, b] = await Promise.all([open({ url }, MINUTE), open({ url }, MINUTE)]);
    const texts = Array.from({ length: 50 }, (_, i) => String(i));
    await Promise.all([...texts.map((text) => say(a, `a${text}`)), ...texts.map((text) => say(b, `b${text}`))]);
    await expect.poll(() => [a.received.length, b.received.length], SOON).toEqual([100, 100]);
    expect(b.received).toEqual(a.received);
    expect(b.positions).toEqual(a.positions);
    expect(new Set(a.positions).size).toBe(100);
    for (const name of ['a', 'b']) {
      expect(a.received.filter((text) => text.startsWith(name))).toEqual(texts.map((text) => name + text));
    }
  });

  it('reads a range of messages, both ends included', async () => {
    const { url } = await jetStream();
    const a = await open({ url }, MINUTE);
    expect(await read(a, a.store.start, a.store.start)).toEqual([]); // nothing was published before
    for (const text of ['1', '2', '3', '4']) await say(a, text);
    const b = await open({ url }, MINUTE);
    await say(b, '5');
    await expect.poll(() => a.received.length, SOON).toBe(5);
    expect(b.received).toEqual(['5']);
    const [first = '', second = '', , fourth = '', fifth = ''] = positions(a);
    expect(b.store.start).toBe(fourth);
    expect(await read(b, second, fourth)).toEqual(['2', '3', '4']);
    expect(await read(b, a.store.start, first)).toEqual(['1']);
    expect(await read(b, fifth, fifth)).toEqual(['5']);
    expect((await b.store.read(second, fourth))?.map(({ position }) => position)).toEqual(positions(a).slice(1, 4));
    expect(await read(b, fourth.replace(/\d+$/, '17'), fifth)).toBeNull();
    expect(await read(b, '0-0', '0-1')).toBeNull();
    expect(await read(b, 'nonsense', fifth)).toBeNull();
  });

  it('does not read on from a message that was dropped', async () => {
    const server = await jetStream();
    const a = await open({ url: server.url }, MINUTE);
    for (const text of ['1', '2', '3']) await say(a, text);
    await expect.poll(() => a.received.length, SOON).toBe(3);
    const [first = '', second = '', third = ''] = positions(a);
    await (await manager(server)).streams.purge('nest-socketio', { keep: 1 });
    expect(await read(a, first, third)).toBeNull();
    expect(await read(a, second, third)).toEqual(['3']); // nothing after the second one was dropped
    expect(await read(a, third, third)).toEqual(['3']);
  });

  it('separates servers of different scopes', async () => {
    const { url } = await jetStream();
    const nodes = await Promise.all(['', '3000-chat', '3000-admin'].map((scope) => start({ url }, MINUTE, scope)));
    await Promise.all(nodes.map(({ opened }) => opened));
    const same = await start({ url }, MINUTE, '3000-chat');
    await same.opened;
    await Promise.all(nodes.map((node, i) => say(node, String(i))));
    await expect.poll(() => same.received, SOON).toEqual(['1']);
    await expect.poll(() => nodes.map(({ received }) => received), SOON).toEqual([['0'], ['1'], ['2']]);
  });

  it('splits large messages, and reads those that begin before the range', async () => {
    const { url } = await jetStream();
    const [a, b] = await Promise.all([open({ url }, MINUTE), open({ url }, MINUTE)]);
    const large = 'x'.repeat(2_500_000);
    await Promise.all([say(a, '1'), say(a, large), say(b, '2'), say(a, '3')]);
    await expect.poll(() => b.received.length, SOON).toBe(4);
    expect(b.received).toContain(large);
    const at = positions(b);
    const sizes = async (from: string): Promise<number[] | undefined> =>
      (await b.store.read(from, at[3] as string))?.map(({ bytes }) => bytes.length);
    expect(await sizes(at[0] as string)).toEqual(b.received.map((text) => text.length));
    const index = b.received.indexOf(large);
    expect(await sizes(at[index] as string)).toEqual(b.received.slice(index).map((text) => text.length));
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
    const first = await jetStream();
    const { url, port, folder } = first;
    const [a, b] = await Promise.all([open({ url }, MINUTE), open({ url }, MINUTE)]);
    await say(a, '1');
    await expect.poll(() => b.received, SOON).toEqual(['1']);
    await first.stop();
    await expect.poll(() => a.problems.length, SOON).toBe(1);
    const said = [say(a, '2'), say(a, '3')];
    const session = a.store.put([{ key: 'k', bytes: Buffer.from('v'), ttl: MINUTE }]);
    await nats({ port, folder });
    await Promise.all([...said, session]);
    await expect
      .poll(() => [a.received, b.received], SOON)
      .toEqual([
        ['1', '2', '3'],
        ['1', '2', '3'],
      ]);
    expect([a.gaps, b.gaps]).toEqual([0, 0]);
    expect(await read(b, b.store.start, positions(a)[2] as string)).toEqual(['1', '2', '3']);
    expect((await b.store.take('k'))?.toString()).toBe('v');
    expect(a.problems).toEqual(['the connection to NATS was lost', null]);
  });

  it('starts over when the server has lost its data, and reports a gap', async () => {
    const first = await jetStream();
    const { url, port } = first;
    const [a, b] = await Promise.all([open({ url }, MINUTE), open({ url }, MINUTE)]);
    for (const text of ['1', '2']) await say(a, text);
    await expect.poll(() => b.received, SOON).toEqual(['1', '2']);
    const old = positions(b);
    await first.stop();
    await expect.poll(() => a.problems.length, SOON).toBe(1);
    const said = say(a, '3');
    await nats({ port, folder: storeFolder() });
    await said;
    await expect.poll(() => b.received, SOON).toEqual(['1', '2', '3']);
    expect([a.gaps, b.gaps]).toEqual([1, 1]);
    expect(await read(b, old[0] as string, old[1] as string)).toBeNull();
    expect(await read(b, old[0] as string, positions(b)[2] as string)).toBeNull();
  });

  it('creates the stream again when it was deleted', async () => {
    const server = await jetStream();
    const a = await open({ url: server.url }, MINUTE);
    await (await manager(server)).streams.delete('nest-socketio');
    await expect(say(a, 'lost')).rejects.toThrow('no responders');
    await say(a, '1');
    await expect.poll(() => a.received, SOON).toEqual(['1']);
    expect(a.gaps).toBe(1);
  });

  it('waits for a server that is stopped', async () => {
    const server = await jetStream();
    const [a, b] = await Promise.all([open({ url: server.url }, MINUTE), open({ url: server.url }, MINUTE)]);
    server.signal('SIGSTOP');
    const said = [say(a, '1'), say(a, '2')];
    const session = a.store.take('unknown');
    server.signal('SIGCONT');
    await Promise.all(said);
    expect(await session).toBeNull();
    await expect.poll(() => b.received, SOON).toEqual(['1', '2']);
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
    const server = await jetStream();
    const { url } = server;
    const [idle, stopped, killed] = await Promise.all([
      open({ url }, MINUTE),
      open({ url }, MINUTE),
      open({ url }, MINUTE),
    ]);
    expect(await timeToClose(idle)).toBeLessThan(1_000);

    server.signal('SIGSTOP');
    const pending = [say(stopped, '1'), stopped.store.read(stopped.store.start, stopped.store.start)].map((promise) =>
      expect(promise).rejects.toMatchObject({ code: 'SERVER_CLOSED' }),
    );
    expect(await timeToClose(stopped)).toBeLessThan(1_000);
    await Promise.all(pending);

    await server.stop();
    await expect.poll(() => killed.problems.length, SOON).toBe(1);
    const waiting = expect(killed.store.take('k')).rejects.toMatchObject({ code: 'SERVER_CLOSED' });
    expect(await timeToClose(killed)).toBeLessThan(1_000);
    await waiting;
  });

  it('uses a connection of the application', async () => {
    const { url } = await jetStream();
    const connection = await connect({ servers: url });
    onTestFinished(() => connection.close());
    const a = await open({ connection }, MINUTE);
    await say(a, '1');
    await expect.poll(() => a.received, SOON).toEqual(['1']);
    await a.broker.close();
    expect(connection.isClosed()).toBe(false);
  });
});
