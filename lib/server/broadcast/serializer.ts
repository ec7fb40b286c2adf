/**
 * Applies the option `serialize` to the arguments of an event or acknowledgement, before they are broadcast to
 * receivers or other servers. Arrays and plain objects are searched for instances of classes, and copied only if they
 * contain one.
 */
import { types } from 'node:util';
import { MAX_OUTGOING_DEPTH } from '../../protocol/internal.js';

/**
 * The option `serialize`.
 * @publicApi
 */
export type Serialize = (instance: object) => unknown;

/** Returns the values to send for the arguments of a packet. */
export type Serializer = <Args extends readonly unknown[]>(args: Args) => Args;

export function createSerializer(serialize: Serialize): Serializer {
  return (args) => serialized(args, serialize, 0) as typeof args;
}

function serialized(value: unknown, serialize: Serialize, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_OUTGOING_DEPTH) return value; // refused when the packet is encoded
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value.map((item: unknown) => serialized(item, serialize, depth + 1));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return isBuiltIn(value) ? value : serialize(value);
  let copy: Record<string, unknown> | null = null;
  for (const [key, item] of Object.entries(value)) {
    const sent = serialized(item, serialize, depth + 1);
    if (sent !== item) (copy ??= { ...value })[key] = sent;
  }
  return copy ?? value;
}

/** Whether JavaScript defines the class: the codec knows what to do with it. */
function isBuiltIn(value: object): boolean {
  return (
    types.isDate(value) ||
    ArrayBuffer.isView(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isMap(value) ||
    types.isSet(value) ||
    types.isBoxedPrimitive(value)
  );
}
