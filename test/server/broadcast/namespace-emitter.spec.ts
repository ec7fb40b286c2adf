import { describe, expect, it, vi } from 'vitest';
import type { Audience } from '../../../lib/server/adapter/adapter.js';
import type { DefaultEventsMap } from '../../../lib/server/broadcast/event-map.js';
import { NamespaceEmitter, NamespaceListeners } from '../../../lib/server/broadcast/namespace-emitter.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { startServer } from '../../support/server-rig.js';

interface HouseEvents {
  bell: (rings: number) => void;
  mail: () => void;
}

class House extends NamespaceEmitter<HouseEvents> {
  readonly failures: [string, unknown][] = [];
  readonly events = new NamespaceListeners((what, error) => this.failures.push([what, error]));

  protected get audience(): Audience {
    throw new Error('nothing is broadcast here');
  }
}

describe('NamespaceListeners', () => {
  it('reports asynchronous listeners, and only those', async () => {
    const told: [event: string | number, running: Promise<void>][] = [];
    const events = new NamespaceListeners(
      () => {},
      (event, running) => told.push([event, running]),
    );
    events.on('mail', () => {});
    events.on('bell', async () => Promise.reject(new Error('broken')));
    events.notify('mail', []);
    expect(told).toEqual([]);
    events.notify('bell', []);
    expect(told).toEqual([['bell', expect.any(Promise)]]);
    await expect(told[0]?.[1]).resolves.toBeUndefined();
  });
});

describe('NamespaceEmitter', () => {
  it.each(['on', 'addListener'] as const)('calls a listener added by %s each time', (add) => {
    const house = new House();
    const rings: number[] = [];
    expect(house[add]('bell', (ring: number) => rings.push(ring))).toBe(house);
    house.events.notify('bell', [1]);
    house.events.notify('bell', [2]);
    expect(rings).toEqual([1, 2]);
  });

  it('calls a listener added by once a single time', () => {
    const house = new House();
    const listener = vi.fn<(rings: number) => void>();
    expect(house.once('bell', listener)).toBe(house);
    house.events.notify('bell', [1]);
    house.events.notify('bell', [2]);
    expect(listener.mock.calls).toEqual([[1]]);
  });

  it.each(['off', 'removeListener'] as const)('removes one listener by %s', (remove) => {
    const house = new House();
    const [gone, kept] = [vi.fn<() => void>(), vi.fn<() => void>()];
    house.on('bell', gone).on('bell', kept);
    expect(house[remove]('bell', gone)).toBe(house);
    house.events.notify('bell', [1]);
    expect(gone).not.toHaveBeenCalled();
    expect(kept).toHaveBeenCalledOnce();
  });

  it('puts a listener before the others', () => {
    const house = new House();
    const order: string[] = [];
    house.on('bell', (rings) => order.push(`second ${rings.toFixed(1)}`)); // the map gives the parameter its type
    expect(house.prependListener('bell', () => order.push('first'))).toBe(house);
    house.events.notify('bell', [1]);
    expect(order).toEqual(['first', 'second 1.0']);
  });

  it('puts a listener before the others, once', () => {
    const house = new House();
    const order: string[] = [];
    house.on('bell', () => order.push('second'));
    expect(house.prependOnceListener('bell', () => order.push('first'))).toBe(house);
    expect(house.rawListeners('bell')).toHaveLength(2);
    house.events.notify('bell', [1]);
    house.events.notify('bell', [2]);
    expect(order).toEqual(['first', 'second', 'second']);
  });

  it('has the number of listeners above which Node warns', () => {
    const house = new House();
    expect(house.getMaxListeners()).toBe(10);
    expect(house.setMaxListeners(0)).toBe(house);
    expect(house.getMaxListeners()).toBe(0);
  });

  it('removes all listeners of an event, or of every event', () => {
    const house = new House();
    house
      .on('bell', () => {})
      .on('bell', () => {})
      .on('mail', () => {});
    expect(house.removeAllListeners('bell')).toBe(house);
    expect([house.listenerCount('bell'), house.listenerCount('mail')]).toEqual([0, 1]);
    house.removeAllListeners();
    expect(house.eventNames()).toEqual([]);
  });

  it('lists its listeners and their events', () => {
    const house = new House();
    const [one, two] = [() => {}, () => {}];
    house.on('bell', one).once('bell', two).on('mail', one);
    expect(house.listeners('bell')).toEqual([one, two]);
    expect(house.listenerCount('bell')).toBe(2);
    expect(house.eventNames()).toEqual(['bell', 'mail']);
  });

  it('reports a listener that throws or rejects, and calls the next one', async () => {
    const house = new House();
    const [thrown, rejected] = [new Error('thrown'), new Error('rejected')];
    const last = vi.fn<() => void>();
    house.on('bell', () => {
      throw thrown;
    });
    house.on('bell', () => Promise.reject(rejected));
    house.on('bell', last);
    house.events.notify('bell', [1]);
    await Promise.resolve();
    expect(last).toHaveBeenCalledOnce();
    expect(house.failures).toEqual([
      ['a listener of "bell"', thrown],
      ['a listener of "bell"', rejected],
    ]);
  });
});

type Answer = (error: Error | null, responses?: readonly unknown[]) => void;

/** Records the events for other servers, and answers for them. */
class Sender extends NamespaceEmitter<DefaultEventsMap> {
  readonly events = new NamespaceListeners(() => {});
  readonly sent: unknown[][] = [];
  readonly failures: [string, unknown][] = [];
  answer: Answer = () => {};

  protected get audience(): Audience {
    const delivery = {
      serverSideEmit: (args: readonly unknown[]) => {
        this.sent.push(args.filter((arg) => typeof arg !== 'function'));
        const done = args.at(-1);
        if (typeof done === 'function') this.answer = done as Answer;
      },
    };
    const contain = (what: string, call: () => unknown): void => {
      try {
        call();
      } catch (error) {
        this.failures.push([what, error]);
      }
    };
    return { name: '/', ackTimeout: 60_000, delivery, contain } as unknown as Audience;
  }
}

describe('serverSideEmit', () => {
  it('passes the event to the adapter', () => {
    const sender = new Sender();
    expect(sender.serverSideEmit('clear', 'users', 1)).toBe(true);
    expect(sender.sent).toEqual([['clear', 'users', 1]]);
  });

  it('calls the callback once, with the error and the responses', () => {
    const sender = new Sender();
    const callback = vi.fn<Answer>();
    sender.serverSideEmit('load', 'all', callback);
    expect(sender.sent).toEqual([['load', 'all']]);
    sender.answer(null, [1, 2]);
    sender.answer(null, [3]);
    expect(callback.mock.calls).toEqual([[null, [1, 2]]]);
  });

  it('contains an exception of the callback', () => {
    const sender = new Sender();
    const error = new Error('mine');
    sender.serverSideEmit('load', () => {
      throw error;
    });
    sender.answer(null, []);
    expect(sender.failures).toEqual([['the acknowledgement callback of "load"', error]]);
  });

  it.each(['connect', 'connection', 'new_namespace'])('refuses the name %s', (name) => {
    expect(() => new Sender().serverSideEmit(name)).toThrow(expect.objectContaining({ code: 'RESERVED_EVENT' }));
  });
});

describe('serverSideEmitWithAck', () => {
  it('resolves with one response per other server', async () => {
    const sender = new Sender();
    const loads = sender.serverSideEmitWithAck('load', 'all');
    expect(sender.sent).toEqual([['load', 'all']]);
    sender.answer(null, [1, 2]);
    await expect(loads).resolves.toEqual([1, 2]);
  });

  it.each([
    [[1], [1]],
    [undefined, []],
  ])('rejects with the responses received if some are missing: %j', async (given, responses) => {
    const sender = new Sender();
    const loads = sender.serverSideEmitWithAck('load');
    const cause = new Error('timeout reached');
    sender.answer(cause, given);
    await expect(loads).rejects.toMatchObject({
      code: 'ACK_INCOMPLETE',
      message: 'not every other server answered "load": timeout reached',
      responses,
      cause,
    });
  });

  it('rejects a reserved name', async () => {
    await expect(new Sender().serverSideEmitWithAck('connect')).rejects.toMatchObject({ code: 'RESERVED_EVENT' });
  });

  it('resolves with an empty list if there are no other servers', async () => {
    const { server } = await startServer();
    await expect(server.serverSideEmitWithAck('load')).resolves.toEqual([]);
    await expect(server.of(/^\/a/).serverSideEmitWithAck('load')).resolves.toEqual([]);
    await cleanUp();
  });
});
