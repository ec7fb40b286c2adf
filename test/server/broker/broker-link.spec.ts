import { beforeEach, describe, expect, it } from 'vitest';
import { LimitReport, resolveLimits } from '../../../lib/engine/internal.js';
import { BrokerLink, MessageDropped } from '../../../lib/server/broker/broker-link.js';
import { RecordingLog } from '../../support/engine-rig.js';
import { ManualClock } from '../../support/manual-clock.js';
import { type Deferred, deferred } from '../../support/server-rig.js';

let clock: ManualClock;
let log: RecordingLog;
let report: LimitReport;
let link: BrokerLink;
/** The messages that the client library has, in order. */
let given: { readonly name: string; readonly answer: Deferred<string> }[];

function open(limits: { brokerMessages?: number; brokerBytes?: number } = {}): void {
  clock = new ManualClock();
  log = new RecordingLog();
  given = [];
  const options = { limits: resolveLimits(limits), clock, logger: log };
  report = new LimitReport(options);
  link = new BrokerLink({ ...options, limitReport: report });
}

function send(name: string, bytes = 10): Promise<string> {
  return link.send(bytes, () => {
    const answer = deferred<string>();
    given.push({ name, answer });
    return answer.promise;
  });
}

/** Settles the oldest message of the client library. */
async function take(): Promise<void> {
  given.shift()?.answer.resolve('taken');
  await Promise.resolve();
}

beforeEach(() => open());

describe('a healthy broker', () => {
  it('gets messages at once, and returns their results', async () => {
    const sent = send('a');
    expect(given.map(({ name }) => name)).toEqual(['a']);
    await take();
    expect(await sent).toBe('taken');
    expect(await link.send(1, () => 'at once')).toBe('at once');
    expect(link.health).toEqual({
      degraded: null,
      dropped: 0,
      failed: 0,
      unreadable: 0,
      waiting: { messages: 0, bytes: 0 },
    });
  });

  it('gets a window of messages at a time, in order', async () => {
    for (let i = 0; i < 300; i++) void send(String(i));
    expect(given).toHaveLength(256);
    await take();
    expect(given.at(-1)?.name).toBe('256');
    while (given.length > 0) await take();
    expect(report.counts.brokerMessages).toBe(0);
  });

  it('gets large messages one at a time', async () => {
    void send('a', 800_000);
    void send('b', 2_000_000);
    void send('c', 5);
    expect(given.map(({ name }) => name)).toEqual(['a']);
    await take();
    expect(given.map(({ name }) => name)).toEqual(['b']);
    await take();
    expect(given.map(({ name }) => name)).toEqual(['c']);
  });
});

describe('an absent broker', () => {
  it('costs no more than the limits: the oldest message that waits is dropped', async () => {
    open({ brokerMessages: 4 });
    const sent = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => send(name));
    expect(given.map(({ name }) => name)).toEqual(['a', 'b']); // which the client library has
    await expect(sent[2]).rejects.toBeInstanceOf(MessageDropped);
    await expect(sent[3]).rejects.toBeInstanceOf(MessageDropped);
    expect(link.health).toMatchObject({ dropped: 2, degraded: expect.stringContaining('the oldest are dropped') });
    expect(report.counts.brokerMessages).toBe(2);
    expect(log.warnings).toEqual([
      'the oldest message to other servers was dropped, since the broker does not take it: limits.brokerMessages (4) is reached',
    ]);
    expect(link.health.waiting).toEqual({ messages: 4, bytes: 40 });
    await take();
    await take();
    expect(given.map(({ name }) => name)).toEqual(['e', 'f']);
    expect(link.health.waiting).toEqual({ messages: 2, bytes: 20 });
  });

  it('costs no more than the limit in bytes', async () => {
    open({ brokerBytes: 2_500_000 });
    const sent = ['a', 'b', 'c', 'd'].map((name) => send(name, 1_000_000));
    await expect(sent[1]).rejects.toBeInstanceOf(MessageDropped);
    await expect(sent[2]).rejects.toBeInstanceOf(MessageDropped);
    await take();
    expect(given.map(({ name }) => name)).toEqual(['d']);
    expect(report.counts.brokerBytes).toBe(2);
  });

  it('is reported once a minute, until it takes a message', async () => {
    void send('a');
    for (let i = 0; i < 12; i++) clock.advance(5_000);
    expect(link.health.degraded).toBe('the broker has taken no message for more than 5000 ms');
    expect(log.warnings).toEqual([
      'the broker has taken no message for more than 5000 ms: the clients of other servers are not reached',
    ]);
    await take();
    expect(link.health.degraded).toBeNull();
    clock.advance(5_000);
    expect(clock.timers).toBe(0);
  });
});

it('is silent about messages that are under way when its server is closed', () => {
  void send('a');
  link.close();
  clock.advance(20_000);
  expect(log.warnings).toEqual([]);
  expect(clock.timers).toBe(0);
});

describe('a failure', () => {
  it('degrades the link until a message is taken', async () => {
    const sent = send('a');
    given.shift()?.answer.reject(new Error('connection lost'));
    await expect(sent).rejects.toThrow('connection lost');
    expect(link.health.degraded).toBe('the broker did not take a message: connection lost');
    void send('b');
    await take();
    expect(link.health.degraded).toBeNull();
  });

  it('has no effect if the caller ignores it', async () => {
    void link.send(1, () => Promise.reject(new Error('ignored')));
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    expect(link.health.degraded).toBe('the broker did not take a message: ignored');
  });

  it('says nothing about the broker if a message cannot be encoded', async () => {
    const sent = link.send(1, () => {
      throw new TypeError('circular');
    });
    await expect(sent).rejects.toThrow('circular');
    expect(link.health.degraded).toBeNull();
  });
});
