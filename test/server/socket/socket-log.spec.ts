import { describe, expect, it, vi } from 'vitest';
import { fieldsOf, logDisconnect } from '../../../lib/server/socket/socket-log.js';
import { resolveServerOptions } from '../../../lib/server/server-options.js';

function socketOf(userId: string | undefined, name = '/chat') {
  const log = { debug: vi.fn(), log: vi.fn() };
  const socket = {
    id: 'Zx1',
    userId,
    conn: { logFields: { connection: 'Qy2', address: '10.0.0.7' } },
    nsp: { name, log },
    handshake: { issued: Date.now() - 12_000 },
  };
  return { socket, log };
}

const FIELDS = { client: 'Zx1', connection: 'Qy2', address: '10.0.0.7', namespace: '/chat' };

describe('fieldsOf', () => {
  it('returns what identifies a client', () => {
    expect(fieldsOf(socketOf('u7').socket)).toEqual({ ...FIELDS, user: 'u7' });
  });

  it('leaves out a user whose id cannot be read', () => {
    const { socket } = socketOf(undefined);
    Object.defineProperty(socket, 'userId', {
      get: () => {
        throw new Error('x');
      },
    });
    expect(fieldsOf(socket)).toEqual(FIELDS);
  });
});

describe('logDisconnect', () => {
  it('writes who left, from where, after which time and why', () => {
    const { socket, log } = socketOf('u7');
    logDisconnect(socket, 'log', 'transport close');
    expect(log.log.mock.calls).toEqual([
      [
        'client Zx1 (user "u7") of "10.0.0.7" left /chat after 12 s: transport close',
        { ...FIELDS, user: 'u7', reason: 'transport close', duration: expect.any(Number) },
      ],
    ]);
    expect(log.debug).not.toHaveBeenCalled();
  });

  it('quotes text of a client, at the level of the option', () => {
    const { socket, log } = socketOf(undefined, '/a\nb');
    logDisconnect(socket, 'debug', 'ping timeout');
    expect(log.debug.mock.calls[0]?.[0]).toBe('client Zx1 of "10.0.0.7" left "/a\\nb" after 12 s: ping timeout');
  });
});

describe('the option logDisconnects', () => {
  it('is off by default, and takes a level', () => {
    expect(resolveServerOptions({}).logDisconnects).toBe(false);
    expect(resolveServerOptions({ logDisconnects: 'debug' }).logDisconnects).toBe('debug');
    expect(() => resolveServerOptions({ logDisconnects: true as never })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  });
});
