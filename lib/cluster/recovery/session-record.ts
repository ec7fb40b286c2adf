/** A session as it is stored in the engine: JSON, so that any node can read it. */
import { Offset } from './offset.js';

export interface SessionRecord {
  /** The node whose socket has the session. */
  readonly node: string;
  readonly sid: string;
  readonly rooms: readonly string[];
  readonly data: unknown;
  readonly userId?: string | undefined;
  /** ms since 1970 */
  readonly expiresAt?: number | undefined;
  /** The offset that the client presents again if it has received nothing since it joined or resumed. */
  readonly known: Offset;
  /** The offset after which such a client resumes. */
  readonly from: Offset;
  /** The offset of the last event that was sent to the client. */
  readonly sent: Offset;
  /** The offset of its node when this was written. */
  readonly asOf: Offset;
  /** The offset that the client must have reached to have the past of its rooms; `null` if it cannot have it. */
  readonly proof?: Offset | null | undefined;
  /** The ids of the events that it has had in the past of a room, before they arrived. */
  readonly past?: readonly string[] | undefined;
  /** The offset of its node when it joined each room. */
  readonly joined: ReadonlyMap<string, Offset>;
  /** The events that it has had of the nodes that it was on before: the number of the newest one. */
  readonly had: ReadonlyMap<string, number>;
}

/** @throws an exception of `JSON.stringify` if the data of the socket cannot be written */
export function encodeSession({ joined, had, proof, ...record }: SessionRecord): Buffer {
  return Buffer.from(
    JSON.stringify({
      ...record,
      known: String(record.known),
      from: String(record.from),
      sent: String(record.sent),
      asOf: String(record.asOf),
      ...(proof !== undefined && { proof: proof === null ? null : String(proof) }),
      joined: Array.from(joined, ([room, offset]) => [room, String(offset)]),
      had: [...had],
    }),
  );
}

/** @returns `null` for anything else than a record */
export function decodeSession(bytes: Buffer): SessionRecord | null {
  try {
    const value = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
    const { node, sid, rooms, data, userId, expiresAt, past = [] } = value as unknown as SessionRecord;
    const [known, from, sent, asOf] = ['known', 'from', 'sent', 'asOf'].map((name) =>
      Offset.parse(value[name] as string),
    );
    if (typeof sid !== 'string' || typeof node !== 'string' || !known || !from || !sent || !asOf) return null;
    const joined = new Map<string, Offset>();
    for (const [room, text] of value['joined'] as [string, string][]) {
      const offset = Offset.parse(text);
      if (offset !== null) joined.set(room, offset);
    }
    const had = new Map(value['had'] as [string, number][]);
    const proof = value['proof'] === undefined ? undefined : Offset.parse(value['proof'] as string | null);
    return {
      node,
      sid,
      rooms: [...rooms],
      data,
      userId,
      expiresAt,
      known,
      from,
      sent,
      asOf,
      proof,
      past: [...past],
      joined,
      had,
    };
  } catch {
    return null;
  }
}
