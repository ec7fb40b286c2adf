import { Server } from 'nest-socketio';
import { describe, expect, it, vi } from 'vitest';
import { AdminActions, NotFound } from '../../../lib/nest/admin/admin-actions.js';
import { BadRequest } from '../../../lib/nest/admin/checked-arguments.js';
import type { Socket } from '../../../lib/server/internal.js';
import { RecordingLog } from '../../support/engine-rig.js';

const VISITOR = { user: null, address: '10.0.0.7' };
const ANN = { namespace: '/chat', client: 'ann', room: 'den' };

function setUp(isElsewhere = false) {
  const log = new RecordingLog();
  const server = new Server({ logger: log });
  const chat = server.of('/chat');
  const actions = new AdminActions(server, log, () => Promise.resolve(isElsewhere));
  return { log, server, chat, actions };
}

describe('actions', () => {
  it('of visitors without a user are logged with their address', () => {
    const { actions, log } = setUp();
    actions.send({ namespace: '/chat', to: 'den', event: 'news', args: [] }, VISITOR);
    expect(log.debugs).toEqual(['admin page: a visitor at "10.0.0.7" sent "news" to "den" in /chat']);
  });

  it('use the method of the logger for such lines', () => {
    const log = Object.assign(new RecordingLog(), { log: vi.fn() });
    new AdminActions(new Server(), log, () => Promise.resolve(false)).log(VISITOR, 'came');
    expect(log.log).toHaveBeenCalledWith('admin page: a visitor at "10.0.0.7" came');
  });

  it('on names of the protocol, and above limits, are bad requests, which are not logged', async () => {
    const { actions, chat, log } = setUp();
    const connect = { namespace: '/chat', to: null, event: 'connect', args: [] };
    expect(() => actions.send(connect, VISITOR)).toThrow(BadRequest);
    const ann = { nsp: chat, join: () => chat.emit('connect') } as unknown as Socket;
    chat.sockets.set('ann', ann);
    await expect(actions.join(ANN, VISITOR)).rejects.toBeInstanceOf(BadRequest);
    expect(log.debugs).toEqual([]);
  });

  it('pass on other failures', async () => {
    const { actions, chat } = setUp();
    const failed = new Error('a fault');
    const join = () => {
      throw failed;
    };
    chat.sockets.set('ann', { join } as unknown as Socket);
    await expect(actions.join(ANN, VISITOR)).rejects.toBe(failed);
  });

  it.each(['join', 'leave', 'kick'] as const)(
    'to %s a client that no server has are not carried out',
    async (action) => {
      const { actions, log } = setUp();
      await expect(actions[action](ANN, VISITOR)).rejects.toBeInstanceOf(NotFound);
      expect(log.debugs).toEqual([]);
    },
  );

  it('do not open a namespace to clients', async () => {
    const { actions, server } = setUp(true);
    actions.send({ namespace: '/secret', to: null, event: 'news', args: [] }, VISITOR);
    await actions.kick({ namespace: '/secret', client: 'ann' }, VISITOR);
    expect(server.has('/secret')).toBe(false);
  });
});
