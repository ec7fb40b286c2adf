/** The option `presence`, with the reason for each default. */
import {
  checkMilliseconds,
  checkPositive,
  inGroup,
  invalidOption,
  refuseUnknownOptions,
  withDefaults,
} from '../../options.js';

/**
 * Returns the `meta` of a user, from those of its clients.
 * @param metas of all its clients in the namespace, that with the most recent `track` or `update` first. Those whose
 *   connection was lost are among them for `presence.grace`. It must not change them
 * @publicApi
 */
// oxlint-disable-next-line typescript/no-explicit-any -- as `data`: the application defines what it holds
export type MergeMetas = (metas: readonly any[]) => unknown;

/** @publicApi */
export interface PresenceOptions {
  /**
   * Milliseconds for which a client counts as present after its connection was lost. If a client of the same user is in
   * the room again by then, on any server, nothing is announced. @default 10000
   */
  grace?: number;
  /** Milliseconds for which the changes of a room are collected into one `presence_diff`. @default 100 */
  interval?: number;
  /** Bytes of the `meta` of a client, as JSON. @default 1000 */
  metaBytes?: number;
  /** Whether every client that has a `userId` when it is accepted is tracked, in all namespaces. @default false */
  auto?: boolean;
  /**
   * Returns the `meta` of a user from those of all its clients in the namespace, the most recent one first. It must
   * depend on them alone, so that all servers get the same; its result is bounded by `metaBytes`. Without it, the most
   * recent one is that of the user.
   */
  merge?: MergeMetas;
}

/** `merge` is `null` without a function. */
export type ResolvedPresenceOptions = Readonly<Required<Omit<PresenceOptions, 'merge'>>> & {
  readonly merge: MergeMetas | null;
};

export const PRESENCE_DEFAULTS = {
  grace: 10_000, // a page reloads, or a phone changes networks, within that time
  interval: 100, // too short to be noticed, and at most ten messages a second for each room
  metaBytes: 1_000, // a name, a status and the address of a picture: a room of 1,000 users is then at most 1 MB
  auto: false, // nothing is sent to clients unless the application asks for it
} as const;

/** @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION` */
export function resolvePresenceOptions(options: PresenceOptions = {}): ResolvedPresenceOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    invalidOption('presence', options, 'be an object', 'write presence: { grace: 10_000 }');
  }
  refuseUnknownOptions(options, [...Object.keys(PRESENCE_DEFAULTS), 'merge'], 'presence');
  const resolved = withDefaults<Omit<PresenceOptions, 'merge'>>(options, PRESENCE_DEFAULTS);
  const named = inGroup('presence', resolved);
  checkMilliseconds(named, 'presence.grace', 'presence.interval');
  checkPositive(named, 'presence.metaBytes');
  if (typeof resolved.auto !== 'boolean') invalidOption('presence.auto', resolved.auto, 'be true or false');
  const { merge = null } = options;
  if (merge !== null && typeof merge !== 'function') {
    invalidOption('presence.merge', merge, 'be a function', 'write presence: { merge: ([newest]) => newest }');
  }
  return { ...resolved, merge };
}
