/**
 * The life of a connection as a table. A cell that is missing is a call that has no effect.
 *
 * - `opening`: the WebSocket is there, the open packet is not sent yet
 * - `open`: messages flow
 * - `closing`: the layer above has been told the end; the WebSocket is shaking hands
 * - `closed`: the WebSocket is gone
 */
export type ConnectionState = 'opening' | 'open' | 'closing' | 'closed';

export type ConnectionEvent = 'opened' | 'ended' | 'gone';

export const CONNECTION_TRANSITIONS: {
  readonly [S in ConnectionState]: { readonly [E in ConnectionEvent]?: ConnectionState };
} = {
  opening: { opened: 'open', ended: 'closing', gone: 'closed' },
  open: { ended: 'closing', gone: 'closed' },
  closing: { gone: 'closed' },
  closed: {},
};

/** Why a connection ended, in Socket.IO's words. */
export type CloseReason =
  | 'transport close' // the client closed it, or the network did
  | 'transport error' // the client broke RFC 6455 or a limit, or does not take what it is sent
  | 'ping timeout' // no answer to a ping
  | 'parse error' // the client broke Engine.IO or Socket.IO
  | 'forced close' // we closed it
  | 'server shutting down';

/** How the WebSocket is closed for each reason: a close code (RFC 6455, 7.4.1), or `null` to cut it off. */
export const CLOSE_CODES: { readonly [R in CloseReason]: number | null } = {
  'transport close': 1000,
  'transport error': 1002,
  'ping timeout': null, // nobody is there to shake hands, and unsent data would hold the memory
  'parse error': 1002,
  'forced close': 1000,
  'server shutting down': 1001,
};
