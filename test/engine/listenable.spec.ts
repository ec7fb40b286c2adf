import { describe, expect, it, vi } from 'vitest';
import { Listenable } from '../../lib/engine/listenable.js';

interface Told {
  said: [text: string, count: number];
  error: [error: Error];
  plain: (text: string) => void;
}

class Speaker extends Listenable<Told> {
  readonly failures: [what: string, error: unknown][] = [];

  say(text: string, count = 1): void {
    this.notify('said', [text, count]);
  }

  tell(event: string | number, ...args: unknown[]): void {
    this.notify(event, args);
  }

  protected override listenerFailed(what: string, error: unknown): void {
    this.failures.push([what, error]);
  }
}

describe('Listenable', () => {
  it.each(['on', 'addListener'] as const)('calls who listens by %s every time, with all arguments', (method) => {
    const speaker = new Speaker();
    const listener = vi.fn();
    expect(speaker[method]('said', listener)).toBe(speaker);
    speaker.say('a', 1);
    speaker.say('b', 2);
    expect(listener.mock.calls).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
  });

  it('calls who listens once, once', () => {
    const speaker = new Speaker();
    const listener = vi.fn();
    expect(speaker.once('said', listener)).toBe(speaker);
    speaker.say('a');
    speaker.say('b');
    expect(listener.mock.calls).toEqual([['a', 1]]);
    expect(speaker.listenerCount('said')).toBe(0);
  });

  it('calls who listens once, once, even when the listener causes the event again', () => {
    const speaker = new Speaker();
    const heard: string[] = [];
    speaker.on('said', (text) => {
      heard.push(`on ${text}`);
      if (text === 'a') speaker.say('b');
    });
    speaker.once('said', (text) => void heard.push(`once ${text}`));
    speaker.say('a');
    expect(heard).toEqual(['on a', 'on b', 'once b']);
  });

  it('calls listeners in the order in which they came, those put first before them', () => {
    const speaker = new Speaker();
    const order: string[] = [];
    speaker.on('said', () => void order.push('first'));
    speaker.on('said', () => void order.push('second'));
    expect(speaker.prependListener('said', () => void order.push('before'))).toBe(speaker);
    speaker.say('a');
    expect(order).toEqual(['before', 'first', 'second']);
  });

  it('calls once, and before the others, who was put first once', () => {
    const speaker = new Speaker();
    const order: string[] = [];
    speaker.on('said', (text) => void order.push(`on ${text}`));
    expect(speaker.prependOnceListener('said', (text) => void order.push(`once ${text}`))).toBe(speaker);
    speaker.say('a');
    speaker.say('b');
    expect(order).toEqual(['once a', 'on a', 'on b']);
  });

  it('shows the wrappers of those that are called once', () => {
    const speaker = new Speaker();
    const listener = vi.fn();
    expect(speaker.rawListeners('said')).toEqual([]);
    speaker.on('said', listener).once('said', listener);
    expect(speaker.rawListeners('said')).toEqual([listener, expect.objectContaining({ listener })]);
  });

  it('has a number of listeners above which Node warns', () => {
    const speaker = new Speaker();
    expect(speaker.getMaxListeners()).toBe(10);
    expect(speaker.setMaxListeners(2)).toBe(speaker);
    expect(speaker.getMaxListeners()).toBe(2);
  });

  it('calls only who listens to that event', () => {
    const speaker = new Speaker();
    const listener = vi.fn();
    speaker.on('plain', listener);
    speaker.say('a');
    expect(listener).not.toHaveBeenCalled();
    speaker.tell('plain', 'b');
    expect(listener.mock.calls).toEqual([['b']]);
  });

  it('calls listeners of an event whose name is a number', () => {
    const speaker = new Speaker();
    const listener = vi.fn();
    (speaker as Listenable<Record<string, unknown[]>>).on('7', listener);
    speaker.tell(7, 'a');
    expect(listener.mock.calls).toEqual([['a']]);
  });

  it.each(['off', 'removeListener'] as const)('calls nobody who left by %s', (method) => {
    const speaker = new Speaker();
    const listener = vi.fn();
    const other = vi.fn();
    speaker.on('said', listener).once('said', listener).on('said', other);
    expect(speaker[method]('said', listener)).toBe(speaker);
    speaker[method]('said', listener);
    speaker.say('a');
    expect(listener).not.toHaveBeenCalled();
    expect(other).toHaveBeenCalledOnce();
  });

  it('still calls who is removed by a listener of the same event', () => {
    const speaker = new Speaker();
    const second = vi.fn();
    speaker.on('said', () => void speaker.off('said', second));
    speaker.on('said', second);
    speaker.say('a');
    speaker.say('b');
    expect(second).toHaveBeenCalledOnce();
  });

  it('still calls once who listens once when a listener of the same event removes all', () => {
    const speaker = new Speaker();
    const once = vi.fn();
    speaker.on('said', () => void speaker.removeAllListeners());
    speaker.once('said', once);
    speaker.say('a');
    speaker.say('b');
    expect(once.mock.calls).toEqual([['a', 1]]);
  });

  it('removes all listeners of an event, or of all', () => {
    const speaker = new Speaker();
    speaker
      .on('said', () => {})
      .on('error', () => {})
      .on('plain', () => {});
    expect(speaker.removeAllListeners('said')).toBe(speaker);
    expect(speaker.eventNames()).toEqual(['error', 'plain']);
    speaker.removeAllListeners();
    expect(speaker.eventNames()).toEqual([]);
  });

  it('tells who listens', () => {
    const speaker = new Speaker();
    const listener = vi.fn();
    const once = vi.fn();
    speaker.on('said', listener).once('said', once);
    expect(speaker.listeners('said')).toEqual([listener, once]);
    expect(speaker.listenerCount('said')).toBe(2);
    expect(speaker.listeners('error')).toEqual([]);
    expect(speaker.listenerCount('error')).toBe(0);
    expect(speaker.eventNames()).toEqual(['said']);
  });

  it('answers the same questions before anybody listened', () => {
    const speaker = new Speaker();
    expect(speaker.listeners('said')).toEqual([]);
    expect(speaker.listenerCount('said')).toBe(0);
    expect(speaker.eventNames()).toEqual([]);
    expect(speaker.off('said', () => {})).toBe(speaker);
    expect(speaker.removeAllListeners()).toBe(speaker);
    speaker.say('a');
    expect(speaker.failures).toEqual([]);
  });

  it('calls the next listener in spite of one that throws', () => {
    const speaker = new Speaker();
    const error = new Error('x');
    const listener = vi.fn();
    speaker.on('said', () => {
      throw error;
    });
    speaker.on('said', listener);
    speaker.say('a');
    expect(listener).toHaveBeenCalledOnce();
    expect(speaker.failures).toEqual([['a listener of "said"', error]]);
  });

  it('hears of a listener whose promise is rejected', async () => {
    const speaker = new Speaker();
    const error = new Error('x');
    const rejected = Promise.reject(error);
    speaker.on('said', () => rejected);
    speaker.say('a');
    await rejected.catch(() => {});
    expect(speaker.failures).toEqual([['a listener of "said"', error]]);
  });

  it('does not throw an error that nobody listens to', () => {
    const speaker = new Speaker();
    speaker.on('said', () => {});
    speaker.tell('error', new Error('x'));
    expect(speaker.failures).toEqual([]);
  });

  it('is what a listener finds in this', () => {
    const speaker = new Speaker();
    const found: unknown[] = [];
    function listener(this: unknown): void {
      found.push(this);
    }
    speaker.on('said', listener).once('said', listener).prependListener('said', listener);
    speaker.say('a');
    expect(found).toHaveLength(3);
    for (const self of found) expect(self).toBe(speaker);
  });
});
