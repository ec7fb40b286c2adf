import { beforeEach, describe, expect, it, vi } from 'vitest';
import { SocketIoError } from '../../../lib/errors.js';
import { type EventPacket, PacketType } from '../../../lib/protocol/internal.js';
import { AckCollector, type AllAcknowledged } from '../../../lib/server/adapter/ack-collector.js';
import type { Adapter, Audience, RemoteSocket } from '../../../lib/server/adapter/adapter.js';
import type { BroadcastTarget } from '../../../lib/server/adapter/broadcast-target.js';
import { Broadcasting, BroadcastOperator } from '../../../lib/server/broadcast/broadcast-operator.js';
import type { Socket } from '../../../lib/server/internal.js';

/** Records the calls that it gets. */
class RecordingAdapter implements Adapter {
  readonly recovery = null;
  readonly asked: unknown[][] = [];
  readonly packets: EventPacket[] = [];
  target: BroadcastTarget | null = null;
  acks: AckCollector | null = null;
  sockets: RemoteSocket[] = [];

  add(_socket: Socket): void {}
  close(): void {}
  serverSideEmit(): void {}
  view(): never {
    throw new Error('no test asks for it');
  }
  join(_socket: Socket): void {}
  leave(_socket: Socket): void {}
  remove(_socket: Socket): void {}
  roomsOf(_socket: Socket): Iterable<string> {
    return [];
  }
  countRooms(): number {
    return 0;
  }

  broadcast(packet: EventPacket, target: BroadcastTarget): void {
    this.packets.push(packet);
    this.target = target;
  }

  broadcastWithAck(packet: EventPacket, target: BroadcastTarget, timeout: number, done: AllAcknowledged): void {
    this.broadcast(packet, target);
    this.asked.push(['ack', timeout]);
    this.acks = new AckCollector(done);
  }

  fetchSockets(target: BroadcastTarget): Promise<RemoteSocket[]> {
    this.target = target;
    return Promise.resolve(this.sockets);
  }

  socketsJoin(target: BroadcastTarget, rooms: readonly string[]): void {
    this.#ask('join', target, rooms);
  }

  socketsLeave(target: BroadcastTarget, rooms: readonly string[]): void {
    this.#ask('leave', target, rooms);
  }

  disconnectSockets(target: BroadcastTarget, close: boolean): void {
    this.#ask('disconnect', target, close);
  }

  #ask(what: string, target: BroadcastTarget, argument: unknown): void {
    this.target = target;
    this.asked.push([what, argument]);
  }
}

/** The start of a chain. */
class Chain extends Broadcasting {
  readonly adapter = new RecordingAdapter();
  readonly failures: [string, unknown][] = [];
  readonly audience: Audience;

  constructor() {
    super();
    this.audience = {
      name: '/chat',
      delivery: this.adapter,
      ackTimeout: 60_000,
      contain: (what, call) => {
        try {
          call();
        } catch (error) {
          this.failures.push([what, error]);
        }
      },
    };
  }
}

const TIMEOUT = new SocketIoError('ACK_TIMEOUT', 'the client did not acknowledge within 5 ms');
const receiver = {} as RemoteSocket;

let chain: Chain;
let adapter: RecordingAdapter;

beforeEach(() => {
  chain = new Chain();
  adapter = chain.adapter;
});

describe('the chain', () => {
  it('starts with everyone', () => {
    chain.emit('e');
    expect(adapter.target).toMatchObject({ rooms: null, excepted: [], flags: {} });
  });

  it.each(['to', 'in'] as const)('selects rooms by %s, one after the other', (to) => {
    chain[to]('a')[to](['b', 'c']).emit('e');
    expect(adapter.target).toMatchObject({ rooms: ['a', 'b', 'c'], excepted: [] });
  });

  it('excludes rooms by except', () => {
    chain.except('a').to('b').except(['c']).emit('e');
    expect(adapter.target).toMatchObject({ rooms: ['b'], excepted: ['a', 'c'] });
  });

  it('sets flags', () => {
    chain.volatile.local.compress(false).timeout(5).emit('e');
    expect(adapter.target?.flags).toEqual({ volatile: true, local: true, compress: false, timeout: 5 });
  });

  it('sets the key of a latest value, and refuses a wrong one', () => {
    chain.to('a').latest('AAPL').latest('MSFT').emit('price', 1);
    expect(adapter.target).toMatchObject({ rooms: ['a'], flags: { latest: 'MSFT' } });
    expect(() => chain.latest('')).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  it('refuses a latest value that is to be acknowledged', async () => {
    const refusal = expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('latest()') });
    const latest = chain.latest('AAPL');
    expect(() => (latest as Broadcasting).emit('price', () => {})).toThrow(refusal);
    await expect(latest.emitWithAck('price')).rejects.toEqual(refusal);
    expect(adapter.packets).toEqual([]);
  });

  it('can be stored and used again: each link is a value', () => {
    const room = chain.to('a');
    room.volatile.except('b').emit('e');
    room.emit('e');
    expect(room).toBeInstanceOf(BroadcastOperator);
    expect(adapter.target).toMatchObject({ rooms: ['a'], excepted: [], flags: {} });
  });
});

describe('emit', () => {
  it('makes one packet of the name and the arguments', () => {
    expect(chain.emit('said', 'hello', [1], null)).toBe(true);
    expect(adapter.packets).toEqual([{ type: PacketType.EVENT, nsp: '/chat', data: ['said', 'hello', [1], null] }]);
  });

  it.each(['connect', 'disconnect', 'newListener'])('refuses the reserved name "%s"', async (name) => {
    const refusal = expect.objectContaining({ code: 'RESERVED_EVENT' });
    expect(() => chain.emit(name)).toThrow(refusal);
    expect(() => chain.emit(name, () => {})).toThrow(refusal);
    await expect(chain.emitWithAck(name)).rejects.toEqual(refusal);
    expect(adapter.packets).toEqual([]);
  });

  it('waits ackTimeout for acknowledgements if the last argument is a function', () => {
    const callback = vi.fn<(error: unknown, responses: unknown) => void>();
    chain.emit('ask', 1, callback);
    expect(adapter.packets[0]).toMatchObject({ data: ['ask', 1] });
    expect(adapter.asked).toEqual([['ack', 60_000]]);
    adapter.acks?.expect()(null, ['yes']);
    expect(callback).not.toHaveBeenCalled();
    adapter.acks?.seal();
    expect(callback.mock.calls).toEqual([[null, ['yes']]]);
  });

  it('waits for the time given to timeout()', () => {
    chain.timeout(5).emit('ask', () => {});
    chain.timeout(0).emit('ask', () => {});
    expect(adapter.asked).toEqual([
      ['ack', 5],
      ['ack', 0],
    ]);
  });

  it('calls the callback with an error that has the responses received', () => {
    const callback = vi.fn<(error: unknown, responses: unknown) => void>();
    chain.timeout(5).emit('ask', callback);
    adapter.acks?.expect()(null, ['yes']);
    adapter.acks?.expect()(TIMEOUT, []);
    adapter.acks?.seal();
    expect(callback.mock.calls).toEqual([
      [expect.objectContaining({ code: 'ACK_INCOMPLETE', responses: ['yes'] }), ['yes']],
    ]);
  });

  it('contains an exception of the callback', () => {
    const thrown = new Error('thrown');
    chain.emit('ask', () => {
      throw thrown;
    });
    adapter.acks?.seal();
    expect(chain.failures).toEqual([['the acknowledgement callback of "ask"', thrown]]);
  });
});

describe('emitWithAck', () => {
  it('resolves with one response per receiver', async () => {
    const responses = chain.emitWithAck('ask', 1);
    adapter.acks?.expect()(null, ['a', 'ignored']);
    adapter.acks?.expect()(null, []);
    adapter.acks?.seal();
    await expect(responses).resolves.toEqual(['a', undefined]);
    expect(adapter.packets[0]).toMatchObject({ data: ['ask', 1] });
  });

  it('rejects with the responses received', async () => {
    const responses = chain.timeout(5).emitWithAck('ask');
    adapter.acks?.expect()(TIMEOUT, []);
    adapter.acks?.expect()(null, ['b']);
    adapter.acks?.seal();
    await expect(responses).rejects.toMatchObject({ name: 'AckError', responses: ['b'], cause: TIMEOUT });
  });
});

/** Waits until the call has found its receivers. */
async function asked(): Promise<AckCollector> {
  await Promise.resolve();
  await Promise.resolve();
  return adapter.acks as AckCollector;
}

describe('call', () => {
  it('resolves with the answer of the one receiver', async () => {
    adapter.sockets = [receiver];
    const answer = chain.to('id').call('ask', 1);
    const acks = await asked();
    acks.expect()(null, ['yes', 'ignored']);
    acks.seal();
    await expect(answer).resolves.toBe('yes');
    expect(adapter.target?.rooms).toEqual(['id']);
    expect(adapter.packets[0]).toMatchObject({ data: ['ask', 1] });
  });

  it.each([
    [0, []],
    [2, [receiver, receiver]],
  ])('refuses %i receivers', async (count, sockets) => {
    adapter.sockets = sockets;
    await expect(chain.call('ask')).rejects.toMatchObject({
      code: 'NOT_ONE_RECEIVER',
      message: `call("ask") must select one client, got ${count}: use to(client.id).call(...), or emitWithAck for several`,
    });
    expect(adapter.packets).toEqual([]);
  });

  it('rejects if the one receiver leaves before it is reached', async () => {
    adapter.sockets = [receiver];
    const answer = chain.call('ask');
    (await asked()).seal();
    await expect(answer).rejects.toMatchObject({ code: 'NOT_ONE_RECEIVER' });
  });

  it('rejects with the reason why there is no answer', async () => {
    adapter.sockets = [receiver];
    const answer = chain.timeout(5).call('ask');
    const acks = await asked();
    acks.expect()(TIMEOUT, []);
    acks.seal();
    await expect(answer).rejects.toBe(TIMEOUT);
    expect(adapter.asked).toEqual([['ack', 5]]);
  });

  it('rejects a reserved name', async () => {
    adapter.sockets = [receiver];
    await expect(chain.call('connect')).rejects.toMatchObject({ code: 'RESERVED_EVENT' });
  });

  it('rejects with the error of the adapter', async () => {
    adapter.sockets = [receiver];
    const broken = new Error('broken');
    adapter.broadcastWithAck = () => {
      throw broken;
    };
    await expect(chain.call('ask')).rejects.toBe(broken);
  });
});

describe.each(['send', 'write'] as const)('%s', (send) => {
  it('emits "message" and can be chained', () => {
    expect(chain[send]('a')[send]('b', 2)).toBe(chain);
    expect(adapter.packets.map(({ data }) => data)).toEqual([
      ['message', 'a'],
      ['message', 'b', 2],
    ]);
  });
});

describe('an operation on sockets', () => {
  it('fetches the selected sockets', async () => {
    adapter.sockets = [receiver];
    await expect(chain.in('a').fetchSockets()).resolves.toEqual([receiver]);
    expect(adapter.target?.rooms).toEqual(['a']);
  });

  it('returns their ids', async () => {
    adapter.sockets = [receiver];
    await expect(chain.in('a').allSockets()).resolves.toEqual(new Set([receiver.id]));
    expect(adapter.target?.rooms).toEqual(['a']);
  });

  it('makes them join and leave one room or several', () => {
    const room = chain.in('a');
    room.socketsJoin('x');
    room.socketsJoin(['x', 'y']);
    room.socketsLeave('x');
    room.socketsLeave(['x', 'y']);
    expect(adapter.target?.rooms).toEqual(['a']);
    expect(adapter.asked).toEqual([
      ['join', ['x']],
      ['join', ['x', 'y']],
      ['leave', ['x']],
      ['leave', ['x', 'y']],
    ]);
  });

  it('disconnects them, and closes their connections only on request', () => {
    chain.except('a').disconnectSockets();
    chain.except('a').disconnectSockets(true);
    expect(adapter.target?.excepted).toEqual(['a']);
    expect(adapter.asked).toEqual([
      ['disconnect', false],
      ['disconnect', true],
    ]);
  });
});
