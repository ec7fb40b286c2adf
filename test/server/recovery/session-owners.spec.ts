import { describe, expect, it, vi } from 'vitest';
import { type RecoverableSocket, RecoveryCursor } from '../../../lib/server/adapter/recovery.js';
import { SessionOwners } from '../../../lib/server/recovery/session-owners.js';

function socketWith(pid: string | null, userId?: string) {
  const end = vi.fn<RecoverableSocket['conn']['end']>();
  const releaseSession = vi.fn<() => void>();
  const cursor = pid === null ? null : new RecoveryCursor(pid);
  const socket: RecoverableSocket = {
    id: 'ann',
    rooms: new Set(),
    data: null,
    userId,
    cursor,
    conn: { end },
    releaseSession,
  };
  return { socket, end, releaseSession };
}

describe('SessionOwners', () => {
  it('closes the connection of the socket that is using a session, then releases the session', () => {
    const owners = new SessionOwners();
    const { socket, end, releaseSession } = socketWith('a');
    owners.add(socket);
    owners.release('b');
    expect(end).not.toHaveBeenCalled();
    owners.release('a');
    expect(end).toHaveBeenCalledExactlyOnceWith('transport close');
    expect(releaseSession).toHaveBeenCalledOnce();
    expect(releaseSession.mock.invocationCallOrder[0]).toBeGreaterThan(end.mock.invocationCallOrder[0] as number);
  });

  it('removes a socket, but not a new socket with the same session', () => {
    const owners = new SessionOwners();
    const [old, next] = [socketWith('a'), socketWith('a')];
    owners.add(old.socket);
    owners.add(next.socket);
    owners.remove(old.socket);
    owners.release('a');
    expect([old.end, next.end].map((end) => end.mock.calls.length)).toEqual([0, 1]);
    owners.remove(next.socket);
    owners.release('a');
    expect(next.end).toHaveBeenCalledOnce();
  });

  it('ignores a socket without a session', () => {
    const owners = new SessionOwners();
    const { socket, end } = socketWith(null);
    owners.add(socket);
    owners.remove(socket);
    owners.release('a');
    expect(end).not.toHaveBeenCalled();
  });

  it('does not close the connection of one user for another', () => {
    const owners = new SessionOwners();
    const { socket, end } = socketWith('a', 'ann');
    owners.add(socket);
    owners.release('a', 'bob');
    expect(end).not.toHaveBeenCalled();
    owners.release('a');
    owners.release('a', 'ann');
    expect(end).toHaveBeenCalledTimes(2);
  });
});
