/**
 * Estimates the memory that the data of a session takes. The walk ends after {@link MAX_VALUES} values, because it runs
 * at every disconnect. It enters arrays and plain objects, Maps and Sets. Instances of classes count as one value:
 * they may belong to the application, which has them in any case.
 */
const MAX_VALUES = 1_000;

/** Bytes of an object, and of each place in it. */
const OBJECT = 48;
const PLACE = 16;

/** @returns bytes */
export function weightOf(data: unknown): number {
  try {
    return walk(data);
  } catch {
    return OBJECT; // a getter or a Proxy of the application throws
  }
}

function walk(data: unknown): number {
  const open: unknown[] = [data];
  let weight = 0;
  for (let visited = 0; visited < MAX_VALUES && open.length > 0; visited++) {
    const value = open.pop();
    if (typeof value === 'string') weight += value.length;
    if (typeof value !== 'object' || value === null) continue;
    weight += OBJECT;
    if (ArrayBuffer.isView(value)) weight += value.byteLength;
    else if (Array.isArray(value)) {
      weight += value.length * PLACE;
      for (let i = 0; i < value.length && open.length < MAX_VALUES; i++) open.push(value[i]);
    } else if (value instanceof Map || value instanceof Set) {
      weight += value.size * 2 * PLACE;
      for (const entry of value.entries()) if (open.push(...entry) >= MAX_VALUES) break;
    } else if (isPlain(value)) {
      for (const key in value) {
        weight += PLACE + key.length;
        if (open.push((value as Record<string, unknown>)[key]) >= MAX_VALUES) break;
      }
    }
  }
  return weight;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
