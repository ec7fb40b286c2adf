import { describe, expect, it } from 'vitest';
import { type ProxyTrust, proxyTrust, type TrustProxy } from '../../../lib/engine/handshake/proxy-trust.js';
import { RecordingLog } from '../../support/engine-rig.js';
import { expectInvalid } from '../../support/option-errors.js';

const trustOf = (given: unknown): ProxyTrust | null => proxyTrust(given as TrustProxy, new RecordingLog());

describe('proxyTrust', () => {
  it.each([false, 0, []])('trusts nothing: %j', (given) => {
    expect(trustOf(given)).toBeNull();
  });

  it.each<[TrustProxy, boolean[]]>([
    [true, [true, false, false]],
    [1, [true, false, false]],
    [2, [true, true, false]],
  ])('trusts as many proxies as %j says', (given, hops) => {
    const trust = trustOf(given);
    expect([0, 1, 2].map((hop) => trust?.('192.0.2.7', hop))).toEqual(hops);
  });

  it.each<[TrustProxy, string, boolean]>([
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.8', false],
    ['192.0.2.7', 'unknown', false],
    ['192.0.2.0/24', '192.0.2.8', true],
    ['192.0.2.0/255.255.255.0', '192.0.2.8', true],
    ['2001:db8::/32', '2001:db8::7', true],
    ['2001:db8::/32', '2001:db9::7', false],
    ['loopback', '127.0.0.1', true],
    ['loopback', '::1', true],
    ['loopback', '::ffff:127.0.0.1', true],
    ['linklocal', '169.254.1.1', true],
    ['uniquelocal', '172.16.0.1', true],
    ['uniquelocal', '172.32.0.1', false],
    [' loopback ,192.0.2.7', '192.0.2.7', true],
    [['loopback', '192.0.2.7'], '127.0.0.1', true],
    [['loopback', '192.0.2.7'], '192.0.2.7', true],
    [['loopback', '192.0.2.7'], '', false],
  ])('by %j, of %j: %j', (given, address, trusted) => {
    expect(trustOf(given)?.(address, 5)).toBe(trusted);
  });

  it('calls a function with address and hop', () => {
    const calls: unknown[] = [];
    const trust = trustOf((...args: unknown[]) => calls.push(args) === 1);
    expect([trust?.('192.0.2.7', 0), trust?.('192.0.2.8', 1)]).toEqual([true, false]);
    expect(calls).toEqual([
      ['192.0.2.7', 0],
      ['192.0.2.8', 1],
    ]);
  });

  it('trusts nothing if a function throws, or returns anything but true', () => {
    const log = new RecordingLog();
    const error = new Error('x');
    const failing = (): boolean => {
      throw error;
    };
    expect(proxyTrust(failing, log)?.('192.0.2.7', 0)).toBe(false);
    expect(log.errors).toEqual([['the function given as trustProxy failed', error]]);
    expect(trustOf(async () => true)?.('192.0.2.7', 0)).toBe(false);
  });

  const rule = 'option "trustProxy" must be a boolean, the number of proxies, their addresses, or a function';
  const hint =
    "write trustProxy: 1 for one proxy, or its addresses, as trustProxy: ['loopback', '10.0.0.0/8', '192.0.2.7']";

  it.each([
    [-1, '-1'],
    [1.5, '1.5'],
    [Number.NaN, 'NaN'],
    [Infinity, 'Infinity'],
    [null, 'null'],
    [{}, '{}'],
  ])('refuses %j', (given, written) => {
    expectInvalid(() => trustOf(given), `${rule}, got ${written}: ${hint}`);
  });

  it.each([
    ['true', '"true"', '"true"'],
    ['1', '"1"', '"1"'],
    ['', '""', '""'],
    ['localhost', '"localhost"', '"localhost"'],
    ['10.0.0.0/33', '"10.0.0.0/33"', '"10.0.0.0/33"'],
    [['loopback', 'proxy.internal'], '["loopback","proxy.internal"]', '"proxy.internal"'],
    [['loopback', 5], '["loopback",5]', '5'],
    [[undefined], '[null]', 'undefined'],
  ])('refuses %j, and names the entry', (given, written, entry) => {
    expectInvalid(
      () => trustOf(given),
      `${rule}, got ${written}: ${entry} is neither an address nor a subnet: ${hint}`,
    );
  });
});
