import { describe, expect, it } from 'vitest';
import { clientAddress } from '../../../lib/engine/handshake/client-address.js';
import { proxyTrust, type TrustProxy } from '../../../lib/engine/handshake/proxy-trust.js';
import { RecordingLog } from '../../support/engine-rig.js';

/** The address of a client whose request comes from `address` with this `X-Forwarded-For`. */
function addressOf(forwarded: unknown, trustProxy: TrustProxy, address = '10.0.0.1'): string {
  const headers = { host: 'example.org', 'x-forwarded-for': forwarded as string };
  return clientAddress({ address, headers }, proxyTrust(trustProxy, new RecordingLog()));
}

describe('clientAddress', () => {
  it('is the remote address of the connection, whatever the headers are', () => {
    expect(addressOf('198.51.100.1', false)).toBe('10.0.0.1');
  });

  it.each([
    ['198.51.100.1', '198.51.100.1'],
    ['claimed, 198.51.100.1', '198.51.100.1'],
    [['claimed', 'claimed too,198.51.100.1'], '198.51.100.1'],
    ['198.51.100.1,', '198.51.100.1'],
    ['2001:db8::7', '2001:db8::7'],
    ['unknown', 'unknown'],
    ['', '10.0.0.1'],
    [' , ,', '10.0.0.1'],
    [undefined, '10.0.0.1'],
  ])('is the address that one trusted proxy has added: %j', (forwarded, address) => {
    expect([addressOf(forwarded, true), addressOf(forwarded, 1)]).toEqual([address, address]);
  });

  it.each<[TrustProxy, string]>([
    [1, '10.0.0.2'],
    [2, '198.51.100.1'],
    [3, 'claimed'],
    ['10.0.0.0/8', '198.51.100.1'],
    [['10.0.0.1', '10.0.0.2'], '198.51.100.1'],
    [['10.0.0.1'], '10.0.0.2'],
    ['loopback', '10.0.0.1'],
    ['loopback, uniquelocal', '198.51.100.1'],
    [(address) => address !== 'claimed', 'claimed'],
    [(_, hop) => hop < 2, '198.51.100.1'],
  ])('is, behind two proxies and with trustProxy: %j, %s', (trustProxy, address) => {
    expect(addressOf('claimed, 198.51.100.1, 10.0.0.2', trustProxy)).toBe(address);
  });

  it('knows an IPv4 address in the form of IPv6', () => {
    expect(addressOf('198.51.100.1', 'loopback', '::ffff:127.0.0.1')).toBe('198.51.100.1');
  });

  it('trusts no proxy on a Unix socket, which has no address, by its address', () => {
    expect(addressOf('198.51.100.1', 'loopback', '')).toBe('');
    expect(addressOf('198.51.100.1', 1, '')).toBe('198.51.100.1');
  });
});
