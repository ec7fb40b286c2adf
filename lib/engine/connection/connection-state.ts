/**
 * The life of a connection as a table. A transition that is missing from a row has no effect in that state.
 *
 * - `opening`: the WebSocket exists, but the open packet has not been sent
 * - `open`: messages flow
 * - `closing`: the handler has been notified; the closing handshake of the WebSocket is under way
 * - `closed`: the WebSocket is gone
 */
import type { ErrorCode } from '../../errors.js';

export type ConnectionState = 'opening' | 'open' | 'closing' | 'closed';

export type ConnectionTransition = 'opened' | 'ended' | 'gone';

export const CONNECTION_TRANSITIONS: {
  readonly [S in ConnectionState]: { readonly [T in ConnectionTransition]?: ConnectionState };
} = {
  opening: { opened: 'open', ended: 'closing', gone: 'closed' },
  open: { ended: 'closing', gone: 'closed' },
  closing: { gone: 'closed' },
  closed: {},
};

/**
 * Why a connection ended, in Socket.IO's terms.
 * @publicApi
 */
export type CloseReason =
  | 'transport close' // the client or the network closed the connection
  | 'transport error' // the client violated RFC 6455, exceeded a limit, or does not read what it is sent
  | 'ping timeout' // the client did not answer a ping
  | 'parse error' // the client violated the Engine.IO or Socket.IO protocol
  | 'forced close' // the server closed the connection
  | 'server shutting down';

/**
 * The close code if the application, or a rule of the server such as an expiry, gives a reason that the client can
 * read. Codes from 4000 are for private use (RFC 6455, 7.4.2).
 */
export const REASON_CLOSE_CODE = 4000;

/** How the WebSocket is closed for each reason: a close code (RFC 6455, 7.4.1), or `null` to terminate it. */
export const CLOSE_CODES: { readonly [R in CloseReason]: number | null } = {
  'transport close': 1000,
  'transport error': 1002,
  'ping timeout': null, // a dead peer cannot answer the closing handshake, and unsent data would hold memory
  'parse error': 1002,
  'forced close': 1000,
  'server shutting down': 1001,
};

export const CLOSE_REASONS = Object.keys(CLOSE_CODES) as CloseReason[];

/** The close codes for clients that reach a limit, by the code of the error. They take precedence. */
export const CLOSE_CODES_OF_ERRORS: { readonly [C in ErrorCode]?: number | null } = {
  SLOW_CLIENT: null, // unsent data would hold memory during the closing handshake
  RATE_LIMITED: 1008, // policy violation
  CONNECTION_REFUSED: 1008,
};
