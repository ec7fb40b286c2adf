/**
 * Two workers of one `node:cluster`. Over `@socket.io/cluster-adapter`, one has our server and the other a server of the
 * `socket.io` package; over the broker `cluster:`, both have ours.
 */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Socket } from 'socket.io-client';
import { requireBuild } from '../support/build.js';
import { connect } from '../support/cluster.js';
import { SOON } from '../support/events.js';
import { next } from '../support/nest-app.js';
import { type Program, start } from '../support/process.js';

const FOLDER = fileURLToPath(new URL('../support/node-cluster', import.meta.url));

/** The clients of a test: each controls the server that it is connected to. */
let ann: Socket;
let bob: Socket;

describe.each([
  ['@socket.io/cluster-adapter', ['ours', 'peer']],
  ['the broker cluster:', ['one', 'two']],
] as const)('a cluster of processes over %s', (_name, kinds) => {
  let program: Program;
  let urls: readonly string[];

  beforeAll(async () => {
    requireBuild();
    const [first, second] = kinds.map((kind) => `(?=[^]*${kind} listens on (\\S+) )`);
    program = start(process.execPath, ['primary.mjs', ...kinds], new RegExp(`${first}${second}`), { cwd: FOLDER });
    urls = (await program.printed).slice(1);
  });

  afterAll(() => program.stop());

  beforeEach(async () => {
    [ann, bob] = [connect(urls[0] as string), connect(urls[1] as string)];
    await Promise.all([next(ann, 'connect'), next(bob, 'connect')]);
    for (const client of [ann, bob]) await foundBy(client, [], [ann.id, bob.id]);
  });

  it('reaches the clients of both servers', async () => {
    const message = ['hello', Buffer.from([1, 2])];
    for (const client of [ann, bob]) {
      const heard = Promise.all([next(ann, 'all'), next(bob, 'all')]);
      await call(client, ['emit', 'all', ...message]);
      expect(await heard).toEqual([message, message]);
    }
    const direct = Promise.all([next(ann, 'direct'), next(bob, 'direct')]);
    await call(ann, ['to', bob.id], ['emit', 'direct', 1]);
    await call(bob, ['to', ann.id], ['emit', 'direct', 2]);
    expect(await direct).toEqual([[2], [1]]);
  });

  it('joins and leaves rooms, and excludes the given clients', async () => {
    await call(ann, ['socketsJoin', 'den']);
    for (const client of [ann, bob]) await foundBy(client, [['in', 'den']], [ann.id, bob.id]);
    const heard = Promise.all([next(ann, 'said'), next(bob, 'said')]);
    await call(ann, ['to', 'den'], ['except', ann.id], ['emit', 'said', 'to bob']);
    await call(bob, ['to', 'den'], ['except', bob.id], ['emit', 'said', 'to ann']);
    expect(await heard).toEqual([['to ann'], ['to bob']]);
    await call(bob, ['in', ann.id], ['socketsLeave', 'den']);
    await foundBy(ann, [['in', 'den']], [bob.id]);
    await call(ann, ['in', 'den'], ['socketsLeave', 'den']);
    await foundBy(bob, [['in', 'den']], []);
  });

  it('collects the acknowledgements of both servers', async () => {
    ann.on('question', (answer) => answer('ann'));
    bob.on('question', (answer) => answer('bob'));
    for (const client of [ann, bob]) {
      const answers = await call(client, ['timeout', 10_000], ['emitWithAck', 'question']);
      expect(new Set(answers as string[])).toEqual(new Set(['ann', 'bob']));
    }
  });

  it('disconnects the clients of the other server', async () => {
    const bobLeft = next(bob, 'disconnect');
    ann.emit('do', [['in', bob.id], ['disconnectSockets']]);
    expect((await bobLeft)[0]).toBe('io server disconnect');
    await next(bob.connect(), 'connect');
    const annLeft = next(ann, 'disconnect');
    bob.emit('do', [['in', ann.id], ['disconnectSockets']]);
    expect((await annLeft)[0]).toBe('io server disconnect');
  });

  it('lets the servers talk to each other', async () => {
    expect(await call(ann, ['serverSideEmit', 'who?'])).toEqual([null, [kinds[1]]]);
    expect(await call(bob, ['serverSideEmit', 'who?'])).toEqual([null, [kinds[0]]]);
  });

  it('keeps the order of the events of each server, across rooms', async () => {
    const heard: number[] = [];
    bob.on('counted', (number: number) => heard.push(number));
    await call(ann, ['in', bob.id], ['socketsJoin', ['odd', 'even']]);
    await foundBy(ann, [['in', 'odd']], [bob.id]);
    for (let i = 0; i < 300; i++)
      ann.emit('do', [
        ['to', i % 2 === 0 ? 'even' : 'odd'],
        ['emit', 'counted', i],
      ]);
    await expect.poll(() => heard.length, SOON).toBe(300);
    expect(heard).toEqual(Array.from({ length: 300 }, (_, i) => i));
  });

  if (kinds[0] === 'one') {
    it('has what published adapters lack', async () => {
      await expect.poll(() => call(ann, ['countSockets']), SOON).toBe(2);
      expect(new Set((await call(ann, ['fetchSocketIds'])) as string[])).toEqual(new Set([ann.id, bob.id]));
      bob.on('question', (answer) => answer(42));
      expect(await call(ann, ['to', bob.id], ['call', 'question'])).toBe(42);
      const reason = next(bob, 'disconnect_reason');
      ann.emit('do', [
        ['in', bob.id],
        ['disconnectSockets', true, { code: 'kicked', message: 'Out' }],
      ]);
      expect(await reason).toEqual([{ code: 'kicked', message: 'Out' }]);
    });
  }
});

type Call = readonly [method: string, ...args: unknown[]];

/** Makes a client's server call a chain of methods. @returns the result of the last call */
function call(client: Socket, ...chain: readonly Call[]): Promise<unknown> {
  return client.timeout(10_000).emitWithAck('do', chain);
}

/** Resolves when a client's server finds these sockets. */
async function foundBy(client: Socket, chain: readonly Call[], ids: readonly unknown[]): Promise<void> {
  const find = async (): Promise<Set<unknown>> => {
    const sockets = (await call(client, ...chain, ['fetchSockets'])) as { id: string }[];
    return new Set(sockets.map(({ id }) => id));
  };
  await expect.poll(find, SOON).toEqual(new Set(ids));
}
