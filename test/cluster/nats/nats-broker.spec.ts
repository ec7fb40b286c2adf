import { expect, it, vi } from 'vitest';
import { natsBroker } from '../../../lib/cluster/nats/nats-broker.js';
import { consoleLog, systemClock } from '../../../lib/engine/internal.js';
import { expectInvalid, thrown } from '../../support/option-errors.js';

const url = 'nats://localhost:4222';

it('names its engine, which can keep events', () => {
  expect(natsBroker({ url })).toMatchObject({ engine: 'NATS', keepsEvents: true });
});

it('requires either a URL or a connection', () => {
  for (const [options, got] of [
    [{}, 'neither'],
    [{ url, connection: {} as never }, 'both'],
  ] as const) {
    expectInvalid(
      () => natsBroker(options),
      `natsBroker() must have either the option "url" or the option "connection", got ${got}: ` +
        "write natsBroker({ url: 'nats://localhost:4222' })",
    );
  }
  expectInvalid(
    () => natsBroker({ connection: {} as never }),
    'option "connection" must be a connection of the package @nats-io/transport-node: write await connect({ ... })',
  );
  expect(thrown(() => natsBroker({ uri: url } as never))).toMatchObject({ code: 'UNKNOWN_OPTION' });
});

it('refuses a URL that it cannot use', () => {
  expect(thrown(() => natsBroker({ url: 'redis://localhost' }))).toMatchObject({ code: 'INVALID_OPTION' });
  expectInvalid(
    () => natsBroker({ url: `${url}?timeout=1` }),
    'option "url" must be a URL with no parameter but "channel", got "nats://localhost:4222?timeout=***": ' +
      'write for example nats://localhost:4222',
  );
});

it.each(['', 'a.b', 'a b', '*', 'x'.repeat(101), 5])('refuses the channel %j', (channel) => {
  const message = 'option "channel" must be a name of at most 100 letters, digits, "-" and "_", got';
  const error = thrown(() => natsBroker({ url, channel: channel as string }));
  expect(error).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining(message) as string });
});

it.each([
  [null, ['@nats-io/transport-node']],
  [60_000, ['@nats-io/transport-node', '@nats-io/jetstream']],
])('loads only the packages that it needs to keep events for %s ms', async (keepFor, names) => {
  const loaded: string[] = [];
  vi.doMock('../../../lib/cluster/broker/client-library.js', () => ({
    loadClientLibraries: (_engine: string, packages: Readonly<Record<string, object | null>>) => {
      const needed = Object.entries(packages).filter(([, load]) => load !== null);
      loaded.push(...needed.map(([name]) => name));
      return Promise.resolve({ '@nats-io/transport-node': {}, '@nats-io/jetstream': keepFor === null ? null : {} });
    },
  }));
  vi.resetModules();
  try {
    const { natsBroker } = await import('../../../lib/cluster/nats/nats-broker.js');
    await natsBroker({ url }).create({ clock: systemClock, log: consoleLog, scope: '', keepFor, keepAtMost: 100 });
    expect(loaded).toEqual(names);
  } finally {
    vi.doUnmock('../../../lib/cluster/broker/client-library.js');
    vi.resetModules();
  }
});
