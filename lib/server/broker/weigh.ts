/** Nothing that was encoded is nested more deeply, so a value that is must refer to itself. */
const MAX_DEPTH = 1_000;

/** Estimates the bytes that an adapter will encode a message to, without encoding it. */
export function weigh(value: unknown, depth = 0): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return 8;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value.byteLength;
  let sum = 16;
  if (Array.isArray(value)) for (const item of value) sum += weigh(item, depth + 1);
  else
    for (const key of Object.keys(value)) sum += key.length + weigh((value as Record<string, unknown>)[key], depth + 1);
  return sum;
}
