import { Adapter } from 'socket.io-adapter';
import { afterEach, expect, it, vi } from 'vitest';
import { DirectOperator } from '../../../lib/server/broadcast/direct-operator.js';
import { DistantSocket } from '../../../lib/server/hosted/distant-socket.js';
import type { HostedNamespace, PublishedAdapter, SocketDetails } from '../../../lib/server/hosted/published-adapter.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { startServer } from '../../support/server-rig.js';

afterEach(cleanUp);

it('selects the other sockets of a room, and contains exceptions', async () => {
  const broadcast = vi.fn<PublishedAdapter['broadcast']>();
  const rig = await startServer({
    adapter: (nsp: HostedNamespace) => Object.assign(new Adapter(nsp), { broadcast }),
  });
  const details: SocketDetails = { id: 'far', handshake: {} as SocketDetails['handshake'], rooms: [], data: null };
  const far = new DistantSocket(details, rig.of('/'));
  new DirectOperator(far, {}).to('x').emit('e');
  expect(broadcast.mock.calls[0]?.[1]).toEqual({ rooms: new Set(['x']), except: new Set(['far']), flags: {} });
  far.contain('something', () => {
    throw new Error('x');
  });
  expect(rig.log.errors).toEqual([['something in / failed', new Error('x')]]);
  expect(far.ackTimeout).toBe(60_000);
});
