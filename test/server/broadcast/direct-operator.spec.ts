import { beforeEach, describe, expect, it, vi } from 'vitest';
import { SocketIoError } from '../../../lib/errors.js';
import type { EventPacket } from '../../../lib/protocol/internal.js';
import type { Settle } from '../../../lib/server/adapter/ack-collector.js';
import { BroadcastTarget, type Flags } from '../../../lib/server/adapter/broadcast-target.js';
import type { Audience } from '../../../lib/server/adapter/adapter.js';
import { BroadcastOperator } from '../../../lib/server/broadcast/broadcast-operator.js';
import { DirectOperator, type DirectPort } from '../../../lib/server/broadcast/direct-operator.js';
import type { DefaultEventsMap } from '../../../lib/server/broadcast/event-map.js';
import { AnonymousFace } from '../../support/anonymous-face.js';

const TIMEOUT = new SocketIoError('ACK_TIMEOUT', 'the client did not acknowledge within 5 ms');

/** The start of a chain, which records the events sent. */
class Sender extends AnonymousFace {
  readonly sent: [data: EventPacket['data'], flags: Flags][] = [];
  readonly broadcasts: [data: EventPacket['data'], target: BroadcastTarget][] = [];
  readonly failures: [string, unknown][] = [];
  settle: Settle | null = null;
  protected readonly port: DirectPort<DefaultEventsMap, unknown> = {
    ackTimeout: 60_000,
    sendEvent: (data, flags, settle) => {
      this.sent.push([data, flags]);
      this.settle = settle;
    },
    others: (flags) =>
      new BroadcastOperator(this.#audience as unknown as Audience, BroadcastTarget.everybody.with(flags).except('me')),
    contain: (what, call) => {
      try {
        call();
      } catch (error) {
        this.failures.push([what, error]);
      }
    },
  };
  readonly #audience = {
    name: '/',
    delivery: {
      broadcast: ({ data }: EventPacket, target: BroadcastTarget) => this.broadcasts.push([data, target]),
    },
  };

  contain(): void {}
}

let sender: Sender;

beforeEach(() => {
  sender = new Sender();
});

describe('emit', () => {
  it('sends the name and the arguments without requesting an answer', () => {
    expect(sender.emit('said', 'hello', [1], null)).toBe(true);
    expect(sender.sent).toEqual([[['said', 'hello', [1], null], {}]]);
    expect(sender.settle).toBeNull();
  });

  it('calls a function given as last argument with the answer', () => {
    const callback = vi.fn<(...args: unknown[]) => void>();
    sender.emit('ask', 1, callback);
    expect(sender.sent[0]?.[0]).toEqual(['ask', 1]);
    sender.settle?.(null, ['a', 'b']);
    expect(callback.mock.calls).toEqual([['a', 'b']]);
  });

  it('never calls the function without an answer or a timeout', () => {
    const callback = vi.fn<(...args: unknown[]) => void>();
    sender.emit('ask', callback);
    sender.settle?.(new SocketIoError('CLIENT_GONE', 'the client left before it acknowledged'), []);
    expect(callback).not.toHaveBeenCalled();
  });

  it('calls the function with an error first after timeout()', () => {
    const callback = vi.fn<(...args: unknown[]) => void>();
    sender.timeout(5).emit('ask', callback);
    sender.settle?.(null, ['a']);
    sender.timeout(5).emit('ask', callback);
    sender.settle?.(TIMEOUT, []);
    expect(callback.mock.calls).toEqual([[null, 'a'], [TIMEOUT]]);
  });

  it('contains an exception of the function', () => {
    const thrown = new Error('thrown');
    sender.emit('ask', () => {
      throw thrown;
    });
    sender.settle?.(null, []);
    expect(sender.failures).toEqual([['the acknowledgement callback of "ask"', thrown]]);
  });

  it.each(['connect', 'disconnecting'])('refuses the reserved name "%s"', async (name) => {
    const refusal = expect.objectContaining({ code: 'RESERVED_EVENT' });
    expect(() => sender.emit(name)).toThrow(refusal);
    expect(() => sender.emit(name, () => {})).toThrow(refusal);
    await expect(sender.emitWithAck(name)).rejects.toEqual(refusal);
    expect(sender.sent).toEqual([]);
  });
});

describe('emitWithAck', () => {
  it('resolves with the first argument of the answer', async () => {
    const answer = sender.emitWithAck('ask', 1);
    sender.settle?.(null, ['a', 'b']);
    await expect(answer).resolves.toBe('a');
    expect(sender.sent).toEqual([[['ask', 1], {}]]);
  });

  it('rejects with the reason why there is no answer', async () => {
    const answer = sender.timeout(5).emitWithAck('ask');
    sender.settle?.(TIMEOUT, []);
    await expect(answer).rejects.toBe(TIMEOUT);
  });
});

describe('call', () => {
  it('waits for ackTimeout, or for the time given to timeout()', async () => {
    const answer = sender.call('ask', 1);
    sender.settle?.(null, ['a']);
    await expect(answer).resolves.toBe('a');
    void sender.volatile.timeout(5).call('ask');
    expect(sender.sent).toEqual([
      [['ask', 1], { timeout: 60_000 }],
      [['ask'], { volatile: true, timeout: 5 }],
    ]);
  });
});

describe.each(['send', 'write'] as const)('%s', (send) => {
  it('emits "message" and can be chained', () => {
    expect(sender[send]('a')[send]('b', 2)).toBe(sender);
    expect(sender.sent.map(([data]) => data)).toEqual([
      ['message', 'a'],
      ['message', 'b', 2],
    ]);
  });
});

describe('the chain', () => {
  it('adds flags, and leaves the object at which it started unchanged', () => {
    const volatile = sender.volatile;
    expect(volatile).toBeInstanceOf(DirectOperator);
    volatile.compress(false).emit('a');
    volatile.emit('b');
    sender.compress(true).emit('d');
    sender.emit('e');
    expect(sender.sent).toEqual([
      [['a'], { volatile: true, compress: false }],
      [['b'], { volatile: true }],
      [['d'], { compress: true }],
      [['e'], {}],
    ]);
  });

  it('sets the key of a latest value, and refuses a wrong one or an acknowledgement', async () => {
    const latest = sender.latest('AAPL');
    latest.emit('price', 1);
    expect(sender.sent).toEqual([[['price', 1], { latest: 'AAPL' }]]);
    const refusal = expect.objectContaining({ code: 'INVALID_ARGUMENT' });
    expect(() => latest.emit('price', () => {})).toThrow(refusal);
    await expect(latest.call('price')).rejects.toEqual(refusal);
    expect(() => sender.latest(7 as never)).toThrow(refusal);
    expect(sender.sent).toHaveLength(1);
    latest.to('a').emit('price', 1);
    expect(sender.broadcasts[0]?.[1].flags).toEqual({ latest: 'AAPL' });
  });

  it.each(['to', 'in'] as const)('selects by %s the others in a room', (to) => {
    sender[to](['a', 'b']).emit('e');
    expect(sender.broadcasts).toEqual([[['e'], expect.objectContaining({ rooms: ['a', 'b'], excepted: ['me'] })]]);
  });

  it('selects by except the others outside a room', () => {
    sender.except('a').emit('e');
    expect(sender.broadcasts[0]?.[1]).toMatchObject({ rooms: null, excepted: ['me', 'a'] });
  });

  it('selects by broadcast all others', () => {
    sender.broadcast.emit('e');
    expect(sender.broadcasts[0]?.[1]).toMatchObject({ rooms: null, excepted: ['me'], flags: {} });
  });

  it('selects by local all others of this process', () => {
    sender.local.emit('e');
    expect(sender.broadcasts[0]?.[1]).toMatchObject({ rooms: null, excepted: ['me'], flags: { local: true } });
  });

  it('also has send', () => {
    const { volatile } = sender;
    expect(volatile.send('a').write('b')).toBe(volatile);
    expect(sender.sent).toEqual([
      [['message', 'a'], { volatile: true }],
      [['message', 'b'], { volatile: true }],
    ]);
  });

  it('passes its flags on to a broadcast to the others', () => {
    const { volatile } = sender;
    volatile.to('a').emit('e');
    volatile.in('a').emit('e');
    volatile.except('a').emit('e');
    volatile.broadcast.emit('e');
    expect(sender.broadcasts.map(([, { flags }]) => flags)).toEqual(
      Array.from({ length: 4 }, () => ({ volatile: true })),
    );
  });
});
