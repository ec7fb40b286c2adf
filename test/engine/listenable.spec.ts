import { describe, expect, it, vi } from 'vitest';
import { Listenable } from '../../lib/engine/listenable.js';

interface SpeakerEvents {
  said: [text: string, count: number];
  error: [error: Error];
  plain: (text: string) => void;
}

class Speaker extends Listenable<SpeakerEvents> {
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
  it.each(['on', 'addListener'] as const)('calls a listener added by %s every time, with all arguments', (method) => {
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

  it('calls a listener added by once only once', () => {
    const speaker = new Speaker();
    const listener = vi.fn();
    expect(speaker.once('said', listener)).toBe(speaker);
    speaker.say('a');
    speaker.say('b');
    expect(listener.mock.calls).toEqual([['a', 1]]);
    expect(speaker.listenerCount('said')).toBe(0);
  });

  it('calls a listener added by once only once, even if it causes the event again', () => {
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

  it('calls listeners in the order in which they were added, prepended ones first', () => {
    const speaker = new Speaker();
    const order: string[] = [];
    speaker.on('said', () => void order.push('first'));
    speaker.on('said', () => void order.push('second'));
    expect(speaker.prependListener('said', () => void order.push('before'))).toBe(speaker);
    speaker.say('a');
    expect(order).toEqual(['before', 'first', 'second']);
  });

  it('calls a listener added by prependOnceListener once, before the others', () => {
    const speaker = new Speaker();
    const order: string[] = [];
    speaker.on('said', (text) => void order.push(`on ${text}`));
    expect(speaker.prependOnceListener('said', (text) => void order.push(`once ${text}`))).toBe(speaker);
    speaker.say('a');
    speaker.say('b');
    expect(order).toEqual(['once a', 'on a', 'on b']);
  });

  it('shows the wrappers of listeners added by once', () => {
    const speaker = new Speaker();
    const listener = vi.fn();
    expect(speaker.rawListeners('said')).toEqual([]);
    speaker.on('said', listener).once('said', listener);
    expect(speaker.rawListeners('said')).toEqual([listener, expect.objectContaining({ listener })]);
  });

  it('has a limit of listeners above which Node warns', () => {
    const speaker = new Speaker();
    expect(speaker.getMaxListeners()).toBe(10);
    expect(speaker.setMaxListeners(2)).toBe(speaker);
    expect(speaker.getMaxListeners()).toBe(2);
  });

  it('calls only listeners of that event', () => {
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

  it.each(['off', 'removeListener'] as const)('does not call a listener removed by %s', (method) => {
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

  it('still calls a listener that another one removes during the event', () => {
    const speaker = new Speaker();
    const second = vi.fn();
    speaker.on('said', () => void speaker.off('said', second));
    speaker.on('said', second);
    speaker.say('a');
    speaker.say('b');
    expect(second).toHaveBeenCalledOnce();
  });

  it('still calls a once listener once if another one removes all during the event', () => {
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

  it('lists its listeners', () => {
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

  it('lists nothing before the first listener is added', () => {
    const speaker = new Speaker();
    expect(speaker.listeners('said')).toEqual([]);
    expect(speaker.listenerCount('said')).toBe(0);
    expect(speaker.eventNames()).toEqual([]);
    expect(speaker.off('said', () => {})).toBe(speaker);
    expect(speaker.removeAllListeners()).toBe(speaker);
    speaker.say('a');
    expect(speaker.failures).toEqual([]);
  });

  it('calls the next listener even if one throws', () => {
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

  it('is notified if the promise of a listener is rejected', async () => {
    const speaker = new Speaker();
    const error = new Error('x');
    const rejected = Promise.reject(error);
    speaker.on('said', () => rejected);
    speaker.say('a');
    await rejected.catch(() => {});
    expect(speaker.failures).toEqual([['a listener of "said"', error]]);
  });

  it('does not throw for an error event without listeners', () => {
    const speaker = new Speaker();
    speaker.on('said', () => {});
    speaker.tell('error', new Error('x'));
    expect(speaker.failures).toEqual([]);
  });

  it('is the `this` of its listeners', () => {
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
