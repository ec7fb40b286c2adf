/**
 * Prepares a value for the MessagePack library, so that clients with `socket.io-msgpack-parser` decode what they would
 * get from its own encoder: binary data of every kind as bytes, the result of `toJSON`, `undefined` as `undefined`, and
 * no functions. Only the containers on the way to a change are copied.
 * Source: notepack.io 2.2, `encode`.
 */
import { bytesOf, hasToJson, MAX_OUTGOING_DEPTH, valueTooDeep } from '../attachments.js';

/** Takes the place of `undefined` in an array, where the library would write nil. */
export const UNDEFINED: object = Object.freeze({});

/** @throws SocketIoError `VALUE_TOO_DEEP` for circular values; exceptions of `toJSON` pass through */
export function prepare(value: unknown, key: string | number = '', depth = 0): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  const bytes = bytesOf(value);
  if (bytes !== null) return bytes;
  if (depth > MAX_OUTGOING_DEPTH) throw valueTooDeep();
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value;
  if (Array.isArray(value)) return prepareArray(value, depth);
  if (!hasToJson(value)) return prepareObject(value as Record<string, unknown>, depth);
  const json = value.toJSON(String(key));
  // As in JSON, `toJSON` of the result itself is not called: its member of that name, a function, is left out.
  const isPlain = typeof json === 'object' && json !== null && !Array.isArray(json) && bytesOf(json) === null;
  return isPlain ? prepareObject(json as Record<string, unknown>, depth + 1) : prepare(json, key, depth + 1);
}

function prepareArray(array: readonly unknown[], depth: number): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let i = 0; i < array.length; i++) {
    const item = array[i];
    const prepared = prepare(item, i, depth + 1);
    if (prepared === undefined) (copy ??= array.slice())[i] = UNDEFINED;
    else if (prepared !== item) (copy ??= array.slice())[i] = prepared;
  }
  return copy ?? array;
}

function prepareObject(object: Record<string, unknown>, depth: number): Record<string, unknown> {
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(object)) {
    const item = object[key];
    const prepared = prepare(item, key, depth + 1);
    if (prepared === item) continue;
    copy ??= { ...object };
    Object.defineProperty(copy, key, { value: prepared, writable: true, enumerable: true, configurable: true });
  }
  return copy ?? object;
}
