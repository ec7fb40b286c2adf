import { describe, expect, it, vi } from 'vitest';
import { ReceivedEvents } from '../../lib/testing/received-events.js';

function resolvers(isOpen = true) {
  return { resolve: vi.fn<(args: unknown[]) => void>(), reject: vi.fn<() => void>(), isOpen: () => isOpen };
}

describe('ReceivedEvents', () => {
  it('keeps events until they are taken, all at once', () => {
    const events = new ReceivedEvents();
    events.add(['a', 1]);
    events.add(['b']);
    expect(events.takeAll()).toEqual([['a', 1], ['b']]);
    expect(events.takeAll()).toEqual([]);
  });

  it('gives the first received event of a name', () => {
    const events = new ReceivedEvents();
    for (const packet of [
      ['a', 1],
      ['b', 2],
      ['b', 3],
    ] as const)
      events.add(packet);
    const waiter = resolvers();
    events.take('b', waiter);
    expect(waiter.resolve.mock.calls).toEqual([[[2]]]);
    expect(events.takeAll()).toEqual([
      ['a', 1],
      ['b', 3],
    ]);
  });

  it('gives an event to the first waiter that has not given up', () => {
    const events = new ReceivedEvents();
    const [gone, first, second, other] = [resolvers(false), resolvers(), resolvers(), resolvers()];
    for (const waiter of [gone, first, second]) events.take('a', waiter);
    events.take('b', other);
    events.add(['a', 1, 2]);
    expect(first.resolve.mock.calls).toEqual([[[1, 2]]]);
    for (const waiter of [gone, second, other]) expect(waiter.resolve).not.toHaveBeenCalled();
    expect(events.takeAll()).toEqual([]);
  });

  it('describes the events that have not been taken', () => {
    const events = new ReceivedEvents();
    expect(events.describe()).toBe('nothing was received');
    events.add(['said', { text: 'hi' }, Buffer.from([1])]);
    expect(events.describe()).toBe("received: [ 'said', { text: 'hi' }, <Buffer 01> ]");
    for (let count = 0; count < 10; count++) events.add(['tick']);
    expect(events.describe()).toMatch(/^received: \[ 'said'.*\](, \[ 'tick' \]){9} and 1 more$/);
  });
});
