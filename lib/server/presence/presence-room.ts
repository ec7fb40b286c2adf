/** The users in a room, or in the whole namespace, and their changes that have not been announced. */
import type { Message } from '../../engine/internal.js';
import type { EventPacket } from '../../protocol/internal.js';

/** In place of the `meta` of a user that is not in the room. */
export const ABSENT: unique symbol = Symbol('absent');

/** An event, encoded once for all its receivers. */
export interface AnnouncedEvent {
  readonly packet: EventPacket;
  readonly message: Message;
}

/** @typeParam User for a room, the number of the tracked clients of a user */
export class PresenceRoom<User = unknown> {
  readonly users: Map<string, User>;
  /** The `meta` of each user that has changed since the last announcement, as it was then. */
  pending: Map<string, unknown> | null = null;
  /** The number of users as of the last announcement. */
  announced = 0;
  /** The users as of the last announcement, as clients that join get them. */
  state: AnnouncedEvent | null = null;
  /** Whether its last event could not be encoded: the next one has all users. */
  isBroken = false;

  /** @param name `null` for the namespace */
  constructor(
    readonly name: string | null,
    users: Map<string, User>,
  ) {
    this.users = users;
  }
}
