import { beforeEach, describe, expect, it } from 'vitest';
import { DeliveryOrder } from '../../../lib/server/recovery/delivery-order.js';
import { ManualClock } from '../../support/manual-clock.js';

let clock: ManualClock;
let order: DeliveryOrder;
let delivered: string[];
let packets: Record<string, object>;

const follow = (name: string): void => order.follow(() => delivered.push(name));
const send = (name: string): void => order.send((packets[name] = { name }));
/** Arrives and is delivered, as with an adapter. */
const arrive = (name: string): void => {
  order.arrive(packets[name] ?? {});
  delivered.push(name);
};
const settle = (name: string): void => order.settle(packets[name] ?? {});

beforeEach(() => {
  clock = new ManualClock();
  order = new DeliveryOrder(clock);
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
});
