// Messages of the visitor that the server has not confirmed. Each is delivered in the end, or fails and can be retried.
import { ConnectionLost } from './connection.js';

export class Outbox {
  #entries = new Map(); // by id, oldest first
  #deliver;
  #changed;

  /** `deliver(entry)` resolves to the server's receipt; `changed(entry)` is called on every change of state. */
  constructor({ deliver, changed }) {
    this.#deliver = deliver;
    this.#changed = changed;
  }

  of(room) {
    return [...this.#entries.values()].filter((entry) => entry.room === room);
  }

  add(entry) {
    this.#entries.set(entry.id, entry);
    entry.state = 'sending';
    return this.#send(entry);
  }

  retry(id) {
    const entry = this.#entries.get(id);
    if (!entry) return;
    entry.state = 'sending';
    this.#changed(entry);
    void this.#send(entry);
  }

  discard(id) {
    this.#entries.delete(id);
  }

  /** Sends the messages that waited for a room to be joined, in the order in which they were written. */
  flush(room) {
    for (const entry of this.of(room)) if (entry.state === 'sending') void this.#send(entry);
  }

  /** The server has sent the message to the room: it arrived, even if the receipt is lost. */
  confirm({ id, at }) {
    const entry = this.#entries.get(id);
    if (entry) this.#settle(entry, { state: 'delivered', at });
  }

  async #send(entry) {
    if (entry.busy) return;
    entry.busy = true;
    try {
      const { at } = await this.#deliver(entry);
      if (this.#entries.has(entry.id)) this.#settle(entry, { state: 'delivered', at });
    } catch (error) {
      if (error instanceof ConnectionLost) return; // waits for the next flush
      this.#settle(entry, { state: 'failed', reason: error.message });
    } finally {
      entry.busy = false;
    }
  }

  #settle(entry, change) {
    Object.assign(entry, change);
    if (entry.state === 'delivered') this.#entries.delete(entry.id);
    this.#changed(entry);
  }
}
