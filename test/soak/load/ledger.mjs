/**
 * Checks what healthy clients get. Every message has a room, a speaker and a number that counts up from 1 per speaker
 * and room; every question has an id. The ledger is notified of each step that a client takes and of everything that
 * it gets, in the order in which that happens in one process, and keeps what must not happen as findings:
 *
 * - `lost`: a message was sent while the client was in the room, and did not arrive
 * - `repeated`, `reordered`: a message arrived twice, or after a later one
 * - `misdirected`: a message arrived from before the client joined the room, or after it left
 * - `early`: the same, among the messages that a client gets when it resumes. Like Socket.IO, the server looks at the
 *   rooms in which the client was when it lost its connection, so this is counted only
 * - `unanswered`, `wrong answer`: a question got no acknowledgement, more than one, or that of another question
 * - `dropped`, `refused`, `garbled`: reported by the clients themselves
 * - `late`: the same, if a client gave up to connect. A starved machine causes it, so this is counted only
 */
const KEPT = 50; // findings that are described; the others are counted only

export class Ledger {
  /** The number of findings by kind. */
  counts = {};
  /** Descriptions of the first findings. */
  findings = [];
  heard = 0;
  said = 0;
  answered = 0;
  #rooms = new Map(); // room -> speaker -> { sending, sent }: the highest number sent, and acknowledged
  #members = new Map(); // client -> room -> Membership
  #questions = new Map(); // client -> ids

  // --- Speakers ---

  sending(room, speaker, number) {
    const speakers = entryOf(this.#rooms, room, newMap);
    entryOf(speakers, speaker, newProgress).sending = number;
  }

  /** The server has acknowledged the message, so it has sent it to all members of the room. */
  sent(room, speaker, number) {
    this.#rooms.get(room).get(speaker).sent = number;
    this.said++;
  }

  // --- Listeners ---

  joining(client, room) {
    const rooms = entryOf(this.#members, client, newMap);
    rooms.set(room, new Membership(this.#progress(room, 'sent')));
  }

  /** Everything that is sent from now on must arrive. */
  joined(client, room) {
    this.#members.get(client).get(room).due = this.#progress(room, 'sending');
  }

  /** Everything that was acknowledged until now must arrive. */
  leaving(client, room) {
    this.#members.get(client).get(room).last = this.#progress(room, 'sent');
  }

  left(client, room) {
    const rooms = this.#members.get(client);
    this.#close(client, room, rooms.get(room));
    rooms.delete(room);
  }

  /** The client has disconnected without leaving its rooms: messages may have been under way. */
  gone(client) {
    for (const [room, membership] of this.#members.get(client) ?? []) this.#close(client, room, membership);
    this.#members.delete(client);
    this.#settle(client);
  }

  /** @param isMissed whether the message is one of those that a client gets when it resumes */
  heardBy(client, room, speaker, number, isMissed = false) {
    this.heard++;
    const membership = this.#members.get(client)?.get(room);
    if (membership === undefined) {
      this.find('misdirected', `${client} is not in ${room}, and got ${speaker}'s ${number}`);
      return;
    }
    const kind = membership.take(speaker, number);
    if (kind === null) return;
    const isEarly = kind === 'misdirected' && isMissed;
    this.find(isEarly ? 'early' : kind, `${client} in ${room}: ${speaker}'s ${number}`);
  }

  // --- Questions ---

  asked(client, id) {
    entryOf(this.#questions, client, () => new Set()).add(id);
  }

  answeredTo(client, id, answer) {
    this.answered++;
    if (!this.#questions.get(client)?.delete(id)) this.find('wrong answer', `${client} got a second answer to ${id}`);
    else if (answer !== id) this.find('wrong answer', `${client} asked ${id} and got ${JSON.stringify(answer)}`);
  }

  /** @param kind what must not happen */
  find(kind, what) {
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    if (this.findings.length < KEPT) this.findings.push(`${kind}: ${what}`);
  }

  // --- Inside ---

  #progress(room, field) {
    return new Map([...(this.#rooms.get(room) ?? [])].map(([speaker, progress]) => [speaker, progress[field]]));
  }

  #close(client, room, membership) {
    for (const [speaker, numbers] of membership.missing()) {
      for (const number of numbers) this.find('lost', `${client} in ${room}: ${speaker}'s ${number}`);
    }
  }

  #settle(client) {
    for (const id of this.#questions.get(client) ?? []) this.find('unanswered', `${client} asked ${id}`);
    this.#questions.delete(client);
  }
}

/** One client in one room. */
class Membership {
  /** Numbers that were acknowledged before the client asked to join, by speaker. */
  #before;
  /** The highest numbers that were sent before it had joined, by speaker: they may be missing. `null` until then. */
  due = null;
  /** The highest numbers that must arrive, by speaker. `null` if the client has not left. */
  last = null;
  #heard = new Map(); // speaker -> { next, gaps }

  constructor(before) {
    this.#before = before;
  }

  /** @returns the kind of finding, or `null` */
  take(speaker, number) {
    const heard = this.#heard.get(speaker);
    if (heard === undefined) return this.#takeFirst(speaker, number);
    if (number >= heard.next) {
      for (let missed = heard.next; missed < number; missed++) heard.gaps.add(missed);
      heard.next = number + 1;
      return null;
    }
    return heard.gaps.delete(number) ? 'reordered' : 'repeated';
  }

  /** The numbers that have not arrived, by speaker. */
  *missing() {
    for (const [speaker, { gaps }] of this.#heard) yield [speaker, gaps];
    for (const [speaker, last] of this.last ?? []) {
      const next = this.#heard.get(speaker)?.next ?? (this.due?.get(speaker) ?? 0) + 1;
      yield [speaker, range(next, last)];
    }
  }

  #takeFirst(speaker, number) {
    const heard = { next: number + 1, gaps: new Set() };
    this.#heard.set(speaker, heard);
    const required = this.due === null ? number : (this.due.get(speaker) ?? 0) + 1;
    for (let missed = required; missed < number; missed++) heard.gaps.add(missed);
    return number <= (this.#before.get(speaker) ?? 0) ? 'misdirected' : null;
  }
}

const newMap = () => new Map();
const newProgress = () => ({ sending: 0, sent: 0 });

function entryOf(map, key, make) {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

function range(first, last) {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}
