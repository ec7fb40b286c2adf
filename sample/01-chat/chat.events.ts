/**
 * The contract between the gateway and the page in `public/`: every event, both ways, with its payload.
 * Types only; nothing here runs.
 */

/** A line of the list of rooms. */
export interface RoomSummary {
  name: string;
  /** How many people are in it now. */
  members: number;
  /** How many messages were said since it opened; a page that remembers the last value knows what is unread. */
  total: number;
}

/** An image of a message. Its bytes travel with `said`; the history leaves them out, and `image` fetches them. */
export interface Picture {
  type: string;
  width: number;
  height: number;
  data?: Uint8Array;
}

export interface Message {
  /** A UUID chosen by the author's page, so that a message sent twice is kept once. */
  id: string;
  room: string;
  author: string;
  text: string;
  /** Milliseconds since 1970, by the server's clock. */
  at: number;
  image?: Picture;
}

/** What a client finds in a room that it joins. */
export interface RoomView {
  room: RoomSummary;
  members: string[];
  history: Message[];
}

export interface Receipt {
  id: string;
  at: number;
}

/** What every handler acknowledges instead when it fails. */
export interface Failure {
  error: { code: string; message: string; status?: number; details?: unknown };
}

export interface ServerEvents {
  /** Once after connecting: the name as the others see it, and all rooms. */
  welcome: (hello: { name: string; rooms: RoomSummary[] }) => void;
  /** A room is new, or its numbers changed. */
  room: (summary: RoomSummary) => void;
  /** A room was dropped. */
  closed: (room: string) => void;
  entered: (change: { room: string; name: string }) => void;
  left: (change: { room: string; name: string }) => void;
  said: (message: Message) => void;
  typing: (change: { room: string; name: string; active: boolean }) => void;
  /** The same person connected again, in another tab or after a lost connection. */
  replaced: () => void;
}

export interface ClientEvents {
  /** Leaves the present room and enters another, which is opened if need be. */
  join: (to: { room: string }, ack: (reply: RoomView | Failure) => void) => void;
  say: (
    message: Omit<Message, 'author' | 'at' | 'image'> & { image?: Omit<Picture, 'type'> },
    ack: (reply: Receipt | Failure) => void,
  ) => void;
  /** The bytes of an image in the present room, or null when they are no longer kept. */
  image: (of: { id: string }, ack: (reply: Uint8Array | null | Failure) => void) => void;
  typing: (state: { active: boolean }) => void;
}
