import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { DirectPort } from '../../../lib/server/broadcast/direct-operator.js';
import type { DefaultEventsMap } from '../../../lib/server/broadcast/event-map.js';
import type { CatchAllListener, EventTuple } from '../../../lib/server/socket/catch-all.js';
import { AnonymousFace } from '../../support/anonymous-face.js';

class TestSocket extends AnonymousFace {
  readonly failures: [string, unknown][] = [];
  readonly outcomes: (Error | null)[] = [];

  get observed(): boolean {
    return this.hasCatchAll;
  }

  outgoing(...event: EventTuple): void {
    this.notifyOutgoing(event);
  }

  incoming(...event: EventTuple): void {
    this.notifyIncoming(event);
  }

  pass(event: EventTuple): void {
    this.runMiddlewares(event, (error) => this.outcomes.push(error));
  }

  override contain(what: string, call: () => unknown): void {
    try {
      call();
    } catch (error) {
      this.failures.push([what, error]);
    }
  }

  protected get port(): DirectPort<DefaultEventsMap, unknown> {
    throw new Error('nothing is sent here');
  }
}

const refusal = new Error('no');

let socket: TestSocket;

beforeEach(() => {
  socket = new TestSocket();
});

const DIRECTIONS = [
  {
    direction: 'incoming',
    add: 'onAny',
    prepend: 'prependAny',
    remove: 'offAny',
    list: 'listenersAny',
    other: 'outgoing',
  },
  {
    direction: 'outgoing',
    add: 'onAnyOutgoing',
    prepend: 'prependAnyOutgoing',
    remove: 'offAnyOutgoing',
    list: 'listenersAnyOutgoing',
    other: 'incoming',
  },
] as const;

describe.each(DIRECTIONS)('listeners of all $direction events', ({ direction, add, prepend, remove, list, other }) => {
  it('are none at first', () => {
    expect(socket.observed).toBe(false);
    expect(socket[list]()).toEqual([]);
    expect(() => socket[direction]('e')).not.toThrow();
    expect(socket[remove]()).toBe(socket);
    expect(socket.observed).toBe(false);
  });

  it('get the name and the arguments, and no events of the other direction', () => {
    const listener = vi.fn<CatchAllListener>();
    expect(socket[add](listener)).toBe(socket);
    expect(socket.observed).toBe(true);
    socket[direction]('said', 'hello', 2);
    socket[other]('other');
    expect(listener.mock.calls).toEqual([['said', 'hello', 2]]);
  });

  it('are called in order, a prepended one first', () => {
    const order: number[] = [];
    socket[add](() => order.push(2));
    socket[add](() => order.push(3));
    expect(socket[prepend](() => order.push(1))).toBe(socket);
    socket[direction]('e');
    expect(order).toEqual([1, 2, 3]);
  });

  it('are removed one by one or all together', () => {
    const [one, two, stranger] = [vi.fn<CatchAllListener>(), vi.fn<CatchAllListener>(), vi.fn<CatchAllListener>()];
    socket[add](one)[add](two)[add](one);
    expect(socket[remove](one)).toBe(socket);
    expect(socket[list]()).toEqual([two, one]);
    socket[remove](stranger);
    expect(socket[list]()).toEqual([two, one]);
    socket[remove]();
    socket[direction]('e');
    expect(socket[list]()).toEqual([]);
    expect(one).not.toHaveBeenCalled();
  });

  it('may remove themselves while they are called', () => {
    const order: string[] = [];
    const first = () => {
      order.push('first');
      socket[remove](first);
    };
    socket[add](first)[add](() => order.push('second'));
    socket[direction]('e');
    socket[direction]('e');
    expect(order).toEqual(['first', 'second', 'second']);
  });

  it('may throw: the error is contained, and the next one is called', () => {
    const last = vi.fn<CatchAllListener>();
    socket[add](() => {
      throw refusal;
    })[add](last);
    socket[direction]('e');
    expect(last).toHaveBeenCalledOnce();
    expect(socket.failures).toEqual([['a catch-all listener', refusal]]);
  });
});

describe('middlewares of events', () => {
  it('let every event pass if there are none', () => {
    socket.pass(['e']);
    socket.onAny(() => {}).pass(['e']);
    expect(socket.outcomes).toEqual([null, null]);
  });

  it('run in order, each when the one before calls next', () => {
    const steps: string[] = [];
    const waiting: (() => void)[] = [];
    expect(
      socket.use((_event, next) => {
        steps.push('one');
        waiting.push(next);
      }),
    ).toBe(socket);
    socket.use((_event, next) => {
      steps.push('two');
      next();
    });
    socket.pass(['e']);
    expect([steps, socket.outcomes]).toEqual([['one'], []]);
    waiting[0]?.();
    expect([steps, socket.outcomes]).toEqual([['one', 'two'], [null]]);
  });

  it('may change the event', () => {
    const event: EventTuple = ['e', 1];
    socket.use((event, next) => {
      event[1] = 2;
      event.push('more');
      next();
    });
    socket.pass(event);
    expect(event).toEqual(['e', 2, 'more']);
  });

  it('refuse an event with an error, and the rest does not run', () => {
    const rest = vi.fn<() => void>();
    socket.use((_event, next) => next(refusal));
    socket.use(rest);
    socket.pass(['e']);
    expect(socket.outcomes).toEqual([refusal]);
    expect(rest).not.toHaveBeenCalled();
  });

  it('treat null as no error', () => {
    socket.use((_event, next) => next(null as unknown as undefined));
    socket.pass(['e']);
    expect(socket.outcomes).toEqual([null]);
  });

  it('count only their first call of next', () => {
    socket.use((_event, next) => {
      next();
      next();
      next(refusal);
    });
    socket.pass(['e']);
    expect(socket.outcomes).toEqual([null]);
  });

  it('may throw: the event is dropped, and its name is quoted in the log', () => {
    socket.use(() => {
      throw refusal;
    });
    socket.pass(['line\nbreak']);
    expect(socket.outcomes).toEqual([]);
    expect(socket.failures).toEqual([[String.raw`a middleware of the event "line\nbreak"`, refusal]]);
  });
});
