import { describe, expect, it } from 'vitest';
import { Inbox } from './inbox.mjs';

const CHUNK = Buffer.from('onetwotwo');
const [ONE, TWO] = [Buffer.from('one'), Buffer.from('two')];
const NO_FAILURE = [{ failure: null }];

describe('Inbox', () => {
  it('accepts the expected bytes at any offset', async () => {
    const inbox = new Inbox(NO_FAILURE, 2);
    expect([inbox.take(ONE, CHUNK, 0, 3), inbox.take(TWO, CHUNK, 3, 6)]).toEqual([true, true]);
    expect(await inbox.judge()).toEqual({ count: 2, failure: null });
  });

  it.each([
    ['other bytes', ONE, 'expected one, got two'],
    ['fewer bytes', Buffer.from('twotwo'), 'expected twotwo, got two'],
    ['a message after the last of a client', undefined, 'expected no message, got two'],
  ])('fails on %s', async (_, expected, failure) => {
    const inbox = new Inbox(NO_FAILURE, 1);
    expect(inbox.take(expected, CHUNK, 3, 6)).toBe(false);
    expect(await inbox.judge()).toEqual({ count: 1, failure });
  });

  it('fails on missing messages', async () => {
    const inbox = new Inbox(NO_FAILURE, 2, { patience: 1 });
    inbox.take(ONE, CHUNK, 0, 3);
    expect(await inbox.judge()).toEqual({ count: 1, failure: 'expected messages: 2, got 1' });
  });

  it('fails on messages after the last', async () => {
    const inbox = new Inbox(NO_FAILURE, 1);
    inbox.take(ONE, CHUNK, 0, 3);
    inbox.take(TWO, CHUNK, 3, 6);
    expect(await inbox.judge()).toEqual({ count: 2, failure: 'expected messages: 1, got 2' });
  });

  it('fails if a connection has failed', async () => {
    const inbox = new Inbox([{ failure: null }, { failure: 'the server closed a connection' }], 1);
    inbox.take(ONE, CHUNK, 0, 3);
    expect(await inbox.judge()).toEqual({ count: 1, failure: 'the server closed a connection' });
  });
});
