import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SocketObserver } from '../../../lib/server/internal.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { next } from '../../support/events.js';
import { type ServerRig, startServer } from '../../support/server-rig.js';
import { connectStock } from '../../support/stock-client.js';

describe('SocketObserver', () => {
  let rig: ServerRig;
  const seen: string[] = [];
  beforeEach(async () => {
    seen.length = 0;
    rig = await startServer();
    rig.server.sockets.observe(recorder(seen));
  });
  afterEach(cleanUp);

  it('follows a client from its connection to its end', async () => {
    rig.server.on('connection', (socket) => {
      socket.join('lobby');
      socket.leave('lobby');
    });
    const client = connectStock(`http://127.0.0.1:${rig.port}`);
    await next(client, 'connect');
    expect(seen).toEqual(['connected', 'joined lobby', 'left lobby']);
    client.disconnect();
    await vi.waitFor(() => expect(seen.at(-1)).toBe('ended client namespace disconnect'));
    expect(seen).toHaveLength(4);
  });
});

function recorder(seen: string[]): SocketObserver {
  return {
    connected: () => void seen.push('connected'),
    ended: (_socket, reason) => void seen.push(`ended ${reason}`),
    joined: (_socket, room) => void seen.push(`joined ${room}`),
    left: (_socket, room) => void seen.push(`left ${room}`),
  };
}
