import { describe, expect, it } from 'vitest';
import { hostRule, requestHost } from '../../../lib/engine/handshake/host-policy.js';
import { expectInvalid } from '../../support/option-errors.js';

describe('requestHost', () => {
  const headers = { host: 'internal:3000', 'x-forwarded-host': 'shop.example , proxy.internal' };

  it('is the host of the request', () => {
    expect(requestHost(headers, false)).toBe('internal:3000');
    expect(requestHost({}, false)).toBeUndefined();
  });

  it('is the first forwarded host of a trusted proxy, if there is one', () => {
    expect(requestHost(headers, true)).toBe('shop.example');
    expect(requestHost({ host: 'internal:3000' }, true)).toBe('internal:3000');
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
