import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Call } from '../../../lib/nest/call.js';
import { openSignal, releaseSignal, signalOf } from '../../../lib/nest/streams/call-signals.js';
import type { Socket } from '../../../lib/server/internal.js';

class FakeClient extends EventEmitter {
  isReachable = true;

  call(): Call {
    return new Call(this as unknown as Socket, ['event'], undefined);
  }
}

describe('the signal of a call', () => {
  it('is aborted when the client leaves', () => {
    const client = new FakeClient();
    const [one, other] = [client.call(), client.call()];
    openSignal(one);
    openSignal(other);
    const signals = [signalOf(one), signalOf(other)];
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
    expect(client.listenerCount('disconnecting')).toBe(1);
    client.emit('disconnecting');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  it('is not aborted once its handler has settled, unless by a stream', () => {
    const client = new FakeClient();
    const call = client.call();
    openSignal(call);
    const controller = releaseSignal(call);
    client.emit('disconnecting');
    expect(signalOf(call).aborted).toBe(false);
    controller?.abort();
    expect(signalOf(call).aborted).toBe(true);
  });

  it('is aborted from the start if the client has left', () => {
    const client = new FakeClient();
    client.isReachable = false;
    const call = client.call();
    openSignal(call);
    expect(signalOf(call).aborted).toBe(true);
  });

  it('is that of the client in other handlers', () => {
    const client = new FakeClient();
    const call = client.call();
    expect(releaseSignal(call)).toBeNull();
    expect(signalOf(call)).toBe(signalOf(client.call()));
    client.emit('disconnecting');
    expect(signalOf(call).aborted).toBe(true);
  });
});
