// The images in the conversation. Each is fetched when it comes near the screen and freed with its message.
import { el } from './dom.js';

export class Pictures {
  #urls = new Map(); // by message id
  #waiting = new Map(); // message by frame, for frames without an image
  #fetch;
  #open;
  #near;

  /** `fetch(id)` resolves to the bytes or null; `open(url, message)` shows an image at full size. */
  constructor({ fetch, open }) {
    this.#fetch = fetch;
    this.#open = open;
    this.#near = new IntersectionObserver((seen) => this.#fill(seen.filter((one) => one.isIntersecting)), {
      rootMargin: '400px',
    });
  }

  /** Returns the frame of an image at once. The image is added when it is loaded. */
  frame(message) {
    const { data, type } = message.image;
    if (data && !this.#urls.has(message.id)) {
      this.#urls.set(message.id, URL.createObjectURL(new Blob([data], { type })));
    }
    const frame = el('button', {
      class: 'picture',
      type: 'button',
      'aria-label': `Image from ${message.author}, open`,
      onclick: () => this.#urls.has(message.id) && this.#open(this.#urls.get(message.id), message),
    });
    if (this.#urls.has(message.id)) this.#show(frame, message);
    else {
      this.#waiting.set(frame, message);
      this.#near.observe(frame);
    }
    return frame;
  }

  drop(id) {
    URL.revokeObjectURL(this.#urls.get(id));
    this.#urls.delete(id);
    for (const [frame, message] of this.#waiting) if (message.id === id) this.#forget(frame);
  }

  #forget(frame) {
    this.#near.unobserve(frame);
    this.#waiting.delete(frame);
  }

  async #fill(seen) {
    for (const { target: frame } of seen) {
      const message = this.#waiting.get(frame);
      this.#forget(frame);
      if (!message) continue;
      const data = await this.#fetch(message.id).catch(() => undefined);
      if (data === undefined) frame.dataset.missing = 'This image could not be loaded.';
      else if (data === null) frame.dataset.missing = 'This image is no longer available.';
      else {
        if (!this.#urls.has(message.id)) {
          this.#urls.set(message.id, URL.createObjectURL(new Blob([data], { type: message.image.type })));
        }
        this.#show(frame, message);
      }
    }
  }

  #show(frame, message) {
    frame.replaceChildren(
      el('img', { src: this.#urls.get(message.id), alt: `From ${message.author}`, 'data-testid': 'message-image' }),
    );
  }
}
