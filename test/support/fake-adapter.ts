/** A fake of a published adapter. */
import type { PublishedAdapter } from '../../lib/server/hosted/published-adapter.js';

/** Returns an adapter with the members of the test; all others do nothing. */
export function fakeAdapter(members: Partial<PublishedAdapter> = {}): PublishedAdapter {
  return {
    addAll: () => {},
    del: () => {},
    delAll: () => {},
    socketRooms: () => undefined,
    broadcast: () => {},
    broadcastWithAck: () => {},
    serverCount: () => Promise.resolve(1),
    fetchSockets: () => Promise.resolve([]),
    addSockets: () => {},
    delSockets: () => {},
    disconnectSockets: () => {},
    serverSideEmit: () => {},
    ...members,
  };
}
