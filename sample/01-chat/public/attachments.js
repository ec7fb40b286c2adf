// The images to be sent with the next message, each with a preview and a button to remove it.
import { byId, el, icon } from './dom.js';
import { prepare } from './images.js';

const MAX_ATTACHMENTS = 6;

export class Attachments {
  #list = byId('attachments');
  #note = byId('composer-note');
  #images = new Set();
  #preparing = 0;
  #changed;

  constructor({ changed }) {
    this.#changed = changed;
  }

  get size() {
    return this.#images.size;
  }

  get busy() {
    return this.#preparing > 0;
  }

  async add(files) {
    this.complain('');
    this.#preparing += 1;
    try {
      for (const file of files) {
        if (this.#images.size >= MAX_ATTACHMENTS)
          throw new Error(`You can send up to ${MAX_ATTACHMENTS} images at a time.`);
        this.#show(await prepare(file));
      }
    } catch (error) {
      this.complain(error.message);
    } finally {
      this.#preparing -= 1;
      this.#changed();
    }
  }

  /** Returns the images and clears the list. */
  take() {
    const images = [...this.#images];
    this.#images.clear();
    for (const preview of this.#list.querySelectorAll('img')) URL.revokeObjectURL(preview.src);
    this.#list.replaceChildren();
    this.#list.hidden = true;
    this.complain('');
    this.#changed();
    return images;
  }

  complain(sentence) {
    this.#note.textContent = sentence;
    this.#note.hidden = sentence === '';
  }

  #show(image) {
    this.#images.add(image);
    const url = URL.createObjectURL(new Blob([image.data], { type: image.type }));
    const item = el(
      'li',
      { class: 'attachment', 'data-testid': 'attachment' },
      el('img', { src: url, alt: 'Image to send' }),
    );
    const remove = () => {
      this.#images.delete(image);
      URL.revokeObjectURL(url);
      item.remove();
      this.#list.hidden = this.#images.size === 0;
      this.#changed();
    };
    item.append(el('button', { type: 'button', 'aria-label': 'Remove the image', onclick: remove }, icon('close')));
    this.#list.append(item);
    this.#list.hidden = false;
  }
}
