/**
 * The contract between the gateway and the page in `public/`: all events in both directions, with their payloads.
 * This file contains only types.
 */
import type { EMOJI } from './chat.dto.js';

export type Emoji = (typeof EMOJI)[number];

/** An entry in the list of rooms. */
export interface RoomSummary {
  name: string;
  /** How many people are in the room now. */
  members: number;
  /** Number of messages since the room opened. A page subtracts the last value it saw to count unread messages. */
  total: number;
}

/** The image in a message. Its bytes are fetched with the event `image`, so that the history stays small. */
export interface Picture {
  type: string;
  width: number;
  height: number;
}

export interface Message {
  /** A UUID chosen by the author's page. A message that is sent twice has the same id, and is shown once. */
  id: string;
  room: string;
  author: string;
  text: string;
  /** Server time, in ms since 1970. */
  at: number;
  image?: Picture;
}

/** A reaction to a message that was added (`on`) or removed. */
export interface Reaction {
  room: string;
  /** The id of the message. */
  id: string;
  emoji: Emoji;
  name: string;
  on: boolean;
}

/** A person, as the presence of a room shows it. */
export interface Member {
  name: string;
  /** Whether the page is hidden, or has not been used for a while. */
  away: boolean;
  /** A hash of the key with which the page claims the name again after a reload or a lost connection. */
  owner: string;
}

export interface Receipt {
  id: string;
  at: number;
}

/** The acknowledgement of any handler that fails. */
export interface Failure {
  error: { code: string; message: string; status?: number; details?: unknown };
}

export interface ServerEvents {
  /** Sent once after connecting: the client's name as shown to others, all rooms, and the emoji of reactions. */
  welcome: (hello: { name: string; rooms: RoomSummary[]; emoji: readonly Emoji[] }) => void;
  /** A room was opened, or its counts changed. */
  room: (summary: RoomSummary) => void;
  /** A room was closed. */
  closed: (room: string) => void;
  said: (message: Message) => void;
  reacted: (reaction: Reaction) => void;
  typing: (change: { room: string; name: string; active: boolean }) => void;
  /** The same person has connected again, from another tab or after losing the connection. */
  replaced: () => void;
}

export interface ClientEvents {
  /**
   * Leaves the current room and enters another, which is opened if it does not exist. Its messages and reactions since a
   * time, in ms since 1970, arrive before the acknowledgement.
   */
  join: (to: { room: string; since?: number }, ack: (reply?: RoomSummary | Failure) => void) => void;
  say: (
    message: Pick<Message, 'id' | 'room' | 'text'> & { image?: Omit<Picture, 'type'> & { data: Uint8Array } },
    ack: (reply: Receipt | Failure) => void,
  ) => void;
  /** Fetches the bytes of an image in the current room; null if they have been evicted. */
  image: (of: { id: string }, ack: (reply: Uint8Array | null | Failure) => void) => void;
  /** Adds a reaction to a message in the current room, or removes it. */
  react: (reaction: Pick<Reaction, 'id' | 'emoji' | 'on'>, ack: (reply?: Failure) => void) => void;
  away: (state: { away: boolean }) => void;
  typing: (state: { active: boolean }) => void;
}
