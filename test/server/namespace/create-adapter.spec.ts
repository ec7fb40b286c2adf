import { Adapter } from 'socket.io-adapter';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../lib/engine/internal.js';
import { type AdapterHost, OwnAdapter } from '../../../lib/server/adapter/adapter.js';
import { LocalAdapter } from '../../../lib/server/adapter/local-adapter.js';
import { LocalFirstAdapter } from '../../../lib/server/hosted/local-first-adapter.js';
import { createAdapter } from '../../../lib/server/namespace/create-adapter.js';
import { RecoveringAdapter } from '../../../lib/server/recovery/recovering-adapter.js';
import { RecoveryBudget } from '../../../lib/server/recovery/recovery-budget.js';
import { resolveServerOptions, type ServerOptions } from '../../../lib/server/server-options.js';

const HOST = {
  name: '/',
  clock: systemClock,
  failed: () => {},
  checkEmpty: () => {},
  absenceWeight: 0,
  sessionOver: () => {},
} as Partial<AdapterHost> as AdapterHost;

const create = (options: ServerOptions = {}) => {
  const resolved = resolveServerOptions(options);
  return createAdapter(HOST, resolved, new RecoveryBudget(resolved));
};

describe('createAdapter', () => {
  it('creates a local adapter by default', () => {
    expect(create()).toBeInstanceOf(LocalAdapter);
    expect(create().recovery).toBeNull();
  });

  it('creates a recovering adapter if recovery is on', () => {
    expect(create({ connectionStateRecovery: {} })).toBeInstanceOf(RecoveringAdapter);
  });

  it('hosts a published adapter', () => {
    expect(create({ adapter: Adapter as never })).toBeInstanceOf(LocalFirstAdapter);
  });

  it.each<[string, ServerOptions['adapter']]>([
    ['a published', Adapter],
    ['an own', ownAdapter()],
  ])('refuses recovery with %s adapter that keeps no sessions', (_what, adapter) => {
    expect(() => create({ adapter: adapter as never, connectionStateRecovery: {} })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  });

  it('lets an own adapter create its part for the namespace', () => {
    const created = create({ adapter: ownAdapter() });
    expect(created).toBeInstanceOf(LocalAdapter);
    expect((created as unknown as { readonly host: AdapterHost }).host).toBe(HOST);
  });
});

function ownAdapter(): OwnAdapter {
  return new (class extends OwnAdapter {
    create(host: AdapterHost): LocalAdapter {
      return new LocalAdapter(host);
    }
  })();
}
