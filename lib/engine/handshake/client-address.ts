import type { HandshakeRequest } from './handshake-request.js';

/**
 * The address of a client.
 * @param trustProxy whether to trust `X-Forwarded-For`, to which our own proxy has appended the address
 */
export function clientAddress(
  { headers, address }: Pick<HandshakeRequest, 'address' | 'headers'>,
  trustProxy: boolean,
): string {
  const forwarded = trustProxy ? headers['x-forwarded-for'] : undefined;
  const last = [forwarded].flat().at(-1)?.split(',').at(-1)?.trim();
  return last === undefined || last === '' ? address : last;
}
