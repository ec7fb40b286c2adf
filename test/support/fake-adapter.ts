/** A published adapter in a test's hands. */
import type { PublishedAdapter } from '../../lib/server/hosted/published-adapter.js';

/** An adapter that does nothing but what a test gives it. */
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
