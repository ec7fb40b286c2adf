import { beforeEach, describe, expect, it } from 'vitest';
import { DeliveryOrder } from '../../../lib/server/recovery/delivery-order.js';
import { ManualClock } from '../../support/manual-clock.js';
import { engineOptions } from '../../support/recovery-memory.js';

let clock: ManualClock;
let options: ReturnType<typeof engineOptions>;
let order: DeliveryOrder;
let delivered: string[];
let packets: Record<string, object>;

const follow = (name: string, bytes = 1): void => order.follow(() => delivered.push(name), bytes);
const send = (name: string, bytes = 1): void => order.send((packets[name] = { name }), bytes);
/** Arrives and is delivered, as with an adapter. */
const arrive = (name: string): void => {
  order.arrive(packets[name] ?? {});
  delivered.push(name);
};
const settle = (name: string): void => order.settle(packets[name] ?? {});

/** @returns µs of CPU that it takes to deliver `count` messages that have waited */
function timeOf(count: number): number {
  send('a');
  for (let i = 0; i < count; i++) follow('b');
  const before = process.cpuUsage();
  settle('a');
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

beforeEach(() => {
  clock = new ManualClock();
  options = engineOptions({ orderedMessages: 4, orderedBytes: 100 }, clock);
  order = new DeliveryOrder(options, '/chat');
  delivered = [];
  packets = {};
});

describe('the order of deliveries', () => {
  it('delivers at once while no packet is on its way', () => {
    follow('a');
    expect(delivered).toEqual(['a']);
  });

  it('makes a message that needs no broker wait for the packets sent before it', () => {
    send('a');
    follow('b');
    expect(delivered).toEqual([]);
    arrive('a');
    expect(delivered).toEqual(['a']);
    settle('a');
    follow('c');
    expect(delivered).toEqual(['a', 'b', 'c']);
  });

  it('delivers it before later packets, even if all return at once', () => {
    send('a');
    follow('b');
    send('c');
    follow('d');
    arrive('a');
    arrive('c');
    expect(delivered).toEqual(['a', 'b', 'c']);
    settle('c');
    settle('a');
    expect(delivered).toEqual(['a', 'b', 'c', 'd']);
  });

  it('does not wait for a packet that has failed', () => {
    send('a');
    follow('b');
    send('c');
    follow('d');
    settle('a');
    expect(delivered).toEqual(['b']);
    settle('c');
    expect(delivered).toEqual(['b', 'd']);
  });

  it('keeps waiting for a packet that has not returned, even if later ones have', () => {
    send('a');
    follow('b');
    send('c');
    arrive('c');
    settle('c');
    expect(delivered).toEqual(['c']);
    arrive('a');
    settle('a');
    expect(delivered).toEqual(['c', 'a', 'b']);
  });

  it('ignores packets of other servers', () => {
    send('a');
    follow('b');
    arrive('foreign');
    settle('foreign');
    expect(delivered).toEqual(['foreign']);
  });

  it('waits at most five seconds for a broker that does not answer', () => {
    send('a');
    follow('b');
    clock.advance(4_900);
    expect(delivered).toEqual([]);
    clock.advance(200);
    expect(delivered).toEqual(['b']);
    settle('a');
    expect(clock.timers).toBe(0);
  });

  it('delivers everything when it is closed', () => {
    send('a');
    follow('b');
    order.close();
    expect(delivered).toEqual(['b']);
    follow('c');
    expect(delivered).toEqual(['b', 'c']);
  });

  it.each([
    ['messages', 'orderedMessages (4)', () => ['b', 'c', 'd', 'e'].forEach((name) => follow(name))],
    ['bytes', 'orderedBytes (100)', () => ['b', 'c', 'd', 'e'].forEach((name, i) => follow(name, i === 3 ? 97 : 1))],
  ])('delivers everything, in order, when too many %s wait', (_what, limit, waitForTooMuch) => {
    send('a');
    waitForTooMuch();
    expect(delivered).toEqual(['b', 'c', 'd', 'e']);
    follow('f');
    arrive('a');
    settle('a');
    expect(delivered).toEqual(['b', 'c', 'd', 'e', 'f', 'a']);
    expect(clock.timers).toBe(0);
    expect(options.logger.warnings).toEqual([
      `messages in /chat no longer wait for earlier events that are on their way through the broker: limits.${limit} is reached`,
    ]);
  });

  it('counts only what waits', () => {
    for (let i = 0; i < 100; i++) {
      send('a', 50);
      follow('b', 50);
      arrive('a');
      settle('a');
    }
    expect(delivered).toHaveLength(200);
    expect(options.limitReport.counts).toMatchObject({ orderedMessages: 0, orderedBytes: 0 });
  });

  it('drains in linear time', () => {
    order = new DeliveryOrder(engineOptions({ orderedMessages: false, orderedBytes: false }), '/');
    timeOf(50_000); // compiles the code
    // Eight times as many would take 64 times as long if each step moved the rest of the queue. A collection of garbage
    // can fall into one measurement, so the best of three counts.
    const bestOf = (count: number): number => Math.min(timeOf(count), timeOf(count), timeOf(count));
    expect(bestOf(400_000) / Math.max(1_000, bestOf(50_000))).toBeLessThan(32);
    expect(delivered).toHaveLength(1_400_000);
  });
});
