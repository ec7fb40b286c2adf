/** The handlers of clients that leave, are lost, or return. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Namespace } from '../../../lib/server/internal.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { enter, enterDen, lose } from '../../support/resuming-client.js';
import { startServer } from '../../support/server-rig.js';

const MINUTE = 60_000;

let seen: string[] = [];
beforeEach(() => (seen = []));
afterEach(cleanUp);

/** Records the handlers that run, and reads the rooms after they have waited. */
function recordHandlers(nsp: Namespace): void {
  nsp
    .onDisconnect((_socket, reason) => void seen.push(`disconnect ${reason}`))
    .onDrop((_socket, reason) => void seen.push(`drop ${reason}`))
    .onReturn(({ recovered }) => void seen.push(`return ${recovered}`))
    .onEnd(async (socket, reason) => {
      await Promise.resolve();
      seen.push(`end ${reason} ${[...socket.rooms].includes('den')} ${socket.data}`);
    });
}

describe('the handlers of departures', () => {
  it.each(['/', '*'])('run at the drop, at the return and at the end, on %s', async (name) => {
    const rig = await startServer({ connectionStateRecovery: { maxDisconnectionDuration: MINUTE } });
    recordHandlers(name === '*' ? rig.server.forAll() : rig.server.sockets);
    const ann = await enterDen(rig);
    await lose(ann);
    expect(seen).toEqual(['disconnect transport close', 'drop transport close']);
    const back = await enter(rig, ann.claim);
    expect(seen.slice(2)).toEqual(['return true']);
    await lose(back);
    seen = [];
    rig.clock.advance(MINUTE + 1_000); // less than the handlers may take
    await rig.server.sockets.settled();
    expect(seen).toEqual(['end transport close true 1']);
    await vi.waitFor(() => expect([...back.socket.rooms]).toEqual([]));
  });

  it('run together if the client cannot return', async () => {
    const rig = await startServer({ connectionStateRecovery: {} });
    recordHandlers(rig.server.sockets);
    const { client } = await enterDen(rig);
    client.send('41');
    await vi.waitFor(() => expect(seen).toHaveLength(2));
    expect(seen).toEqual(['disconnect client namespace disconnect', 'end client namespace disconnect true 1']);
  });

  it('are awaited by a closing server', async () => {
    const rig = await startServer({ connectionStateRecovery: {} });
    recordHandlers(rig.server.sockets);
    await lose(await enterDen(rig));
    const closed = rig.server.close();
    rig.clock.advance(5_000);
    await closed;
    expect(seen.at(-1)).toBe('end transport close true 1');
  });

  it('may fail, which is logged', async () => {
    const rig = await startServer({ connectionStateRecovery: {} });
    rig.server.sockets.onReturn(() => Promise.reject(new Error('broken')));
    const ann = await enter(rig);
    await lose(ann);
    const back = await enter(rig, { pid: ann.pid });
    await vi.waitFor(() => expect(rig.log.errors).toHaveLength(1));
    expect(back.socket.connected).toBe(true);
  });
});
