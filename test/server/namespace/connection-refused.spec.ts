import { describe, expect, it } from 'vitest';
import { SocketIoError } from '../../../lib/errors.js';
import { ConnectionRefused } from '../../../lib/server/namespace/connection-refused.js';

describe('ConnectionRefused', () => {
  it('carries what the client shall learn', () => {
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
