// The login card: asks for a name, and shows why the server refused it.
import { avatar } from './avatar.js';
import { byId, byTestId } from './dom.js';

export class Login {
  #field = byTestId('name-input');
  #button = byTestId('enter-button');
  #logo = byId('login-avatar').firstElementChild;

  /** `enter(name)` is called when the form is submitted. */
  constructor({ enter }) {
    byId('login-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#say('');
      this.#wait(true);
      enter(this.#field.value);
    });
    this.#field.addEventListener('input', () => {
      this.#say('');
      this.#showFace();
    });
  }

  open(name, complaint = '') {
    if (name) this.#field.value = name;
    this.#wait(false);
    this.#showFace();
    this.#say(complaint);
    byId('login').hidden = false;
    this.#field.focus();
    this.#field.select();
  }

  close() {
    byId('login').hidden = true;
    this.#wait(false);
  }

  /** Shows that the server cannot be reached and that the client keeps trying. */
  retrying(name) {
    if (byId('login').hidden) this.open(name);
    this.#wait(true);
    this.#say('The server cannot be reached. Trying again…');
  }

  #wait(waiting) {
    this.#button.classList.toggle('busy', waiting);
    this.#button.disabled = waiting;
  }

  #say(complaint) {
    byTestId('login-error').textContent = complaint;
    this.#field.setAttribute('aria-invalid', complaint !== '');
  }

  #showFace() {
    const name = this.#field.value.trim();
    byId('login-avatar').replaceChildren(name ? avatar(name) : this.#logo);
  }
}
