/**
 * The life of a socket as a table. A cell that is missing is a call that has no effect.
 *
 * - `connecting`: its CONNECT is being decided; what is sent and what arrives waits
 * - `connected`
 * - `disconnecting`: nothing goes out or in any more; disconnect handlers still see its rooms
 * - `disconnected`
 */
import type { CloseReason } from '../../engine/index.js';

export type SocketState = 'connecting' | 'connected' | 'disconnecting' | 'disconnected';

export type SocketEvent = 'accepted' | 'refused' | 'leaving' | 'left';

export const SOCKET_TRANSITIONS: {
  readonly [S in SocketState]: { readonly [E in SocketEvent]?: SocketState };
} = {
  connecting: { accepted: 'connected', refused: 'disconnected' },
  connected: { leaving: 'disconnecting' },
  disconnecting: { left: 'disconnected' },
  disconnected: {},
};

/** Why a socket was disconnected, in Socket.IO's words. */
export type DisconnectReason =
  | CloseReason
  | 'client namespace disconnect' // the client called disconnect()
  | 'server namespace disconnect' // we did
  | 'forced server close'; // in Socket.IO's list; sockets here never get it, code that compares with it compiles
