/**
 * Takes binary parts out of a value and puts them back. Outwards it walks the value once and copies only
 * the containers on the way to a binary part: a value without any comes back as it is, and is then
 * serialised by the native `JSON.stringify`. (A replacer function would find the parts in the same pass,
 * but doubles the cost of `JSON.stringify` for everybody; this walk adds 5 to 10 %.)
 * Source: Socket.IO protocol, revision 5, "Binary events".
 */
import { ProtocolError, SocketIoError } from '../errors.js';

/** What stands in a packet's JSON for its binary part number `num`. */
export interface Placeholder {
  readonly _placeholder: true;
  readonly num: number;
}

/** A place in a decoded payload that waits for its binary part. */
export interface Slot {
  readonly holder: Record<string, unknown> | unknown[];
  readonly key: string | number;
  readonly num: number;
}

/** Deeper values than this are taken for circular ones. */
const MAX_OUTGOING_DEPTH = 1_000;

/**
 * Replaces each `ArrayBuffer`, `Buffer`, typed array and `DataView` inside `value`, at any depth, by a
 * placeholder and appends its bytes to `parts` (a view, not a copy). `toJSON` of each object is called once.
 * @param whole whether objects with `toJSON` stay as they are, for a serialiser that knows them
 * @throws SocketIoError `VALUE_TOO_DEEP` for circular values
 */
export function detach(
  value: unknown,
  parts: Uint8Array[],
  key: string | number = '',
  depth = 0,
  whole = false,
): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const bytes = bytesOf(value);
  if (bytes !== null) return { _placeholder: true, num: parts.push(bytes) - 1 } satisfies Placeholder;
  if (depth > MAX_OUTGOING_DEPTH) {
    throw new SocketIoError(
      'VALUE_TOO_DEEP',
      `an emitted value refers to itself or is nested more than ${MAX_OUTGOING_DEPTH} levels deep: emit plain data`,
    );
  }
  if (Array.isArray(value)) return detachArray(value, parts, depth, whole);
  if (hasToJson(value)) {
    return whole ? value : detach(withoutToJson(value.toJSON(String(key))), parts, key, depth + 1);
  }
  return detachObject(value as Record<string, unknown>, parts, depth, whole);
}

/**
 * Finds the places of a binary packet's payload that wait for its parts.
 * @param value what `JSON.parse` made; its depth has been checked
 * @param count how many parts the packet's header announced
 * @throws ProtocolError unless each of the numbers 0 to `count - 1` stands there exactly once
 */
export function findSlots(value: unknown, count: number): Slot[] {
  const slots: Slot[] = [];
  const seen = new Set<number>();
  const queue: unknown[] = [value];
  for (let holder = queue.pop(); holder !== undefined; holder = queue.pop()) {
    for (const [key, item] of Object.entries(holder as object)) {
      if (typeof item !== 'object' || item === null) continue;
      if (!isPlaceholder(item)) {
        queue.push(item);
        continue;
      }
      const { num } = item;
      if (!Number.isInteger(num) || num < 0 || num >= count || seen.has(num)) {
        throw new ProtocolError('illegal attachments: a placeholder has a number out of range or used before');
      }
      seen.add(num);
      slots.push({ holder: holder as Slot['holder'], key, num });
    }
  }
  if (slots.length !== count) throw new ProtocolError('illegal attachments: fewer placeholders than announced');
  return slots;
}

/** Puts the parts where {@link findSlots} found their placeholders. */
export function attach(slots: readonly Slot[], parts: readonly Uint8Array[]): void {
  for (const { holder, key, num } of slots) {
    // Defined, not assigned: the key may be `__proto__`, which is data here.
    Object.defineProperty(holder, key, { value: parts[num], writable: true, enumerable: true, configurable: true });
  }
}

function detachArray(
  array: readonly unknown[],
  parts: Uint8Array[],
  depth: number,
  whole: boolean,
): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let i = 0; i < array.length; i++) {
    const item = array[i];
    if (typeof item !== 'object' || item === null) continue; // spares the call for the common case
    const detached = detach(item, parts, i, depth + 1, whole);
    if (detached !== item) (copy ??= array.slice())[i] = detached;
  }
  return copy ?? array;
}

function detachObject(
  object: Record<string, unknown>,
  parts: Uint8Array[],
  depth: number,
  whole: boolean,
): Record<string, unknown> {
  let copy: Record<string, unknown> | undefined;
  for (const key in object) {
    const item = object[key];
    if (typeof item !== 'object' || item === null) continue;
    if (!Object.hasOwn(object, key)) continue; // inherited: JSON.stringify leaves it out, so do we
    const detached = detach(item, parts, key, depth + 1, whole);
    if (detached === item) continue;
    copy ??= { ...object };
    Object.defineProperty(copy, key, { value: detached, writable: true, enumerable: true, configurable: true });
  }
  return copy ?? object;
}

function bytesOf(value: object): Uint8Array | null {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return value instanceof ArrayBuffer ? new Uint8Array(value) : null;
}

/** What a `toJSON` returned, such that its own is not called: nor does `JSON.stringify`. */
function withoutToJson(json: unknown): unknown {
  if (typeof json !== 'object' || json === null || Array.isArray(json) || bytesOf(json) !== null) return json;
  return hasToJson(json) ? { ...json, toJSON: undefined } : json;
}

function hasToJson(value: object): value is { toJSON(key: string): unknown } {
  return typeof (value as { toJSON?: unknown }).toJSON === 'function';
}

function isPlaceholder(value: object): value is { num: number } {
  return (value as { _placeholder?: unknown })._placeholder === true;
}
