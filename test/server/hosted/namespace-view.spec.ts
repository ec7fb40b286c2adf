import { afterEach, expect, it, vi } from 'vitest';
import { DirectOperator } from '../../../lib/server/broadcast/direct-operator.js';
import { DistantSocket } from '../../../lib/server/hosted/distant-socket.js';
import type { HostedNamespace, PublishedAdapter, SocketDetails } from '../../../lib/server/hosted/published-adapter.js';
import { Adapter } from 'socket.io-adapter';
import { cleanUp } from '../../support/engine-clean-up.js';
import { startServer } from '../../support/server-rig.js';

afterEach(cleanUp);

it('shows an adapter the details of a socket that other servers may know', async () => {
  let seen: HostedNamespace | undefined;
  const rig = await startServer({
    adapter: class extends Adapter {
      constructor(nsp: HostedNamespace) {
        super(nsp);
        seen = nsp;
      }
    },
  });
  const [, socket] = await rig.join();
  socket.data = { name: 'ann' };
  socket.join('x');
  const view = seen?.sockets.get(socket.id);
  expect(view?.id).toBe(socket.id);
  expect(view?.handshake).toBe(socket.handshake);
  expect(view?.data).toEqual({ name: 'ann' });
  expect([...(view?.rooms ?? [])]).toEqual([socket.id, 'x']);
  expect(view?.server).toBeTruthy(); // adapters recognise a socket of this server by this member
  expect(seen?.sockets.get(socket.id)).toBe(view);
  expect(seen?.sockets.get('unknown')).toBeUndefined();
  view?.leave('x');
  expect([...socket.rooms]).toEqual([socket.id]);
  view?.disconnect(false);
  expect(socket.connected).toBe(false);
});

it('gives a new id to each broadcast that requests acknowledgements', async () => {
  let seen: HostedNamespace | undefined;
  await startServer({
    adapter: (nsp: HostedNamespace) => {
      seen = nsp;
      return new Adapter(nsp);
    },
  });
  const nsp = seen as HostedNamespace;
  expect([nsp._ids++, nsp._ids++]).toEqual([0, 1]);
});

it('lets a socket of another server select its rooms and contain exceptions', async () => {
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
