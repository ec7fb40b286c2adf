import { describe, expect, it } from 'vitest';
import { clientAddress } from '../../../lib/engine/handshake/client-address.js';

const behind = (forwarded: unknown) => ({
  address: '192.0.2.7',
  headers: { host: 'example.org', 'x-forwarded-for': forwarded as string },
});

describe('clientAddress', () => {
  it('is the remote address of the connection, whatever the headers are', () => {
    expect(clientAddress(behind('198.51.100.1'), false)).toBe('192.0.2.7');
  });

  it.each([
    ['198.51.100.1', '198.51.100.1'],
    ['claimed, 198.51.100.1', '198.51.100.1'],
    [['claimed', 'claimed too,198.51.100.1'], '198.51.100.1'],
    ['', '192.0.2.7'],
    ['198.51.100.1,', '192.0.2.7'],
    [undefined, '192.0.2.7'],
  ])('is the address that a trusted proxy has added: %j', (forwarded, address) => {
    expect(clientAddress(behind(forwarded), true)).toBe(address);
  });
});
