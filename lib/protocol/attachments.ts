/**
 * Takes binary parts out of a value and puts them back. An outgoing value is walked once, and only the containers on
 * the way to a binary part are copied. A value without binary parts is returned unchanged, to be serialised by the
 * native `JSON.stringify`. (A replacer function would find the parts in the same pass, but doubles the cost of
 * `JSON.stringify` for every packet; this walk adds 5 to 10 %.)
 * Source: Socket.IO protocol, revision 5, "Binary events".
 */
import { ProtocolError, SocketIoError } from '../errors.js';

/** Represents binary part number `num` in the JSON of a packet. */
export interface Placeholder {
  readonly _placeholder: true;
  readonly num: number;
}

/** A position in a decoded payload that is to be filled with a binary part. */
export interface Slot {
  readonly holder: Record<string, unknown> | unknown[];
  readonly key: string | number;
  readonly num: number;
}

/** Values nested more deeply than this are assumed to be circular. */
export const MAX_OUTGOING_DEPTH = 1_000;

/**
 * Replaces each `ArrayBuffer`, `Buffer`, typed array and `DataView` inside `value`, at any depth, with a placeholder
 * and appends its bytes to `parts` (a view, not a copy). `toJSON` of each object is called once.
 * @param keepToJson whether to leave objects with `toJSON` as they are, for a serialiser that supports them
 * @throws SocketIoError `VALUE_TOO_DEEP` for circular values
 */
export function detach(
  value: unknown,
  parts: Uint8Array[],
  key: string | number = '',
  depth = 0,
  keepToJson = false,
): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const bytes = bytesOf(value);
  if (bytes !== null) return { _placeholder: true, num: parts.push(bytes) - 1 } satisfies Placeholder;
  if (depth > MAX_OUTGOING_DEPTH) throw valueTooDeep();
  if (Array.isArray(value)) return detachArray(value, parts, depth, keepToJson);
  if (hasToJson(value)) {
    return keepToJson ? value : detach(withoutToJson(value.toJSON(String(key))), parts, key, depth + 1);
  }
  return detachObject(value as Record<string, unknown>, parts, depth, keepToJson);
}

export function valueTooDeep(): SocketIoError {
  return new SocketIoError(
    'VALUE_TOO_DEEP',
    `an emitted value must be plain data, got one that refers to itself or is nested more than ${MAX_OUTGOING_DEPTH} levels deep`,
  );
}

/**
 * Finds the positions in the payload of a binary packet that are to be filled with its parts.
 * @param value the parsed JSON; its depth and the number of its containers have been checked
 * @param count the number of parts that the header of the packet announced
 * @throws ProtocolError unless each of the numbers 0 to `count - 1` occurs exactly once
 */
export function findSlots(value: unknown, count: number): Slot[] {
  const slots: Slot[] = [];
  const seen = new Set<number>();
  // Without lists of entries: a payload of 1 MB may have 100,000 containers.
  const open: unknown[] = [value];
  const visit = (holder: Slot['holder'], key: string | number, item: object): void => {
    if (!isPlaceholder(item)) {
      open.push(item);
      return;
    }
    const { num } = item;
    if (!Number.isInteger(num) || num < 0 || num >= count || seen.has(num)) {
      throw new ProtocolError('illegal attachments: a placeholder has a number out of range or used before');
    }
    seen.add(num);
    slots.push({ holder, key, num });
  };
  for (let holder = open.pop(); holder !== undefined; holder = open.pop()) {
    if (Array.isArray(holder)) {
      for (let i = 0; i < holder.length; i++) {
        const item: unknown = holder[i];
        if (typeof item === 'object' && item !== null) visit(holder, i, item);
      }
    } else {
      const object = holder as Record<string, unknown>;
      for (const key in object) {
        const item = object[key];
        if (typeof item === 'object' && item !== null && Object.hasOwn(object, key)) visit(object, key, item);
      }
    }
  }
  if (slots.length !== count) throw new ProtocolError('illegal attachments: fewer placeholders than announced');
  return slots;
}

/** Puts the parts into the positions found by {@link findSlots}. */
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
  keepToJson: boolean,
): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let i = 0; i < array.length; i++) {
    const item = array[i];
    if (typeof item !== 'object' || item === null) continue; // saves a call in the common case
    const detached = detach(item, parts, i, depth + 1, keepToJson);
    if (detached !== item) (copy ??= array.slice())[i] = detached;
  }
  return copy ?? array;
}

function detachObject(
  object: Record<string, unknown>,
  parts: Uint8Array[],
  depth: number,
  keepToJson: boolean,
): Record<string, unknown> {
  let copy: Record<string, unknown> | undefined;
  for (const key in object) {
    const item = object[key];
    if (typeof item !== 'object' || item === null) continue;
    if (!Object.hasOwn(object, key)) continue; // inherited: JSON.stringify leaves it out, too
    const detached = detach(item, parts, key, depth + 1, keepToJson);
    if (detached === item) continue;
    copy ??= { ...object };
    Object.defineProperty(copy, key, { value: detached, writable: true, enumerable: true, configurable: true });
  }
  return copy ?? object;
}

/** @returns the bytes of a binary value as a view; `null` for any other value */
export function bytesOf(value: object): Uint8Array | null {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return value instanceof ArrayBuffer ? new Uint8Array(value) : null;
}

/** Prevents a call of `toJSON` on the result of a `toJSON`, which `JSON.stringify` does not make either. */
function withoutToJson(json: unknown): unknown {
  if (typeof json !== 'object' || json === null || Array.isArray(json) || bytesOf(json) !== null) return json;
  return hasToJson(json) ? { ...json, toJSON: undefined } : json;
}

export function hasToJson(value: object): value is { toJSON(key: string): unknown } {
  return typeof (value as { toJSON?: unknown }).toJSON === 'function';
}

function isPlaceholder(value: object): value is { num: number } {
  return (value as { _placeholder?: unknown })._placeholder === true;
}
