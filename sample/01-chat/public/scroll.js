// Where the reader is in the conversation: at the end it stays at the end; further up it stays put, and a button tells what is new below.
import { byId } from './dom.js';

const NEAR = 90;

export class Scroll {
  #view = byId('scroll');
  #button = byId('to-latest');
  #atEnd = true;
  #below = 0;

  constructor() {
    this.#view.addEventListener('scroll', () => {
      this.#atEnd = this.#view.scrollHeight - this.#view.scrollTop - this.#view.clientHeight < NEAR;
      if (this.#atEnd) this.#below = 0;
      this.#showButton();
    });
    this.#button.addEventListener('click', () =>
      this.#view.scrollTo({ top: this.#view.scrollHeight, behavior: 'smooth' }),
    );
    // A keyboard that opens, a window that shrinks, a composer that grows: the end stays in view.
    new ResizeObserver(() => this.#atEnd && this.toEnd()).observe(this.#view);
  }

  toEnd() {
    this.#view.scrollTop = this.#view.scrollHeight;
    this.#atEnd = true;
    this.#below = 0;
    this.#showButton();
  }

  /** After `count` messages were added at the end. */
  follow(count) {
    if (this.#atEnd) return this.toEnd();
    this.#below += count;
    this.#showButton();
  }

  #showButton() {
    this.#button.hidden = this.#atEnd;
    const label = this.#below === 0 ? 'Latest' : this.#below === 1 ? '1 new message' : `${this.#below} new messages`;
    this.#button.querySelector('span').textContent = label;
  }
}
