import { describe, expect, it } from 'vitest';
import { Call } from '../../../lib/nest/call.js';
import { watchExceptions } from '../../../lib/nest/enhancers/watch-exceptions.js';
import type { Socket } from '../../../lib/server/internal.js';
import { deferred } from '../../support/server-rig.js';

type Listener = (event: string, ...args: unknown[]) => void;

/** A client that calls the listeners of outgoing events, as a socket does. */
class Client {
  readonly listeners = new Set<Listener>();

  onAnyOutgoing(listener: Listener): void {
    this.listeners.add(listener);
  }

  offAnyOutgoing(listener: Listener): void {
    this.listeners.delete(listener);
  }

  emit(event: string): void {
    for (const listener of this.listeners) listener(event);
  }

  call(): Call {
    return new Call(this as unknown as Socket, ['say'], undefined);
  }
}

describe('watchExceptions', () => {
  it('returns the result of the filters, and notes that they have sent the event exception', async () => {
    const client = new Client();
    const call = client.call();
    const result = watchExceptions(call, () => {
      client.emit('exception');
      return Promise.resolve('answer');
    });
    expect(await result).toBe('answer');
    expect(call.exceptionSent).toBe(true);
  });

  it('notes no other event, and none of another client', async () => {
    const [client, other] = [new Client(), new Client()];
    const [call, foreign] = [client.call(), other.call()];
    await watchExceptions(foreign, async () => {
      await watchExceptions(call, () => {
        client.emit('news');
        other.emit('exception');
        return Promise.resolve();
      });
    });
    expect(call.exceptionSent).toBe(false);
  });

  it('removes its listener when the filters reject, with their error', async () => {
    const client = new Client();
    await expect(watchExceptions(client.call(), () => Promise.reject(new Error('x')))).rejects.toThrow('x');
    expect(client.listeners.size).toBe(0);
  });

  it('tells the calls of a client apart that fail at the same time, with one listener for all', async () => {
    const client = new Client();
    const calls = Array.from({ length: 100 }, () => client.call());
    const go = deferred();
    const running = calls.map((call, index) =>
      watchExceptions(call, async () => {
        await go.promise;
        if (index === 7) client.emit('exception');
      }),
    );
    expect(client.listeners.size).toBe(1);
    go.resolve();
    await Promise.all(running);
    expect(calls.flatMap(({ exceptionSent }, index) => (exceptionSent ? [index] : []))).toEqual([7]);
    expect(client.listeners.size).toBe(0);
  });

  it('keeps its listener while filters of another call are running, and adds it again later', async () => {
    const client = new Client();
    const [first, second, third] = [client.call(), client.call(), client.call()];
    const go = deferred();
    const running = watchExceptions(first, () => go.promise);
    await watchExceptions(second, () => Promise.resolve());
    expect(client.listeners.size).toBe(1);
    go.resolve();
    await running;
    expect(client.listeners.size).toBe(0);
    await watchExceptions(third, () => Promise.resolve(client.emit('exception')));
    expect([first, second, third].map(({ exceptionSent }) => exceptionSent)).toEqual([false, false, true]);
  });

  it('takes an event without the context of a call for one of the only call, and of none if there are several', async () => {
    const client = new Client();
    const [one, another] = [client.call(), client.call()];
    const [first, second] = [deferred(), deferred()];
    const running = [watchExceptions(one, () => first.promise), watchExceptions(another, () => second.promise)];
    client.emit('exception');
    expect([one.exceptionSent, another.exceptionSent]).toEqual([false, false]);
    first.resolve();
    await running[0];
    client.emit('exception');
    expect([one.exceptionSent, another.exceptionSent]).toEqual([false, true]);
    second.resolve();
    await running[1];
  });
});
