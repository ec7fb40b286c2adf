/** What one server reports, and `server.explain` on a single server. */
import { afterEach, describe, expect, it } from 'vitest';
import { cleanUp } from '../../support/engine-clean-up.js';
import { startServer } from '../../support/server-rig.js';

afterEach(cleanUp);

describe('server.explain', () => {
  it('finds a client by its id or user, with its rooms, and says what became of the emits', async () => {
    const rig = await startServer({ telemetry: { journal: true } });
    const { server } = rig;
    const [client, socket] = await rig.join();
    socket.userId = 'bob';
    server.to('a').emit('before');
    socket.join('a');
    server.to('a').emit('news');
    server.to('a').except(socket.id).emit('others');
    for (const who of ['bob', socket.id]) {
      const explanation = await server.explain(server.to('a'), who);
      expect(explanation.clients).toMatchObject([
        { id: socket.id, user: 'bob', rooms: [socket.id, 'a'], isSelected: true, disconnectedAt: null },
      ]);
      expect(explanation.clients[0]?.deliveries.map(({ event, outcome }) => [event, outcome])).toEqual([
        ['before', 'not_selected'],
        ['news', 'sent'],
        ['others', 'excluded'],
      ]);
    }
    client.send('41');
    await expect
      .poll(async () => (await server.explain(server.to('a'), 'bob')).clients)
      .toMatchObject([{ id: socket.id, reason: 'client namespace disconnect', isSelected: false }]);
  });

  it('names the other namespaces of a client, and works without a journal', async () => {
    const rig = await startServer();
    rig.of('/chat');
    const [, socket] = await rig.join('/chat');
    socket.userId = 'bob';
    const explanation = await rig.server.explain(rig.server, 'bob');
    expect(explanation).toMatchObject({ clients: [], otherNamespaces: ['/chat'], journalSince: null, silent: [] });
    expect(rig.server.telemetry.instruments).toBeNull();
    expect(await rig.server.explain(rig.server.of('/chat').to('a'), 'bob')).toMatchObject({
      clients: [{ isSelected: false, deliveries: [] }],
      otherNamespaces: [],
    });
  });
});
