// The members of the current room: the visitor first, then the others by name.
import { avatar } from './avatar.js';
import { byId, byTestId, el } from './dom.js';

const MAX_FACES = 3;

export class Members {
  #away = new Map(); // by name
  #me = '';

  get count() {
    return this.#away.size;
  }

  reset(members, me) {
    this.#away = new Map(members.map(({ name, away }) => [name, away]));
    this.#me = me;
    this.#draw();
  }

  set({ name, away = false }) {
    this.#away.set(name, away);
    this.#draw();
  }

  remove(name) {
    this.#away.delete(name);
    this.#draw();
  }

  #draw() {
    const isOther = (name) => name !== this.#me;
    const names = [...this.#away.keys()].sort((a, b) => isOther(a) - isOther(b) || a.localeCompare(b));
    byTestId('member-list').replaceChildren(
      ...names.map((name) =>
        el(
          'li',
          { class: 'member', 'data-testid': 'member', 'data-away': this.#away.get(name) },
          el('span', { class: 'presence' }, avatar(name)),
          el('span', { class: 'member-name', dir: 'auto' }, name),
          isOther(name) ? null : el('span', { class: 'you' }, 'you'),
          this.#away.get(name) ? el('span', { class: 'you' }, 'away') : null,
        ),
      ),
    );
    byId('member-count').textContent = String(names.length);
    const faces = names.slice(0, MAX_FACES).map((name) => avatar(name));
    byId('open-members').replaceChildren(...faces, el('span', { class: 'faces-count' }, String(names.length)));
    byId('open-members').setAttribute('aria-label', `Who is here: ${names.length}`);
  }
}
