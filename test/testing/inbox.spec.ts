import { describe, expect, it } from 'vitest';
import { Inbox } from '../../lib/testing/inbox.js';

describe('Inbox', () => {
  it('keeps items in order until they are taken', async () => {
    const inbox = new Inbox<number>();
    for (const item of [1, 2, 3, 4]) inbox.push(item);
    expect(await inbox.next()).toBe(1);
    expect(await inbox.take(2)).toEqual([2, 3]);
    expect(inbox.waiting).toEqual([4]);
    expect(inbox.takeAll()).toEqual([4]);
    expect(inbox.waiting).toEqual([]);
  });

  it('gives later items to the calls of next() in their order', async () => {
    const inbox = new Inbox<string | undefined>();
    const [first, second] = [inbox.next(), inbox.next()];
    inbox.push(undefined);
    inbox.push('b');
    expect([await first, await second]).toEqual([undefined, 'b']);
    expect(inbox.waiting).toEqual([]);
  });

  it('rejects pending and later calls of next() after the end, once all items are taken', async () => {
    const inbox = new Inbox<number>();
    const ended = new Error('ended');
    const pending = inbox.next();
    inbox.end(ended);
    await expect(pending).rejects.toBe(ended);
    inbox.push(1);
    expect(await inbox.next()).toBe(1);
    await expect(inbox.next()).rejects.toBe(ended);
  });
});
