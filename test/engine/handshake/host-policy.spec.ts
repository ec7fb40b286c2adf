import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { hostRule, requestHost } from '../../../lib/engine/handshake/host-policy.js';
import type { ProxyTrust } from '../../../lib/engine/handshake/proxy-trust.js';
import { expectInvalid } from '../../support/option-errors.js';

/** The host of a request that comes from this address. */
function hostOf(headers: IncomingHttpHeaders, trust: ProxyTrust | null, remoteAddress?: string): string | undefined {
  return requestHost({ headers, socket: { remoteAddress } as Socket }, trust);
}

describe('requestHost', () => {
  const headers = { host: 'internal:3000', 'x-forwarded-host': 'shop.example , proxy.internal' };

  it('is the host of the request', () => {
    expect(hostOf(headers, null)).toBe('internal:3000');
    expect(hostOf({}, null)).toBeUndefined();
  });

  it('is the first forwarded host of a trusted proxy, if there is one', () => {
    const trust = vi.fn(() => true);
    expect(hostOf(headers, trust, '10.0.0.1')).toBe('shop.example');
    expect(hostOf({ host: 'internal:3000' }, trust)).toBe('internal:3000');
    expect(hostOf({ host: 'internal:3000', 'x-forwarded-host': '' }, trust)).toBe('internal:3000');
    expect(trust.mock.calls).toEqual([
      ['10.0.0.1', 0],
      ['', 0],
    ]);
  });

  it('is the host of the request if another than a trusted proxy forwards a host', () => {
    expect(hostOf(headers, () => false, '192.0.2.7')).toBe('internal:3000');
  });
});

describe('hostRule', () => {
  it.each([
    ['shop.example', 'shop.example'],
    ['shop.example', 'SHOP.example'],
    ['SHOP.example', 'shop.example'],
    ['shop.example', 'shop.example.'],
    ['shop.example', 'shop.example:8443'],
    ['shop.example:8443', 'shop.example:8443'],
    ['shop.example:443', 'shop.example'],
    ['shop.example:80', 'shop.example'],
    ['*.shop.example', 'eu.shop.example'],
    ['*.shop.example', 'a.b.shop.example:3000'],
    ['*.shop.example:3000', 'eu.shop.example:3000'],
    ['localhost', 'localhost:3000'],
    ['127.0.0.1', '127.0.0.1:3000'],
    ['[::1]', '[::1]:3000'],
    ['[::1]:3000', '[0:0:0:0:0:0:0:1]:3000'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['my_host', 'my_host'],
  ])('allows with %j the host %j', (entry, host) => {
    expect(hostRule(['other.example', entry])(host)).toBe(true);
  });

  it.each([
    ['shop.example', undefined],
    ['shop.example', ''],
    ['shop.example', 'evil.example'],
    ['shop.example', 'shop.example.evil.example'],
    ['shop.example', 'evilshop.example'],
    ['shop.example', 'eu.shop.example'],
    ['shop.example', 'evil.example:80@shop.example'],
    ['shop.example', 'shop.example@evil.example'],
    ['shop.example', 'shop.example/'],
    ['shop.example', 'shop.example,evil.example'],
    ['shop.example', 'shop.example evil.example'],
    ['shop.example', 'shop.example#.evil.example'],
    ['shop.example', 'shop%2Eexample'],
    ['shop.example', 'shop.example:99999'],
    ['shop.example', 'shop.example:80:80'],
    ['shop.example', 'shop.example..'],
    ['shop.example:8443', 'shop.example'],
    ['shop.example:8443', 'shop.example:8444'],
    ['shop.example:443', 'shop.example:80'],
    ['*.shop.example', 'shop.example'],
    ['*.shop.example', 'evilshop.example'],
    ['*.shop.example', '*.shop.example'],
    ['[::1]', '[::2]'],
    ['[::1]', '::1'],
    ['localhost', '127.0.0.1'],
  ])('refuses with %j the host %j', (entry, host) => {
    expect(hostRule([entry])(host)).toBe(false);
  });

  it.each([
    '',
    '*',
    '*.',
    '.',
    'https://shop.example',
    'shop.example/',
    'a b',
    'shop.*.example',
    'shop.example:',
    'shop.example:99999',
    'user@shop.example',
    '::1',
    '[::1',
    5,
    null,
    undefined,
  ])('cannot be created from %j', (entry) => {
    expectInvalid(
      () => hostRule([entry as string]),
      `option "allowedHosts[0]" must be a host name with an optional port, got ${typeof entry === 'string' ? JSON.stringify(entry) : entry}: write it without scheme and path, as 'example.com', 'example.com:8443' or '*.example.com'`,
    );
  });

  it.each([
    [[], '[]'],
    ['shop.example', '"shop.example"'],
    [/shop/, '{}'],
  ])('needs a list, not %j', (given, written) => {
    expectInvalid(
      () => hostRule(given as string[]),
      `option "allowedHosts" must be a list of at least one host name, got ${written}: write allowedHosts: ['example.com']`,
    );
  });
});
