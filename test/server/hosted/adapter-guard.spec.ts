import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { LimitReport, resolveLimits } from '../../../lib/engine/internal.js';
import { BrokerLink } from '../../../lib/server/broker/broker-link.js';
import { type AdapterGuard, createGuarded, guardAdapter } from '../../../lib/server/hosted/adapter-guard.js';
import { RecordingLog } from '../../support/engine-rig.js';
import { fakeAdapter } from '../../support/fake-adapter.js';
import { ManualClock } from '../../support/manual-clock.js';

const broken = new Error('away');
let failed: ReturnType<typeof vi.fn<AdapterGuard['failed']>>;
let unreadable: ReturnType<typeof vi.fn<AdapterGuard['unreadable']>>;
let guard: AdapterGuard;

beforeEach(() => {
  const options = { limits: resolveLimits(), clock: new ManualClock(), logger: new RecordingLog() };
  failed = vi.fn();
  unreadable = vi.fn();
  guard = { link: new BrokerLink({ ...options, limitReport: new LimitReport(options) }), failed, unreadable };
});

const client = { publish: (_channel: string, _message: string) => Promise.reject(broken) };

describe('the creation of an adapter', () => {
  it('gives it guarded clients before its constructor uses them', async () => {
    class Published extends EventEmitter {
      declare pubClient: typeof client;
      constructor() {
        super();
        this.pubClient = client;
        void this.pubClient.publish('a', 'b');
      }
    }
    const adapter = createGuarded(() => new Published(), guard);
    await expect(adapter.pubClient.publish('a', 'b')).rejects.toBe(broken);
    expect(failed.mock.calls).toEqual([
      ['publish', broken],
      ['publish', broken],
    ]);
  });

  it('guards clients in class fields afterwards', async () => {
    class Published extends EventEmitter {
      pubClient = client;
    }
    const adapter = createGuarded(() => new Published(), guard);
    await expect(adapter.pubClient.publish('a', 'b')).rejects.toBe(broken);
    expect(failed.mock.calls).toEqual([['publish', broken]]);
  });

  it('leaves no trace, not even if the factory throws', () => {
    const { init } = EventEmitter as unknown as { init: unknown };
    expect(Object.keys(Object.getOwnPropertyDescriptors(createGuarded(() => new EventEmitter(), guard)))).not.toContain(
      'pubClient',
    );
    expect(() =>
      createGuarded(() => {
        throw broken;
      }, guard),
    ).toThrow(broken);
    expect((EventEmitter as unknown as { init: unknown }).init).toBe(init);
    const later = Object.assign(new EventEmitter(), { pubClient: client });
    expect(later.pubClient).toBe(client);
  });
});

describe('a guarded adapter', () => {
  it('ignores messages that it cannot read, at once or later', async () => {
    const adapter = Object.assign(fakeAdapter(), {
      onMessage: () => {
        throw broken;
      },
      onrequest: () => Promise.reject(broken),
    });
    guardAdapter(adapter, guard);
    expect(adapter.onMessage()).toBeUndefined();
    void adapter.onrequest();
    await expect.poll(() => unreadable.mock.calls).toEqual([[broken], [broken]]);
  });

  it('counts a message of the emitter for another adapter as unreadable', () => {
    const onMessage = vi.fn();
    const adapter = Object.assign(fakeAdapter(), { onMessage, doPublish: () => {} });
    guardAdapter(adapter, guard);
    adapter.onMessage(['emitter', { type: 2, data: ['said'], nsp: '/' }, { rooms: [], except: [], flags: {} }]);
    adapter.onMessage({ uid: 'other', type: 3 });
    expect(unreadable.mock.calls).toEqual([
      [expect.objectContaining({ message: expect.stringMatching(/^a message of @socket\.io\/redis-emitter/) })],
    ]);
    expect(onMessage.mock.calls).toEqual([[{ uid: 'other', type: 3 }]]);
  });

  it('publishes through the link', async () => {
    const adapter = Object.assign(fakeAdapter(), {
      doPublish: (message: { readonly data: string }) => Promise.resolve(message.data),
      doPublishResponse: (_uid: string, _response: object) => Promise.reject(broken),
    });
    guardAdapter(adapter, guard);
    expect(await adapter.doPublish({ data: 'offset' })).toBe('offset');
    await expect(adapter.doPublishResponse('x', {})).rejects.toBe(broken);
    expect(failed.mock.calls).toEqual([['publishing', broken]]);
    expect(guard.link.health.degraded).toContain('away');
  });
});
