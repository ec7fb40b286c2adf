import type { IncomingMessage } from 'node:http';
import proxyAddr from 'proxy-addr';
import type { HandshakeRequest } from './handshake-request.js';
import type { ProxyTrust } from './proxy-trust.js';

/**
 * The address of a client: the last one in `X-Forwarded-For` that is not a trusted proxy's. Only trusted proxies have
 * added the addresses after it; the client may have made up those before it.
 * @param trust `null` if no proxy is trusted
 */
export function clientAddress(
  { headers, address }: Pick<HandshakeRequest, 'address' | 'headers'>,
  trust: ProxyTrust | null,
): string {
  const forwarded = trust === null ? undefined : headers['x-forwarded-for'];
  if (trust === null || forwarded === undefined) return address;
  // The connection of a kept request may be closed, and its socket then no longer knows the address.
  const request = { headers: { 'x-forwarded-for': String(forwarded) }, socket: { remoteAddress: address } };
  return proxyAddr(request as unknown as IncomingMessage, trust);
}
