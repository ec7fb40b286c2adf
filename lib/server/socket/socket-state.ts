/**
 * The state machine of a socket, as a table. Each state is a row: it lists what the state allows, and the next state
 * for each transition. A socket holds its row, so every question about its state is one property. A transition that is
 * missing in a row has no effect.
 */
import type { CloseReason } from '../../engine/internal.js';

export type SocketStateName =
  | 'deciding' // middlewares run; broadcasts do not reach the socket
  | 'entering' // connect handlers run; broadcasts reach it, and are buffered until its CONNECT is answered
  | 'greeted' // connect handlers run; its CONNECT is answered already, see the option `acceptFirst`
  | 'connected'
  | 'parting' // listeners of `disconnecting` run; nothing is sent or received, but it is listed as connected
  | 'leaving' // disconnect handlers run; nothing is sent or received, rooms and data are kept
  | 'gone';

export type SocketTransition =
  | 'placed' // the namespace made it a member
  | 'greeted' // its CONNECT is answered before it is decided
  | 'accepted'
  | 'refused'
  | 'parted' // the client or the server disconnected it, or the connection is lost
  | 'left' // its listeners of `disconnecting` have run
  | 'finished'; // its disconnect handlers have finished, and it has left all rooms

/** The columns of the table. */
interface Permissions {
  /** Its CONNECT is being decided: packets from the client are buffered. */
  readonly isUndecided: boolean;
  /** It is a member of its namespace: broadcasts reach it. */
  readonly isPlaced: boolean;
  /** Messages to it are delivered, at once or after its CONNECT is answered. */
  readonly isReachable: boolean;
  /** Its CONNECT is answered: messages to it are sent at once, and the client may acknowledge them. */
  readonly isAnswered: boolean;
  /** Events from the client are handled. */
  readonly isConnected: boolean;
  /** `socket.connected` is true, and `namespace.sockets` lists it. */
  readonly isListed: boolean;
  /** It is in its rooms. */
  readonly hasRooms: boolean;
}

export interface SocketState extends Permissions {
  readonly name: SocketStateName;
  readonly next: { readonly [E in SocketTransition]?: SocketStateName };
}

const NOTHING: Permissions = {
  isUndecided: false,
  isPlaced: false,
  isReachable: false,
  isAnswered: false,
  isConnected: false,
  isListed: false,
  hasRooms: false,
};

/** A row of the table. All rows have the same shape, so that V8 reads a column with one load. */
function row(name: SocketStateName, allows: readonly (keyof Permissions)[], next: SocketState['next']): SocketState {
  return { ...NOTHING, ...Object.fromEntries(allows.map((column) => [column, true])), name, next };
}

export const SOCKET_STATES: Readonly<Record<SocketStateName, SocketState>> = {
  deciding: row('deciding', ['isUndecided', 'isReachable', 'hasRooms'], {
    placed: 'entering',
    refused: 'gone',
  }),
  entering: row('entering', ['isUndecided', 'isPlaced', 'isReachable', 'hasRooms'], {
    greeted: 'greeted',
    accepted: 'connected',
    refused: 'leaving',
  }),
  greeted: row('greeted', ['isUndecided', 'isPlaced', 'isReachable', 'isAnswered', 'hasRooms'], {
    accepted: 'connected',
    refused: 'leaving',
  }),
  connected: row('connected', ['isPlaced', 'isReachable', 'isAnswered', 'isConnected', 'isListed', 'hasRooms'], {
    parted: 'parting',
  }),
  parting: row('parting', ['isListed', 'hasRooms'], {
    left: 'leaving',
  }),
  leaving: row('leaving', ['hasRooms'], {
    finished: 'gone',
  }),
  gone: row('gone', [], {}),
};

/**
 * Why a socket was disconnected, in Socket.IO's words.
 * @publicApi
 */
export type DisconnectReason =
  | CloseReason
  | 'client namespace disconnect' // the client called disconnect()
  | 'server namespace disconnect' // the server did
  | 'forced server close'; // in Socket.IO's list, so that code comparing with it compiles; never used here
