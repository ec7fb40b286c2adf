import { Adapter } from 'socket.io-adapter';
import { afterEach, describe, expect, it } from 'vitest';
import type { ParentNamespace, Server } from '../../../lib/server/internal.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { startServer, told } from '../../support/server-rig.js';

afterEach(cleanUp);

const parentOf = (server: Server, pattern: Parameters<Server['of']>[0]) => server.of(pattern) as ParentNamespace;

describe('createChild', () => {
  it('creates a child before a client asks for it', async () => {
    const rig = await startServer();
    const parent = parentOf(rig.server, (_name, _auth, next) => next(null, false));
    const seen: string[] = [];
    parent.on('connection', ({ nsp }) => seen.push(nsp.name));
    const child = parent.createChild('/a');
    expect([...parent.children]).toEqual([child]);
    expect(rig.server.of('/a')).toBe(child);
    await (await rig.open()).join('/a');
    expect(seen).toEqual(['/a']);
  });

  it('keeps the child when its last client leaves', async () => {
    const rig = await startServer();
    const parent = parentOf(rig.server, /^\/a/);
    const child = parent.createChild('/a');
    const client = await rig.open();
    const left = told(child.sockets.get(await client.join('/a')) as never, 'disconnect');
    client.send('41/a,');
    await left;
    expect(rig.server.has('/a')).toBe(true);
  });

  it('returns the namespace if it exists already', async () => {
    const { server } = await startServer();
    const parent = parentOf(server, /^\/a/);
    expect(parent.createChild('/a')).toBe(parent.createChild('/a'));
    expect(parent.createChild('/b')).toBe(server.of('/b'));
    expect([...parent.children].map(({ name }) => name)).toEqual(['/a', '/b']);
  });
});

describe('serverSideEmitWithAck', () => {
  it('resolves with the responses to all children', async () => {
    class Answering extends Adapter {
      override serverSideEmit(packet: unknown[]): void {
        (packet.at(-1) as (error: null, responses: unknown[]) => void)(null, [packet[0], packet[1]]);
      }
    }
    const { server } = await startServer({ adapter: Answering });
    const parent = parentOf(server, /^\/a/);
    parent.createChild('/a1');
    parent.createChild('/a2');
    await expect(parent.serverSideEmitWithAck('load', 1)).resolves.toEqual(['load', 1, 'load', 1]);
  });

  it('rejects if one of them fails', async () => {
    let count = 0;
    class Failing extends Adapter {
      override serverSideEmit(packet: unknown[]): void {
        const done = packet.at(-1) as (error: Error | null, responses?: unknown[]) => void;
        if (++count === 1) done(null, ['one']);
        else done(new Error('gone'));
      }
    }
    const { server } = await startServer({ adapter: Failing });
    const parent = parentOf(server, /^\/a/);
    for (const name of ['/a1', '/a2', '/a3']) parent.createChild(name);
    await expect(parent.serverSideEmitWithAck('load')).rejects.toMatchObject({
      message: 'not every other server answered "load": gone',
      responses: ['one'],
    });
  });
});
