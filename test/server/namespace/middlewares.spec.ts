import { describe, expect, it } from 'vitest';
import { type Middleware, passMiddlewares, refusalOf } from '../../../lib/server/namespace/middlewares.js';
import { ConnectionRefused } from '../../../lib/server/namespace/connection-refused.js';
import type { Socket } from '../../../lib/server/socket/socket.js';
import { RecordingLog } from '../../support/engine-rig.js';

const socket = { isLost: false } as Socket;
const never: Middleware = () => expect.unreachable();

describe('passMiddlewares', () => {
  it('runs one after the other', async () => {
    const calls: string[] = [];
    const slow: Middleware = (_socket, next) => {
      calls.push('first');
      setImmediate(() => {
        calls.push('goes on');
        next();
      });
    };
    const quick: Middleware = (_socket, next) => {
      calls.push('second');
      next();
    };
    await passMiddlewares([slow, quick], socket);
    expect(calls).toEqual(['first', 'goes on', 'second']);
  });

  it.each<[string, Middleware, unknown]>([
    ['next(error)', (_, next) => next(Object.assign(new Error('no'), { data: 1 })), { message: 'no', data: 1 }],
    ['next(text)', (_, next) => next('no'), { message: 'no', data: undefined }],
    ['its first word', (_, next) => [next('no'), next()], { message: 'no' }],
    ['a rejection', () => Promise.reject(new Error('no')), { message: 'no' }],
    [
      'a throw',
      () => {
        throw new Error('no');
      },
      { message: 'no' },
    ],
  ])('stops at %s', async (_what, middleware, error) => {
    await expect(passMiddlewares([middleware, never], socket)).rejects.toMatchObject(error as object);
  });

  it('stops when the client has gone', async () => {
    const lost = { isLost: true } as Socket;
    await expect(passMiddlewares([(_, next) => next(), never], lost)).rejects.toBeInstanceOf(ConnectionRefused);
  });
});

describe('refusalOf', () => {
  it('hands on what was said on purpose', () => {
    const log = new RecordingLog();
    expect(refusalOf(new ConnectionRefused('no'), '/', log)).toEqual({ message: 'no' });
    expect(refusalOf(new ConnectionRefused('no', { code: 7 }), '/', log)).toEqual({ message: 'no', data: { code: 7 } });
    expect(log.errors).toEqual([]);
  });

  it('says nothing of our own failures, and logs them', () => {
    const log = new RecordingLog();
    const error = new TypeError('a secret');
    expect(refusalOf(error, '/chat', log)).toEqual({ message: 'Internal server error' });
    expect(log.errors).toEqual([['a middleware or connect handler of /chat failed: the client is refused', error]]);
  });
});
