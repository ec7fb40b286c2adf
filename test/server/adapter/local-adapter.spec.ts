import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Message, systemClock } from '../../../lib/engine/internal.js';
import { SocketIoError } from '../../../lib/errors.js';
import { type EventPacket, PacketType } from '../../../lib/protocol/internal.js';
import type { AckError, Settle } from '../../../lib/server/adapter/ack-collector.js';
import { BroadcastTarget } from '../../../lib/server/adapter/broadcast-target.js';
import { LocalAdapter } from '../../../lib/server/adapter/local-adapter.js';
import type { Member } from '../../../lib/server/internal.js';

const PACKET: EventPacket = { type: PacketType.EVENT, nsp: '/', data: ['e'] };
const MESSAGE = Message.of('2["e"]');
const { everybody } = BroadcastTarget;

/** A socket with the members that an adapter uses. */
class FakeMember {
  readonly got: [EventPacket, Message, volatile: boolean][] = [];
  readonly ended: boolean[] = [];
  readonly asked: [id: number, timeout: number | undefined][] = [];
  connected = true;
  isReachable = true;
  settle: Settle | null = null;

  constructor(readonly id: string) {}

  deliver(...delivery: [EventPacket, Message, boolean]): void {
    this.got.push(delivery);
  }

  expectAck(id: number, settle: Settle, timeout: number | undefined): void {
    this.asked.push([id, timeout]);
    this.settle = settle;
  }

  disconnect(close: boolean): void {
    this.ended.push(close);
  }
}

let members: Map<string, Member>;
let encoded: EventPacket[];
let adapter: LocalAdapter;
let ann: FakeMember;
let bob: FakeMember;
let cid: FakeMember;

const real = (member: FakeMember) => member as unknown as Member;

/** The number of sockets in a room, including the socket whose id it is. */
const sizeOf = (room: string) => adapter.view({ name: '/', members, failed: () => {} }).rooms.get(room)?.size ?? 0;

function add(id: string): FakeMember {
  const member = new FakeMember(id);
  members.set(id, real(member));
  return member;
}

/** The number of messages that each socket has received. */
function counts(): Record<string, number> {
  return Object.fromEntries([ann, bob, cid].map(({ id, got }) => [id, got.length]));
}

beforeEach(() => {
  members = new Map();
  encoded = [];
  adapter = new LocalAdapter({
    members,
    encode: (packet) => {
      encoded.push(packet);
      return '2["e"]';
    },
    name: '/',
    clock: systemClock,
    instruments: null,
    observers: null,
    history: null,
    report: () => ({ server: 'a:1', journalSince: null, clients: [], emits: [], otherNamespaces: [] }),
    ackTimeout: 60_000,
    maxPendingAcks: 10,
    log: console,
    broker: null as never,
    delivery: null as never,
    contain: () => {},
    nextAckId: () => 7,
    receive: () => {},
    checkEmpty: () => {},
    absenceWeight: 0,
    sessionOver: () => {},
    failed: () => {},
  });
  [ann, bob, cid] = [add('ann'), add('bob'), add('cid')];
});

describe('a room', () => {
  it('is created when its first member joins and dropped when its last one leaves', () => {
    adapter.join(real(ann), ['x', 'y']);
    adapter.join(real(bob), ['x']);
    expect([sizeOf('x'), sizeOf('y'), sizeOf('z')]).toEqual([2, 1, 0]);
    expect([...adapter.roomsOf(real(ann))]).toEqual(['x', 'y']);
    adapter.leave(real(ann), 'x');
    adapter.leave(real(ann), 'y');
    expect([sizeOf('x'), sizeOf('y')]).toEqual([1, 0]);
    expect([...adapter.roomsOf(real(ann))]).toEqual([]);
    expect([...adapter.roomsOf(real(bob))]).toEqual(['x']);
  });

  it('takes no memory when it is empty', () => {
    const dropped = vi.spyOn(Map.prototype, 'delete');
    onTestFinished(() => dropped.mockRestore());
    adapter.join(real(ann), ['x', 'y']);
    adapter.join(real(bob), ['x']);
    adapter.leave(real(ann), 'x');
    expect(dropped).not.toHaveBeenCalledWith('x');
    adapter.remove(real(ann));
    adapter.remove(real(bob));
    expect(dropped).toHaveBeenCalledWith('x');
    expect(dropped).toHaveBeenCalledWith('y');
  });

  it('counts a member once, however often it joins', () => {
    adapter.join(real(ann), ['x', 'x']);
    adapter.join(real(ann), ['x']);
    expect(sizeOf('x')).toBe(1);
    adapter.leave(real(ann), 'x');
    expect(sizeOf('x')).toBe(0);
  });

  it('ignores a socket that leaves without having joined', () => {
    adapter.join(real(ann), ['x']);
    adapter.leave(real(bob), 'x');
    adapter.leave(real(bob), 'unknown');
    expect(sizeOf('x')).toBe(1);
  });

  it('has no Set for the socket whose id it is', () => {
    adapter.join(real(ann), ['ann']);
    expect(sizeOf('ann')).toBe(1);
    expect([...adapter.roomsOf(real(ann))]).toEqual([]);
  });

  it('loses a member that is removed', () => {
    adapter.join(real(ann), ['x', 'y']);
    adapter.join(real(bob), ['x']);
    adapter.remove(real(ann));
    adapter.remove(real(ann));
    expect([sizeOf('x'), sizeOf('y')]).toEqual([1, 0]);
    expect([...adapter.roomsOf(real(ann))]).toEqual([]);
  });
});

describe('broadcast', () => {
  it('encodes once and delivers the same message to every receiver', () => {
    adapter.broadcast(PACKET, everybody);
    expect(encoded).toEqual([PACKET]);
    for (const { got } of [ann, bob, cid]) expect(got).toEqual([[PACKET, MESSAGE, false]]);
    expect(bob.got[0]?.[1]).toBe(ann.got[0]?.[1]);
  });

  it('reaches sockets whose connect handlers are running', () => {
    const dan = add('dan');
    adapter.broadcast(PACKET, everybody);
    adapter.broadcast(PACKET, everybody.to('dan'));
    expect(dan.got).toHaveLength(2);
  });

  it.each([
    ['a room', everybody.to('x'), { ann: 1, bob: 1, cid: 0 }],
    ['several rooms, each member once', everybody.to(['x', 'y']), { ann: 1, bob: 1, cid: 1 }],
    ['a room given twice, each member once', everybody.to(['x', 'x']), { ann: 1, bob: 1, cid: 0 }],
    ['an id', everybody.to('cid'), { ann: 0, bob: 0, cid: 1 }],
    ['a room and an id of its member', everybody.to(['x', 'ann']), { ann: 1, bob: 1, cid: 0 }],
    ['no one for no rooms', everybody.to([]), { ann: 0, bob: 0, cid: 0 }],
    ['no one in an unknown room', everybody.to('unknown'), { ann: 0, bob: 0, cid: 0 }],
    ['the members of the known one of two rooms', everybody.to(['unknown', 'y']), { ann: 0, bob: 1, cid: 1 }],
    ['all but a room', everybody.except('x'), { ann: 0, bob: 0, cid: 1 }],
    ['all but an id', everybody.except('ann'), { ann: 0, bob: 1, cid: 1 }],
    ['all but a room and an id', everybody.except(['y', 'ann']), { ann: 0, bob: 0, cid: 0 }],
    ['all for an unknown exception', everybody.except('unknown'), { ann: 1, bob: 1, cid: 1 }],
    ['all for no exceptions', everybody.except([]), { ann: 1, bob: 1, cid: 1 }],
    ['a room except another', everybody.to('x').except('y'), { ann: 1, bob: 0, cid: 0 }],
    ['several rooms except an id', everybody.to(['x', 'y']).except('bob'), { ann: 1, bob: 0, cid: 1 }],
  ])('reaches %s', (_what, target, expected) => {
    adapter.join(real(ann), ['x']);
    adapter.join(real(bob), ['x', 'y']);
    adapter.join(real(cid), ['y']);
    adapter.broadcast(PACKET, target);
    expect(counts()).toEqual(expected);
  });

  it('reaches both a room and a socket of the same name', () => {
    adapter.join(real(bob), ['ann']);
    adapter.broadcast(PACKET, everybody.to('ann'));
    expect(counts()).toEqual({ ann: 1, bob: 1, cid: 0 });
    adapter.broadcast(PACKET, everybody.except('ann'));
    expect(counts()).toEqual({ ann: 1, bob: 1, cid: 1 });
  });

  it('leaves out by its id a socket that the namespace does not list, such as one in its middlewares', () => {
    const eve = new FakeMember('eve');
    adapter.join(real(eve), ['x']);
    adapter.broadcast(PACKET, everybody.to('x').except('eve'));
    expect(eve.got).toEqual([]);
    adapter.broadcast(PACKET, everybody.to('x'));
    expect(eve.got).toHaveLength(1);
  });

  it('passes flags on', () => {
    adapter.broadcast(PACKET, everybody.with({ volatile: true, compress: false, local: true }));
    expect(ann.got[0]).toEqual([PACKET, Message.of('2["e"]', false), true]);
  });
});

function ask(target = everybody) {
  const done = vi.fn<(error: AckError | null, responses: readonly unknown[]) => void>();
  adapter.broadcastWithAck(PACKET, target, 5, done);
  return done;
}

describe('broadcastWithAck', () => {
  it('expects an answer of each receiver before it delivers', () => {
    adapter.join(real(ann), ['x']);
    adapter.join(real(bob), ['x']);
    const done = ask(everybody.to('x'));
    expect(ann.asked).toEqual([[7, 5]]);
    expect(encoded).toEqual([{ ...PACKET, id: 7 }]);
    expect(ann.got).toEqual([[{ ...PACKET, id: expect.any(Number) }, MESSAGE, false]]);
    expect(cid.asked).toEqual([]);
    bob.settle?.(null, ['b']);
    expect(done).not.toHaveBeenCalled();
    ann.settle?.(null, ['a']);
    expect(done.mock.calls).toEqual([[null, ['b', 'a']]]);
  });

  it('is done at once without receivers', () => {
    expect(ask(everybody.to('unknown')).mock.calls).toEqual([[null, []]]);
  });

  it('expects no answer of a leaving socket', () => {
    adapter.join(real(ann), ['x']);
    ann.isReachable = false;
    expect(ask(everybody.to('x')).mock.calls).toEqual([[null, []]]);
    expect(ann.asked).toEqual([]);
  });

  it('treats a receiver with too many outstanding acknowledgements as failed, and reaches the others', () => {
    const full = new SocketIoError('TOO_MANY_ACKS', 'full');
    ann.expectAck = () => {
      throw full;
    };
    const done = ask();
    bob.settle?.(null, ['b']);
    cid.settle?.(null, ['c']);
    expect(done.mock.calls).toEqual([[expect.objectContaining({ code: 'ACK_INCOMPLETE', cause: full }), ['b', 'c']]]);
    expect(counts()).toEqual({ ann: 1, bob: 1, cid: 1 });
  });

  it('passes flags on', () => {
    ask(everybody.with({ volatile: true, compress: false }));
    expect(ann.got[0]).toEqual([{ ...PACKET, id: expect.any(Number) }, Message.of('2["e"]', false), true]);
  });
});

describe('an operation on sockets', () => {
  beforeEach(() => {
    adapter.join(real(ann), ['x']);
    adapter.join(real(bob), ['x']);
    bob.connected = false; // not yet, or no longer
  });

  it('fetches the connected sockets', async () => {
    await expect(adapter.fetchSockets(everybody.to('x'))).resolves.toEqual([ann]);
    await expect(adapter.fetchSockets(everybody)).resolves.toEqual([ann, cid]);
  });

  it('makes sockets join and leave rooms', () => {
    adapter.socketsJoin(everybody.to('x'), ['y', 'z']);
    expect([...adapter.roomsOf(real(ann))]).toEqual(['x', 'y', 'z']);
    expect([...adapter.roomsOf(real(bob))]).toEqual(['x']);
    adapter.socketsLeave(everybody.to('y'), ['x', 'y']);
    expect([...adapter.roomsOf(real(ann))]).toEqual(['z']);
    expect([...adapter.roomsOf(real(bob))]).toEqual(['x']);
  });

  it('ends if the members of a room join that same room', () => {
    adapter.socketsJoin(everybody.to('x'), ['x', 'y']);
    expect(sizeOf('x')).toBe(2);
    expect(sizeOf('y')).toBe(1);
  });

  it('disconnects all, although each disconnect changes the rooms', () => {
    ann.disconnect = (close) => {
      ann.ended.push(close);
      members.delete('ann');
      adapter.remove(real(ann));
    };
    adapter.disconnectSockets(everybody, true);
    expect([ann.ended, bob.ended, cid.ended]).toEqual([[true], [], [true]]);
  });
});
