import { describe, expect, it, vi } from 'vitest';
import { OpenClients } from '../../../lib/server/namespace/open-clients.js';
import { deferred } from '../../support/server-rig.js';

describe('OpenClients', () => {
  it('counts clients from their CONNECT until they have left', () => {
    const left = vi.fn<() => void>();
    const occupancy = new OpenClients(left);
    occupancy.enter();
    occupancy.enter();
    occupancy.leave();
    expect([occupancy.isEmpty, left.mock.calls.length]).toEqual([false, 1]);
    occupancy.leave();
    expect([occupancy.isEmpty, left.mock.calls.length]).toEqual([true, 2]);
  });

  it('waits for handlers, and for the handlers that those start', async () => {
    const occupancy = new OpenClients(() => {});
    const [first, second] = [deferred(), deferred()];
    let settled = false;
    void occupancy.track(
      {},
      first.promise.then(() => void occupancy.track({}, second.promise)),
    );
    const waiting = occupancy.settled().then(() => (settled = true));
    first.resolve();
    await first.promise;
    await new Promise(setImmediate);
    expect(settled).toBe(false);
    second.resolve();
    await waiting;
  });

  it('does not wait for a forgotten handler', async () => {
    const occupancy = new OpenClients(() => {});
    const key = {};
    void occupancy.track(key, new Promise(() => {}));
    occupancy.forget(key);
    await occupancy.settled();
    expect(occupancy.isEmpty).toBe(true);
  });

  it('stops waiting for a handler that is forgotten meanwhile', async () => {
    const occupancy = new OpenClients(() => {});
    const [first, second] = [{}, deferred()];
    void occupancy.track(first, new Promise(() => {}));
    const other = occupancy.track({}, second.promise);
    let settled = false;
    const waiting = occupancy.settled().then(() => (settled = true));
    occupancy.forget(first);
    await new Promise(setImmediate);
    expect(settled).toBe(false);
    second.resolve();
    await Promise.all([other, waiting]);
  });
});
