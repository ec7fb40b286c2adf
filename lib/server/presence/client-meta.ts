/** The `user` and `meta` that an application gives for a client, checked: a client may have chosen them. */
import { isThenable } from '../../engine/internal.js';
import { cut, SocketIoError } from '../../errors.js';
import { describeValue } from '../../options.js';
import type { MergeMetas } from './presence-options.js';

/** Characters in the id of a user, as many as in the name of a room. */
const USER_LENGTH = 255;

/** Levels of arrays and objects within a `meta`: far below the number at which encoders give up. */
const DEPTH = 100;

/**
 * @param user `undefined` for an anonymous client
 * @throws SocketIoError `INVALID_ARGUMENT`
 */
export function checkedUser(user: unknown): string {
  if (user === undefined || user === null) {
    throw new SocketIoError(
      'INVALID_ARGUMENT',
      'track() needs the id of a user, and the client is anonymous: write track(client, { user }), or set client.user before',
    );
  }
  const id = typeof user === 'number' ? String(user) : user;
  if (typeof id === 'string' && id !== '' && id.length <= USER_LENGTH) return id;
  throw new SocketIoError(
    'INVALID_ARGUMENT',
    `the id of a user must be a number or a text of 1 to ${USER_LENGTH} characters, got ${cut(describeValue(user))}`,
  );
}

/**
 * Returns a copy of a `meta`; `null` for `undefined`.
 * @param limit bytes as JSON
 * @throws SocketIoError `META_TOO_LARGE`, `VALUE_TOO_DEEP`; `INVALID_ARGUMENT` for a value that JSON does not support
 */
export function checkedMeta(meta: unknown, limit: number): unknown {
  if (meta === undefined || meta === null) return null;
  if (isDeeper(meta, DEPTH)) {
    throw new SocketIoError(
      'VALUE_TOO_DEEP',
      `meta must be plain data, got a value that refers to itself or is nested more than ${DEPTH} levels deep`,
    );
  }
  const text = textOf(meta);
  const size = Buffer.byteLength(text);
  if (size > limit) {
    throw new SocketIoError(
      'META_TOO_LARGE',
      `meta must have at most ${limit} bytes as JSON, got ${size}: every client of a room gets it, so send less, or raise presence.metaBytes`,
    );
  }
  return JSON.parse(text) as unknown;
}

/**
 * Returns the `meta` of a user, as the option `presence.merge` makes it.
 * @throws SocketIoError as {@link checkedMeta}, and whatever the function throws
 */
export function mergedMeta(metas: readonly unknown[], merge: MergeMetas, limit: number): unknown {
  const merged = merge(metas);
  if (!isThenable(merged)) return checkedMeta(merged, limit);
  Promise.resolve(merged).catch(() => {}); // the error says enough
  throw new SocketIoError(
    'INVALID_ARGUMENT',
    'the option "presence.merge" must return the meta, got a promise: write a function that is not async',
  );
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((item) => isDeeper(item, levels - 1));
}

/** @throws SocketIoError `INVALID_ARGUMENT` */
function textOf(meta: unknown): string {
  let cause: unknown;
  try {
    const text = JSON.stringify(meta) as string | undefined;
    if (text !== undefined) return text;
  } catch (error) {
    cause = error; // a bigint, or a `toJSON` that throws
  }
  const reason = cause instanceof Error ? `one that fails: ${cause.message}` : describeValue(meta);
  throw new SocketIoError('INVALID_ARGUMENT', `meta must be a value that JSON supports, got ${reason}`, { cause });
}
