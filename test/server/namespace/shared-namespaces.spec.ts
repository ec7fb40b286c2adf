/** Rules that serve namespaces together, and namespaces that a server emits to without serving them. */
import { Adapter } from 'socket.io-adapter';
import { afterEach, describe, expect, it } from 'vitest';
import { type NameRule, type NamespaceMatcher, type ParentNamespace, Server } from '../../../lib/server/internal.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { deferred, type ServerRig, startServer } from '../../support/server-rig.js';

afterEach(cleanUp);

const INVALID = (nsp: string): string => `44${nsp},{"message":"Invalid namespace"}`;

const everybody: NamespaceMatcher = (_name, _auth, next) => next(null, true);

/** The log line for a handler that is left out. */
function leftOut(event: string, rule: string): unknown[] {
  return [
    `"/room" is served by several patterns that handle "${event}": the handler of ${rule} is left out`,
    undefined,
  ];
}

function startingWith(key: string): NameRule {
  return { key, serves: (name) => name.startsWith(key) };
}

/** Shares a rule whose handler of `who` answers with its key. */
function share(rig: ServerRig, rule: NameRule | NamespaceMatcher, label: string, event = 'who'): ParentNamespace {
  const parent = rig.server.share(rule, label);
  parent.onEvent(event, (socket, { id }) => socket.acknowledge(id as number, [label]));
  return parent as ParentNamespace;
}

describe('shared rules', () => {
  it('serve a namespace together; if several handle an event, the first rule wins', async () => {
    const rig = await startServer();
    const parents = [
      share(rig, startingWith('/r'), 'r'),
      share(rig, startingWith('/ro'), 'ro', 'more'),
      share(rig, startingWith('/roo'), 'roo'),
      share(rig, startingWith('/roo!'), 'none'),
    ];
    for (const parent of parents.slice(0, 3)) parent.onEvent('*', () => {});
    const client = await rig.open();
    await client.join('/room');
    client.send('42/room,1["who"]', '42/room,2["more"]');
    expect([await client.next(), await client.next()]).toEqual(['43/room,1["r"]', '43/room,2["ro"]']);
    expect(parents.map(({ children }) => [...children].map(({ name }) => name))).toEqual([
      ['/room'],
      ['/room'],
      ['/room'],
      [],
    ]);
    expect(rig.log.errors).toEqual([leftOut('*', 'ro'), leftOut('who', 'roo'), leftOut('*', 'roo')]);
    client.send('41/room,');
    await expect.poll(() => parents.every(({ children }) => children.size === 0)).toBe(true);
    expect(rig.server.has('/room')).toBe(false);
  });

  it('also serve a namespace that is opened by name, but not together with unshared patterns', async () => {
    const rig = await startServer();
    const [one, other] = [share(rig, startingWith('/r'), 'r'), share(rig, startingWith('/ro'), 'ro', 'more')];
    const child = rig.server.of('/room');
    expect([[...one.children], [...other.children]]).toEqual([[child], [child]]);
    const alone = await startServer();
    const first = alone.server.of(/^\/r/) as ParentNamespace;
    const shared = share(alone, startingWith('/ro'), 'ro');
    const client = await alone.open();
    await client.join('/room');
    alone.server.of('/rook');
    expect([first.children.size, shared.children.size]).toEqual([2, 0]);
  });

  it('share one parent if they are the same', async () => {
    const rig = await startServer();
    expect(rig.server.share(startingWith('/r'), 'one')).toBe(rig.server.share(startingWith('/r'), 'two'));
    expect(rig.server.share(everybody, 'one')).toBe(rig.server.share(everybody, 'two'));
    expect(rig.server.share(startingWith('/a'), 'one')).not.toBe(rig.server.share(startingWith('/b'), 'one'));
  });

  it('call functions last, all of them, and again for every client', async () => {
    const rig = await startServer();
    const asked: string[] = [];
    const allowing =
      (word: string): NamespaceMatcher =>
      (name, auth, next) => {
        asked.push(`${word} ${name}`);
        next(null, String(auth['words']).includes(word));
      };
    share(rig, allowing('a'), 'a');
    share(rig, allowing('b'), 'b', 'more');
    share(rig, startingWith('/r'), 'r');
    const client = await rig.open();
    await client.join('/room');
    expect(asked).toEqual([]);
    client.send('40/x,{"words":"ab"}');
    expect(await client.next()).toMatch(/^40\/x,/);
    client.send('42/x,1["who"]', '42/x,2["more"]');
    expect([await client.next(), await client.next()]).toEqual(['43/x,1["a"]', '43/x,2["b"]']);
    const other = await rig.open();
    for (const words of ['', 'a', 'b']) {
      other.send(`40/x,{"words":"${words}"}`);
      expect(await other.next()).toBe(INVALID('/x'));
    }
    other.send('40/x,{"words":"ba"}');
    expect(await other.next()).toMatch(/^40\/x,/);
    expect(asked).toEqual(Array.from({ length: 5 }, () => ['a /x', 'b /x']).flat());
  });

  it('refuse a client that a function did not allow, even if the namespace was created in the meantime', async () => {
    const rig = await startServer();
    const go = deferred();
    share(rig, everybody, 'everybody');
    share(
      rig,
      (_name, { slow, member }, next) => {
        if (slow === true) void go.promise.then(() => next(null, false));
        else next(null, member === true);
      },
      'members',
    );
    const [early, late] = [await rig.open(), await rig.open()];
    early.send('40/x,{"slow":true}');
    early.send('40');
    await early.next();
    late.send('40/x,{"member":true}');
    expect(await late.next()).toMatch(/^40\/x,/);
    go.resolve();
    expect(await early.next()).toBe(INVALID('/x'));
  });
});

describe('reaching a namespace', () => {
  it('does not let clients in, and keeps no namespace without a cluster', async () => {
    const rig = await startServer();
    expect(rig.server.reach('/x')).not.toBe(rig.server.reach('/x'));
    rig.server.reach('/x').emit('e');
    const client = await rig.open();
    client.send('40/x,');
    expect(await client.next()).toBe(INVALID('/x'));
    expect(rig.server.reach('/')).toBe(rig.server.of('/'));
  });

  it('keeps the namespace and its adapter in a cluster once it is used, until clients can enter it', async () => {
    const made: string[] = [];
    const closed: string[] = [];
    class Watched extends Adapter {
      constructor(nsp: { name: string }) {
        super(nsp);
        made.push(nsp.name);
      }

      override close(): void {
        closed.push((this.nsp as { name: string }).name);
      }
    }
    const rig = await startServer({ adapter: Watched as never });
    const far = rig.server.reach('/x');
    expect(made).toEqual(['/']);
    far.emit('e');
    expect(rig.server.reach('/x')).toBe(far);
    expect(rig.server.has('/x')).toBe(false);
    rig.server.reach('/y').emit('e');
    expect(rig.server.of('/x')).toBe(far);
    expect(rig.server.reach('/x')).toBe(far);
    expect(made).toEqual(['/', '/x', '/y']);
    await rig.server.close();
    expect(closed.toSorted()).toEqual(['/', '/x', '/y']);
  });

  it('is refused if no client can be reached', async () => {
    const rig = await startServer();
    rig.server.unreachableBecause = 'no client can connect';
    expect(rig.server.reach('/')).toBe(rig.server.of('/'));

    const server = new Server();
    expect(server.reach('/')).toBe(server.of('/'));
    server.unreachableBecause = 'no client can connect';
    expect(() => server.reach('/')).toThrow(
      expect.objectContaining({ code: 'SERVER_CLOSED', message: 'no client can connect' }),
    );
    const clustered = new Server({ adapter: Adapter as never });
    clustered.unreachableBecause = 'no client can connect here';
    expect(clustered.reach('/')).toBe(clustered.of('/'));
    await Promise.all([server.close(), clustered.close()]);
  });
});
