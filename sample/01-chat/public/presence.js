// Whether the visitor is away: the page is hidden, or has not been used for a while.
const IDLE = 5 * 60_000; // ms

export class Presence {
  #away = document.hidden;
  #timer;
  #changed;

  /** `changed(away)` is called on every change. */
  constructor({ changed }) {
    this.#changed = changed;
    for (const event of ['visibilitychange', 'pointermove', 'pointerdown', 'wheel', 'keydown']) {
      addEventListener(event, () => this.#look(), { passive: true });
    }
    this.#look();
  }

  get away() {
    return this.#away;
  }

  #look() {
    clearTimeout(this.#timer);
    this.#set(document.hidden);
    if (!this.#away) this.#timer = setTimeout(() => this.#set(true), IDLE);
  }

  #set(away) {
    if (away === this.#away) return;
    this.#away = away;
    this.#changed(away);
  }
}
