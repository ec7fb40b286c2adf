/**
 * The messages between the presences of one namespace on different servers. A change is `[id]` for a client that is
 * gone, `[id, joined, left]` for one that has changed its rooms, or all that is known of a client.
 */
import { areTexts } from '../cluster/are-texts.js';
import { TRACKED_STATES, type TrackedClient, type TrackedState } from './tracked-client.js';

type Gone = readonly [id: string];
type Moved = readonly [id: string, joined: readonly string[], left: readonly string[]];
type Whole = readonly [
  id: string,
  user: string,
  meta: unknown,
  stamp: number,
  since: number,
  state: number,
  rooms: readonly string[],
];

export type ClientChange = Gone | Moved | Whole;

/** A change of another server, checked. */
export type ReceivedChange =
  | { readonly kind: 'gone'; readonly id: string }
  | {
      readonly kind: 'moved';
      readonly id: string;
      readonly joined: readonly string[];
      readonly left: readonly string[];
    }
  | {
      readonly kind: 'whole';
      readonly id: string;
      readonly user: string;
      readonly meta: unknown;
      readonly stamp: number;
      readonly since: number;
      readonly state: TrackedState;
      readonly rooms: readonly string[];
    };

export function wholeClient(client: TrackedClient): Whole {
  const { id, user, meta, stamp, since, state, rooms } = client;
  return [id, user, meta, stamp, since, TRACKED_STATES.indexOf(state), [...rooms]];
}

/** @throws TypeError */
export function receivedChanges(value: unknown): ReceivedChange[] {
  if (!Array.isArray(value)) throw new TypeError('the changes of a presence must be a list');
  return value.map(receivedChange);
}

/** @throws TypeError */
function receivedChange(value: unknown): ReceivedChange {
  if (!Array.isArray(value) || typeof value[0] !== 'string') throw new TypeError('a change must name a client');
  const id = value[0];
  if (value.length === 1) return { kind: 'gone', id };
  if (value.length === 3) {
    const [, joined, left] = value as readonly unknown[];
    if (!areTexts(joined) || !areTexts(left)) throw new TypeError('the rooms of a change must be texts');
    return { kind: 'moved', id, joined, left };
  }
  const [, user, meta = null, stamp, since, code, rooms] = value as readonly unknown[];
  const state = typeof code === 'number' ? TRACKED_STATES[code] : undefined;
  if (typeof user !== 'string' || !Number.isSafeInteger(stamp) || state === undefined || !areTexts(rooms)) {
    throw new TypeError('a tracked client must have a user, a stamp, a state and rooms');
  }
  return { kind: 'whole', id, user, meta, stamp: stamp as number, since: Number(since), state, rooms };
}
