/**
 * The messages of Flask-SocketIO's queue, as they are meant.
 * Source: python-socketio 5.16, `PubSubManager`.
 */

/** Where the answer to an event goes: to the process that has kept `id` under `room`. */
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
  /** `null` is everybody. */
  readonly rooms: readonly string[] | null;
  /** Ids of clients that are left out. */
  readonly skipped: readonly string[];
  readonly callback: CallbackReference | null;
}

/** The answer of a client, for the process that asked. */
export interface CallbackMessage {
  readonly method: 'callback';
  readonly namespace: string;
  /** The `room` of its reference, whoever answered. */
  readonly sid: string;
  readonly id: number;
  readonly args: readonly unknown[];
}

/** Something is done to one client, wherever it is. */
export type ClientMessage =
  | { readonly method: 'disconnect'; readonly namespace: string; readonly sid: string }
  | {
      readonly method: 'enter_room' | 'leave_room';
      readonly namespace: string;
      readonly sid: string;
      readonly room: string;
    };

/** Everybody leaves a room. */
export interface CloseRoomMessage {
  readonly method: 'close_room';
  readonly namespace: string;
  readonly room: string;
}

export type QueueMessage = EmitMessage | CallbackMessage | ClientMessage | CloseRoomMessage;
