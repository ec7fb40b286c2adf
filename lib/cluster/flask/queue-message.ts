/**
 * The messages of Flask-SocketIO's queue, decoded.
 *
 * Source: python-socketio 5.16, `PubSubManager`.
 */

/** Where to send an acknowledgement: to the process that stored `id` under `room`. */
export interface CallbackReference {
  readonly room: string;
  readonly namespace: string;
  readonly id: number;
}

export interface EmitMessage {
  readonly method: 'emit';
  readonly namespace: string;
  readonly event: string;
  readonly args: readonly unknown[];
  /** `null` means all clients of the namespace. */
  readonly rooms: readonly string[] | null;
  /** Ids of excluded clients. */
  readonly skipped: readonly string[];
  readonly callback: CallbackReference | null;
}

/** The acknowledgement of a client, for the process that requested it. */
export interface CallbackMessage {
  readonly method: 'callback';
  readonly namespace: string;
  /** The `room` of the reference, whichever client acknowledged. */
  readonly sid: string;
  readonly id: number;
  readonly args: readonly unknown[];
}

/** A command for one client, on whichever server it is. */
export type ClientMessage =
  | { readonly method: 'disconnect'; readonly namespace: string; readonly sid: string }
  | {
      readonly method: 'enter_room' | 'leave_room';
      readonly namespace: string;
      readonly sid: string;
      readonly room: string;
    };

/** All clients leave a room. */
export interface CloseRoomMessage {
  readonly method: 'close_room';
  readonly namespace: string;
  readonly room: string;
}

export type QueueMessage = EmitMessage | CallbackMessage | ClientMessage | CloseRoomMessage;
