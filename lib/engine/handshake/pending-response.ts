import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * The response to an earlier request on the same connection, if it has not been sent completely. A client may send
 * requests without waiting for the responses (pipelining: RFC 9112, section 9.3.2).
 */
export function pendingResponse(socket: Duplex): ServerResponse | null {
  const { _httpMessage } = socket as { readonly _httpMessage?: ServerResponse | null }; // set by node:http
  return _httpMessage ?? null;
}
