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

/** The connection that the adapters of all namespaces share. */
function connection() {
  const idle = new EventEmitter();
  const errorHandler = vi.fn();
  const query = vi.fn<(text: string) => unknown>();
  const addNamespace = vi.fn<(name: string) => void>();
  const pool = Object.assign(new EventEmitter(), { _clients: [idle] });
  const channels = new Set(['nest#/chat']);
  return { idle, pool, opts: { channelPrefix: 'nest', errorHandler }, channels, client: { query }, addNamespace };
}

function adapterOn(client: object, name: string) {
  const close = vi.fn();
  const adapter = Object.assign(fakeAdapter(), { client, nsp: { name }, close });
  guardAdapter(adapter, guard);
  return adapter;
}

describe('a guarded adapter on PostgreSQL', () => {
  it('reports errors of idle and of later clients of the pool, each once, and those of the adapter', () => {
    const shared = connection();
    const { errorHandler } = shared.opts;
    adapterOn(shared, '/chat');
    adapterOn(shared, '/news');
    const later = new EventEmitter();
    shared.pool.emit('acquire', later);
    shared.pool.emit('acquire', later);
    for (const client of [shared.idle, later]) client.emit('error', broken);
    shared.opts.errorHandler(broken);
    expect(failed.mock.calls).toEqual(Array.from({ length: 3 }, () => ['the connection', broken]));
    expect(errorHandler.mock.calls).toEqual([[broken]]);
  });

  it('does not listen for a namespace whose name would end the statement', () => {
    const shared = connection();
    const { addNamespace } = shared;
    adapterOn(shared, '/chat');
    (shared.addNamespace as (name: string) => void)('/a"; DROP');
    (shared.addNamespace as (name: string) => void)('/news');
    expect(failed.mock.calls).toEqual([
      ['listening', expect.objectContaining({ message: expect.stringContaining('cannot be the name of a channel') })],
    ]);
    expect(addNamespace.mock.calls).toEqual([['/news']]);
  });

  it('stops listening to the channel of its namespace when it closes', () => {
    const shared = connection();
    const [chat, news] = ['/chat', '/news'].map((name) => adapterOn(shared, name));
    chat?.close();
    news?.close(); // has no channel
    expect(shared.client.query.mock.calls).toEqual([['UNLISTEN "nest#/chat"']]);
    expect(shared.channels.size).toBe(0);
  });
});
