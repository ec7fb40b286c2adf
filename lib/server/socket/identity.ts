/**
 * The user of a socket, and the time until which the user is authenticated. A socket has an identity as soon as it has
 * a user or an expiry; an anonymous socket has none, and costs nothing.
 */
import type { ClientReason } from '../../engine/internal.js';
import type { Timed } from './expiry-queue.js';

/** A socket as its identity sees it. */
export interface IdentifiedSocket {
  readonly connected: boolean;
  /** Its namespace. */
  readonly nsp: object;
  /** Its connection. */
  readonly client: { disconnect(reason?: ClientReason): void };
  /** Disconnects it at once. */
  drop(close: boolean, reason?: ClientReason): void;
  /** Called when its expiry is near, and when it has passed. */
  expiring(): void;
}

/** The value of `user` until an application sets it, since it may set `undefined` and `null`. */
export const UNSET = Symbol('unset');

export class Identity implements Timed {
  readonly socket: IdentifiedSocket;
  user: unknown = UNSET;
  userId: string | undefined;
  /** Whether the application has set the id itself, so that it does not follow from the user. */
  isExplicit = false;
  /** The id under which the index of users lists the socket. */
  listedAs: string | undefined = undefined;
  /** ms since 1970; `null` if the user never expires. */
  expiresAt: number | null = null;
  /** ms of the clock at which the user expires. */
  end = 0;
  // The place in the queue of expiries.
  due = 0;
  slot = -1;

  constructor(socket: IdentifiedSocket, userId: string | undefined) {
    this.socket = socket;
    this.userId = userId;
  }
}

/** The properties of a user that may be its id, in the order in which they are tried. */
const ID_PROPERTIES = ['id', 'sub', 'userId', '_id'] as const;

/** Returns the id of a user: the user itself if it is text, otherwise its `id`, `sub`, `userId` or `_id`. */
export function userIdOf(user: unknown): string | undefined {
  if (typeof user !== 'object' || user === null) return typeof user === 'string' ? idOf(user) : undefined;
  for (const name of ID_PROPERTIES) {
    const id = idOf((user as Readonly<Record<string, unknown>>)[name]);
    if (id !== undefined) return id;
  }
  return undefined;
}

/** Returns text, a number or an ObjectId of MongoDB as text. */
export function idOf(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value === '' ? undefined : value;
    case 'number':
    case 'bigint':
      return String(value);
    case 'object': {
      const objectId = (value ?? {}) as { toHexString?(): unknown };
      return typeof objectId.toHexString === 'function' ? String(objectId.toHexString()) : undefined;
    }
    default:
      return undefined;
  }
}
