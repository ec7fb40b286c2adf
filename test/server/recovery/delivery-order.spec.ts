import { beforeEach, describe, expect, it } from 'vitest';
import { DeliveryOrder } from '../../../lib/server/recovery/delivery-order.js';
import { ManualClock } from '../../support/manual-clock.js';

let clock: ManualClock;
let order: DeliveryOrder;
let delivered: string[];
let packets: Record<string, object>;

const follow = (name: string): void => order.follow(() => delivered.push(name));
const send = (name: string): void => order.send((packets[name] = { name }));
/** As an adapter does it: it tells, then delivers. */
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
  it('holds nothing back while nothing is under way', () => {
    follow('a');
    expect(delivered).toEqual(['a']);
  });

  it('lets what needs no broker wait until what was sent before it is delivered', () => {
    send('a');
    follow('b');
    expect(delivered).toEqual([]);
    arrive('a');
    expect(delivered).toEqual(['a']);
    settle('a');
    follow('c');
    expect(delivered).toEqual(['a', 'b', 'c']);
  });

  it('puts it before what was sent after it, though both come back at once', () => {
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

  it('does not wait for what has failed', () => {
    send('a');
    follow('b');
    send('c');
    follow('d');
    settle('a');
    expect(delivered).toEqual(['b']);
    settle('c');
    expect(delivered).toEqual(['b', 'd']);
  });

  it('keeps waiting for what has not come back, whatever comes before its turn', () => {
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

  it('takes no notice of what comes from other servers', () => {
    send('a');
    follow('b');
    arrive('foreign');
    settle('foreign');
    expect(delivered).toEqual(['foreign']);
  });

  it('waits five seconds at most for a broker that does not answer', () => {
    send('a');
    follow('b');
    clock.advance(4_900);
    expect(delivered).toEqual([]);
    clock.advance(200);
    expect(delivered).toEqual(['b']);
    settle('a');
    expect(clock.timers).toBe(0);
  });

  it('lets go of everything when it ends', () => {
    send('a');
    follow('b');
    order.close();
    expect(delivered).toEqual(['b']);
    follow('c');
    expect(delivered).toEqual(['b', 'c']);
  });
});
