import { Adapter } from 'socket.io-adapter';
import { afterEach, expect, it } from 'vitest';
import { sharedHandshake } from '../../../lib/server/handshake.js';
import type { HostedNamespace } from '../../../lib/server/hosted/published-adapter.js';
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
  const [, socket] = await rig.join('/', { headers: { cookie: 'secret' } });
  socket.data = { name: 'ann' };
  socket.join('x');
  const view = seen?.sockets.get(socket.id);
  expect(view?.id).toBe(socket.id);
  expect(view?.handshake).toEqual(sharedHandshake(socket.handshake));
  expect([socket.handshake.headers.cookie, view?.handshake.headers.cookie]).toEqual(['secret', undefined]);
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
