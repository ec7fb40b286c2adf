// The scroll position. At the end, the view follows new messages; further up it stays put, and a button counts them.
import { byId } from './dom.js';

const NEAR = 90;

export class Scroll {
  #view = byId('scroll');
  #button = byId('to-latest');
  #atEnd = true;
  #size = '';
  #below = 0;

  constructor() {
    const size = () => `${this.#view.clientWidth} x ${this.#view.clientHeight}`;
    this.#view.addEventListener('scroll', () => {
      if (size() !== this.#size) return; // the window was resized, and the observer below runs next
      this.#atEnd = this.#view.scrollHeight - this.#view.scrollTop - this.#view.clientHeight < NEAR;
      if (this.#atEnd) this.#below = 0;
      this.#showButton();
    });
    this.#button.addEventListener('click', () =>
      this.#view.scrollTo({ top: this.#view.scrollHeight, behavior: 'smooth' }),
    );
    // Keeps the end in view when a keyboard opens, the window shrinks or the composer grows.
    new ResizeObserver(() => {
      this.#size = size();
      if (this.#atEnd) this.toEnd();
    }).observe(this.#view);
  }

  toEnd() {
    this.#view.scrollTop = this.#view.scrollHeight;
    this.#atEnd = true;
    this.#below = 0;
    this.#showButton();
  }

  /** Called after `count` messages were added at the end. */
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
