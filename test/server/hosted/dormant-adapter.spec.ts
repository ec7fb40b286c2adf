import { describe, expect, it, vi } from 'vitest';
import type { Adapter, Member } from '../../../lib/server/adapter/adapter.js';
import { BroadcastTarget } from '../../../lib/server/adapter/broadcast-target.js';
import { DormantAdapter } from '../../../lib/server/hosted/dormant-adapter.js';

const member = {} as Member;
const target = BroadcastTarget.everybody;
const packet = { type: 2, nsp: '/', data: ['e'] } as never;

/** A dormant adapter, and the calls of the adapter that it wakes. */
function dormant(recovers = false) {
  const calls: string[] = [];
  const recovery = { take: () => (calls.push('take'), null), keep: () => calls.push('keep') };
  const awake = new Proxy({} as Adapter, {
    get: (_target, name) => (name === 'recovery' ? recovery : () => void calls.push(String(name))),
  });
  const wake = vi.fn(() => awake);
  return { adapter: new DormantAdapter(wake, recovers), calls, wake };
}

describe('a dormant adapter', () => {
  it('wakes for everything that needs it', () => {
    const { adapter, calls } = dormant();
    adapter.add(member);
    adapter.join(member, ['a']);
    adapter.broadcast(packet, target);
    adapter.broadcastWithAck(packet, target, 5, () => {});
    void adapter.fetchSockets(target);
    adapter.socketsJoin(target, ['a']);
    adapter.socketsLeave(target, ['a']);
    adapter.disconnectSockets(target, false);
    adapter.serverSideEmit(['e']);
    adapter.view({} as never);
    expect(adapter.isOneUnseen(target)).toBe(false);
    expect(calls).toEqual([
      'add',
      'join',
      'broadcast',
      'broadcastWithAck',
      'fetchSockets',
      'socketsJoin',
      'socketsLeave',
      'disconnectSockets',
      'serverSideEmit',
      'view',
      'isOneUnseen',
    ]);
  });

  it('sleeps on when a client that was never admitted leaves', () => {
    const { adapter, wake } = dormant();
    adapter.leave(member);
    adapter.remove(member);
    adapter.close();
    expect([...adapter.roomsOf(member)]).toEqual([]);
    expect(adapter.recovery).toBeNull();
    expect(wake).not.toHaveBeenCalled();
  });

  it('wakes for a session only if the client claims to have received something', () => {
    const { adapter, calls } = dormant(true);
    const sent = vi.fn();
    adapter.recovery?.inOrder(sent, 1);
    expect(sent).toHaveBeenCalledOnce();
    expect(adapter.recovery?.keepsAny).toBe(false);
    expect(adapter.recovery?.take('pid', undefined)).toBeNull();
    expect(calls).toEqual([]);
    expect(adapter.recovery?.take('pid', '1-1')).toBeNull();
    adapter.recovery?.keep(member);
    expect(calls).toEqual(['take', 'keep']);
  });
});
