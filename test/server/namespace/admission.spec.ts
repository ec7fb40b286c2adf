import { describe, expect, it } from 'vitest';
import { SocketIoError } from '../../../lib/errors.js';
import {
  ConnectionRefused,
  type Middleware,
  refusalOf,
  runMiddlewares,
} from '../../../lib/server/namespace/admission.js';
import type { Socket } from '../../../lib/server/socket/socket.js';
import { RecordingLog } from '../../support/engine-rig.js';

const socket = { isUndecided: true, ending: null } as Socket;
const never: Middleware = () => expect.unreachable();

describe('runMiddlewares', () => {
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
    await runMiddlewares([slow, quick], socket);
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
    await expect(runMiddlewares([middleware, never], socket)).rejects.toMatchObject(error as object);
  });

  it('stops when the client has left', async () => {
    const lost = { isUndecided: true, ending: { reason: 'transport close', description: undefined } } as Socket;
    await expect(runMiddlewares([(_, next) => next(), never], lost)).rejects.toBeInstanceOf(ConnectionRefused);
  });
});

describe('refusalOf', () => {
  it('returns the message and data of a ConnectionRefused', () => {
    const log = new RecordingLog();
    expect(refusalOf(new ConnectionRefused('no'), '/', log)).toEqual({ message: 'no' });
    expect(refusalOf(new ConnectionRefused('no', { code: 7 }), '/', log)).toEqual({ message: 'no', data: { code: 7 } });
    expect(log.errors).toEqual([]);
  });

  it('hides other errors, and logs them', () => {
    const log = new RecordingLog();
    const error = new TypeError('a secret');
    expect(refusalOf(error, '/chat', log)).toEqual({ message: 'Internal server error' });
    expect(log.errors).toEqual([['a middleware or connect handler of /chat failed: the client is refused', error]]);
  });
});

describe('ConnectionRefused', () => {
  it('has the message and data for the client', () => {
    const error = new ConnectionRefused('unknown token', { retry: false });
    expect(error).toBeInstanceOf(SocketIoError);
    expect(error).toMatchObject({
      name: 'ConnectionRefused',
      code: 'CONNECTION_REFUSED',
      message: 'unknown token',
      data: { retry: false },
    });
  });

  it('needs no data', () => {
    expect(new ConnectionRefused('no').data).toBeUndefined();
  });

  it('keeps its cause', () => {
    const cause = new Error('expired');
    expect(new ConnectionRefused('no', undefined, { cause }).cause).toBe(cause);
  });
});
