// The form for a new message: text, and images that are pasted, dropped or chosen. It does not know about the server.
import { Attachments } from './attachments.js';
import { byId, byTestId } from './dom.js';
import { imagesOf } from './images.js';

const REMIND = 2000; // ms between two typing events while I am still writing

export class Composer {
  #field = byTestId('composer-input');
  #attachments = new Attachments({ changed: () => this.#showReady() });
  #remindedAt = 0;
  #on;

  /** `on` has `send(text, images)` and `typing(active)`. */
  constructor(on) {
    this.#on = on;
    byId('composer').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#send();
    });
    this.#field.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#send();
    });
    this.#field.addEventListener('input', () => this.#written());
    this.#takeFiles();
    this.#showReady();
  }

  /** Sets the room that the next message is for. */
  setRoom(room) {
    this.#field.placeholder = `Message ${room}`;
    byId('drop').firstElementChild.textContent = `Drop images to share them in ${room}`;
    this.complain('');
  }

  complain(sentence) {
    this.#attachments.complain(sentence);
  }

  focus() {
    // On a touch screen, focusing would open the keyboard over the messages.
    if (matchMedia('(pointer: fine)').matches) this.#field.focus();
  }

  #send() {
    if (this.#attachments.busy) return;
    const text = this.#field.value.trim();
    const images = this.#attachments.take();
    if (text === '' && images.length === 0) return;
    this.#field.value = '';
    this.#written();
    this.#on.send(text, images);
    this.#field.focus();
  }

  #written() {
    const active = this.#field.value.trim() !== '';
    const now = Date.now();
    if (active !== this.#remindedAt > 0 || (active && now - this.#remindedAt > REMIND)) {
      this.#remindedAt = active ? now : 0;
      this.#on.typing(active);
    }
    this.#showReady();
  }

  #showReady() {
    const ready = this.#field.value.trim() !== '' || this.#attachments.size > 0;
    byTestId('send-button').classList.toggle('ready', ready);
    // Fits the field to its text. A hidden field has no height to measure.
    this.#field.style.height = 'auto';
    if (this.#field.scrollHeight > 0) this.#field.style.height = `${this.#field.scrollHeight}px`;
  }

  #takeFiles() {
    const room = byId('room');
    const drop = byId('drop');
    const add = (files, event) => {
      const images = imagesOf(files);
      if (images.length === 0) return;
      event?.preventDefault();
      void this.#attachments.add(images);
      this.focus();
    };

    const chooser = byTestId('file-input');
    chooser.addEventListener('change', () => {
      add(chooser.files);
      chooser.value = '';
    });
    addEventListener('paste', (event) => !room.closest('[hidden]') && add(event.clipboardData?.files, event));

    let depth = 0; // dragenter and dragleave also bubble up from inner elements
    const show = (change) => {
      depth = Math.max(0, depth + change);
      drop.hidden = depth === 0;
    };
    room.addEventListener('dragenter', (event) => event.dataTransfer.types.includes('Files') && show(1));
    room.addEventListener('dragleave', (event) => event.dataTransfer.types.includes('Files') && show(-1));
    addEventListener('dragover', (event) => event.preventDefault());
    addEventListener('drop', (event) => {
      event.preventDefault();
      show(-depth);
      if (room.contains(event.target)) add(event.dataTransfer.files);
    });
  }
}
