/** Compares the messages that clients sent with the messages that they heard. */

export interface Said {
  /** Different for each connection of a client, since only the messages of one connection are in order. */
  readonly speaker: string;
  readonly room: string;
  /** From 1, for each speaker and room. */
  readonly number: number;
  /** ms */
  readonly at: number;
  /** When the server acknowledged the message, after it had emitted it; `null` if it did not. ms */
  ackedAt: number | null;
}

export type Heard = Pick<Said, 'speaker' | 'room' | 'number'>;

/** The time in which a client should get all messages. It goes on if the client resumes its session. */
export interface Presence {
  /** ms */
  readonly from: number;
  /** ms; `null` if it has not ended */
  to: number | null;
}

export interface Listener {
  readonly rooms: readonly string[];
  readonly heard: readonly Heard[];
}

/** An acknowledged message that a client in its room did not hear. */
export interface Missed<Message extends Said, Client extends Listener> {
  readonly message: Message & { readonly ackedAt: number };
  readonly listener: Client;
}

/** A message that was heard again, or after a later one of its speaker. */
export interface Disorder {
  readonly message: Heard;
  readonly kind: 'doubled' | 'reordered';
  /** The highest number that was heard before. */
  readonly newest: number;
}

/** Finds the acknowledged messages that did not reach a client, wherever that client was at the time. */
export function* missedBy<Message extends Said, Client extends Listener>(
  listeners: readonly Client[],
  messages: readonly Message[],
): Generator<Missed<Message, Client>> {
  const byRoom = new Map<string, { listener: Client; heard: Set<string> }[]>();
  for (const listener of listeners) {
    const heard = new Set(listener.heard.map(keyOf));
    for (const room of listener.rooms) byRoom.set(room, [...(byRoom.get(room) ?? []), { listener, heard }]);
  }
  for (const message of messages.filter(isAcknowledged)) {
    for (const { listener, heard } of byRoom.get(message.room) ?? []) {
      if (!heard.has(keyOf(message))) yield { message, listener };
    }
  }
}

/** Finds the messages that a client heard twice or out of order. */
export function disorderOf(heard: readonly Heard[]): Disorder[] {
  const streams = new Map<string, { newest: number; skipped: Set<number> }>();
  const found: Disorder[] = [];
  for (const message of heard) {
    const { speaker, room, number } = message;
    const stream = streams.get(`${speaker}/${room}`) ?? { newest: 0, skipped: new Set() };
    streams.set(`${speaker}/${room}`, stream);
    const { newest, skipped } = stream;
    if (number <= newest) {
      found.push({ message, kind: skipped.delete(number) ? 'reordered' : 'doubled', newest });
      continue;
    }
    for (let between = newest + 1; between < number; between++) skipped.add(between);
    stream.newest = number;
  }
  return found;
}

export function keyOf({ speaker, room, number }: Heard): string {
  return `${speaker}/${room}/${number}`;
}

function isAcknowledged<Message extends Said>(message: Message): message is Message & { readonly ackedAt: number } {
  return message.ackedAt !== null;
}
