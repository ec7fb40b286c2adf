import { describe, expect, it } from 'vitest';
import { Inbox } from './inbox.mjs';

const CHUNK = Buffer.from('onetwotwo');
const [ONE, TWO] = [Buffer.from('one'), Buffer.from('two')];
const NOBODY_FAILED = [{ failure: null }];

describe('Inbox', () => {
  it('accepts the very bytes that were due, wherever they stand', async () => {
    const inbox = new Inbox(NOBODY_FAILED, 2);
    expect([inbox.take(ONE, CHUNK, 0, 3), inbox.take(TWO, CHUNK, 3, 6)]).toEqual([true, true]);
    expect(await inbox.judge()).toEqual({ count: 2, failure: null });
  });

  it.each([
    ['other bytes', ONE, 'got two where one was due'],
    ['fewer bytes', Buffer.from('twotwo'), 'got two where twotwo was due'],
    ['more than the last of a client', undefined, 'got two where nothing was due'],
  ])('fails on %s', async (_, expected, failure) => {
    const inbox = new Inbox(NOBODY_FAILED, 1);
    expect(inbox.take(expected, CHUNK, 3, 6)).toBe(false);
    expect(await inbox.judge()).toEqual({ count: 1, failure });
  });

  it('fails on messages that do not come', async () => {
    const inbox = new Inbox(NOBODY_FAILED, 2, 1);
    inbox.take(ONE, CHUNK, 0, 3);
    expect(await inbox.judge()).toEqual({ count: 1, failure: '1 of 2 messages came' });
  });

  it('fails on messages that come after the last', async () => {
    const inbox = new Inbox(NOBODY_FAILED, 1);
    inbox.take(ONE, CHUNK, 0, 3);
    inbox.take(TWO, CHUNK, 3, 6);
    expect(await inbox.judge()).toEqual({ count: 2, failure: '2 messages came where 1 were due' });
  });

  it('fails when a connection did', async () => {
    const inbox = new Inbox([{ failure: null }, { failure: 'the server closed a connection' }], 1);
    inbox.take(ONE, CHUNK, 0, 3);
    expect(await inbox.judge()).toEqual({ count: 1, failure: 'the server closed a connection' });
  });
});
