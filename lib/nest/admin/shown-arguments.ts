/** Events as a visitor sees them: plain data of a bounded size. */
import type { HandledEvent } from '../../server/internal.js';

/** Bytes of an event above which its arguments are not read at all. */
const MAX_BYTES = 65_536;

/** Characters of the arguments as JSON. */
const MAX_TEXT = 2_000;

/** Characters of the name of an event. */
const MAX_NAME = 200;

/** Returns the name and the arguments of an event. Frames of another server are decoded, which may fail. */
export function readEvent(packet: HandledEvent['packet']): readonly [name: string, args: readonly unknown[]] {
  try {
    const [name, ...args] = packet.data;
    return [String(name).slice(0, MAX_NAME), args];
  } catch {
    return ['(not readable)', []];
  }
}

/** @param bytes of the event on the wire */
export function shownArguments(args: readonly unknown[], bytes: number): readonly unknown[] {
  if (bytes > MAX_BYTES) return [`(${bytes} bytes)`];
  let json: string;
  try {
    json = JSON.stringify(args, described);
  } catch {
    return ['(not readable)']; // circular, or with a method toJSON that throws
  }
  return json.length <= MAX_TEXT ? (JSON.parse(json) as unknown[]) : [`${json.slice(0, MAX_TEXT)}…`];
}

/** Describes the values that JSON cannot hold. */
function described(this: unknown, key: string, value: unknown): unknown {
  const raw = (this as Readonly<Record<string, unknown>>)[key]; // a Buffer has been turned into an object already
  if (ArrayBuffer.isView(raw) || raw instanceof ArrayBuffer) return `(${raw.byteLength} bytes)`;
  return typeof value === 'bigint' ? String(value) : value;
}
