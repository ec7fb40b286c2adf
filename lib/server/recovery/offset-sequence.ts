/**
 * Numbers the events of a namespace consecutively, broadcasts and events for one client alike, so that their order can
 * be restored. An event carries its position as an offset, a text that a client presents when it reconnects.
 */
import { createId } from '../../engine/internal.js';

/** Characters that distinguish the offsets of this process from those of another, which a client may still have. */
const EPOCH_LENGTH = 8;

export class OffsetSequence {
  readonly #epoch = createId().slice(0, EPOCH_LENGTH);
  #last = 0;

  /** Position of the newest event; 0 if there is none. */
  get last(): number {
    return this.#last;
  }

  /** The offset that the next event carries as last argument. */
  get next(): string {
    return this.#offset(this.#last + 1);
  }

  /** Takes the next position for an event. @returns the position */
  advance(): number {
    return ++this.#last;
  }

  /** The position that an offset denotes, or `null` if this sequence did not issue the offset. */
  positionOf(offset: string): number | null {
    const position = Number.parseInt(offset.slice(EPOCH_LENGTH + 1), 36);
    return position <= this.#last && this.#offset(position) === offset ? position : null;
  }

  #offset(position: number): string {
    return `${this.#epoch}.${position.toString(36)}`;
  }
}
