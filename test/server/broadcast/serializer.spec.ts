import { describe, expect, it, vi } from 'vitest';
import { createSerializer } from '../../../lib/server/broadcast/serializer.js';
import { resolveServerOptions } from '../../../lib/server/internal.js';
import { startServer } from '../../support/server-rig.js';

class User {
  constructor(
    readonly name: string,
    readonly password = 'secret',
  ) {}
}

function withoutPassword(instance: object): unknown {
  return instance instanceof User ? { name: instance.name } : instance;
}

describe('createSerializer', () => {
  const serializer = createSerializer(withoutPassword);

  it('replaces instances of classes, in arrays and plain objects at any depth', () => {
    const given = ['joined', new User('Ann'), [new User('Bob')], { room: { owner: new User('Cem'), open: true } }];
    expect(serializer(given)).toEqual([
      'joined',
      { name: 'Ann' },
      [{ name: 'Bob' }],
      { room: { owner: { name: 'Cem' }, open: true } },
    ]);
    expect(given[1]).toEqual(new User('Ann')); // nothing was changed in place
  });

  it('copies nothing if there are no instances, or if they are returned as they are', () => {
    const plain = ['a', 1, null, { b: [{ c: 2 }], d: Object.create(null) as object }, undefined, 3n];
    expect(serializer(plain)).toBe(plain);
    const others = [new (class Money {})()];
    expect(serializer(others)).toBe(others);
  });

  it("leaves JavaScript's own classes alone", () => {
    const serialize = vi.fn<(instance: object) => unknown>();
    const given = [
      new Date(0),
      new Map(),
      new Set(),
      Buffer.from('a'),
      new Uint8Array(1),
      new ArrayBuffer(1),
      new DataView(new ArrayBuffer(1)),
      Object('text'),
    ];
    expect(createSerializer(serialize)(given)).toBe(given);
    expect(serialize).not.toHaveBeenCalled();
  });

  it('leaves what is nested too deeply to the encoder, which refuses it', async () => {
    const circular: unknown[] = [new User('Ann')];
    circular.push(circular);
    const rig = await startServer({ serialize: withoutPassword });
    expect(() => rig.server.emit('a', circular)).toThrow(expect.objectContaining({ code: 'VALUE_TOO_DEEP' }));
  });
});

describe('the option serialize', () => {
  it('applies to broadcasts once, however many clients receive them', async () => {
    const serialize = vi.fn(withoutPassword);
    const rig = await startServer({ serialize });
    const clients = [await rig.join(), await rig.join(), await rig.join()];
    rig.server.emit('joined', new User('Ann'));
    for (const [client] of clients) expect(await client.next()).toBe('42["joined",{"name":"Ann"}]');
    expect(serialize).toHaveBeenCalledOnce();
  });

  it('applies to events for one client, to acknowledgements and to requests for them', async () => {
    const rig = await startServer({ serialize: withoutPassword });
    const [client, socket] = await rig.join();
    socket.emit('one', new User('Ann'));
    expect(await client.next()).toBe('42["one",{"name":"Ann"}]');
    socket.emit('two', new User('Ann'), () => {});
    expect(await client.next()).toBe('420["two",{"name":"Ann"}]');
    rig.server.to(socket.id).emit('three', new User('Ann'), () => {});
    expect(await client.next()).toBe('421["three",{"name":"Ann"}]');
    socket.on('who', (answer: (user: User) => void) => answer(new User('Bob')));
    client.send('427["who"]');
    expect(await client.next()).toBe('437[{"name":"Bob"}]');
  });

  it('applies before an event is kept for recovery', async () => {
    const rig = await startServer({ serialize: withoutPassword, connectionStateRecovery: {} });
    const [client, socket] = await rig.join();
    socket.emit('one', new User('Ann'));
    expect(await client.next()).toMatch(/^42\["one",\{"name":"Ann"\},"/);
  });

  it('is off by default, and must be a function or false', async () => {
    expect(resolveServerOptions({}).serializer).toBeNull();
    expect(resolveServerOptions({ serialize: false }).serializer).toBeNull();
    expect(() => resolveServerOptions({ serialize: true as never })).toThrow(
      'option "serialize" must be a function or false, got true: write serialize: instanceToPlain, from class-transformer',
    );
    const rig = await startServer();
    const [client] = await rig.join();
    rig.server.emit('joined', new User('Ann'));
    expect(await client.next()).toBe('42["joined",{"name":"Ann","password":"secret"}]');
  });
});
