import { describe, expect, it, vi } from 'vitest';
import { Inbox } from '../../lib/testing/received-events.js';

function claim(isOpen = true) {
  return { resolve: vi.fn<(args: unknown[]) => void>(), reject: vi.fn<() => void>(), isOpen: () => isOpen };
}

describe('Inbox', () => {
  it('keeps what comes until it is taken, all at once', () => {
    const inbox = new Inbox();
    inbox.add(['a', 1]);
    inbox.add(['b']);
    expect(inbox.takeAll()).toEqual([['a', 1], ['b']]);
    expect(inbox.takeAll()).toEqual([]);
  });

  it('gives the first of a name that has come', () => {
    const inbox = new Inbox();
    for (const packet of [
      ['a', 1],
      ['b', 2],
      ['b', 3],
    ] as const)
      inbox.add(packet);
    const taker = claim();
    inbox.take('b', taker);
    expect(taker.resolve.mock.calls).toEqual([[[2]]]);
    expect(inbox.takeAll()).toEqual([
      ['a', 1],
      ['b', 3],
    ]);
  });

  it('gives what comes to whoever has asked first, and has not given up', () => {
    const inbox = new Inbox();
    const [gone, first, second, other] = [claim(false), claim(), claim(), claim()];
    for (const taker of [gone, first, second]) inbox.take('a', taker);
    inbox.take('b', other);
    inbox.add(['a', 1, 2]);
    expect(first.resolve.mock.calls).toEqual([[[1, 2]]]);
    for (const taker of [gone, second, other]) expect(taker.resolve).not.toHaveBeenCalled();
    expect(inbox.takeAll()).toEqual([]);
  });

  it('describes what nobody has taken', () => {
    const inbox = new Inbox();
    expect(inbox.describe()).toBe('nothing came');
    inbox.add(['said', { text: 'hi' }, Buffer.from([1])]);
    expect(inbox.describe()).toBe("what came: [ 'said', { text: 'hi' }, <Buffer 01> ]");
    for (let count = 0; count < 10; count++) inbox.add(['tick']);
    expect(inbox.describe()).toMatch(/^what came: \[ 'said'.*\](, \[ 'tick' \]){9} and 1 more$/);
  });
});
