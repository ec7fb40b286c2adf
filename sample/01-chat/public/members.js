// The members of the current room: the visitor first, then the others by name.
import { avatar } from './avatar.js';
import { byId, byTestId, el } from './dom.js';

const MAX_FACES = 3;

export class Members {
  #names = new Set();
  #me = '';

  get count() {
    return this.#names.size;
  }

  reset(names, me) {
    this.#names = new Set(names);
    this.#me = me;
    this.#draw();
  }

  add(name) {
    this.#names.add(name);
    this.#draw();
  }

  remove(name) {
    this.#names.delete(name);
    this.#draw();
  }

  #draw() {
    const isOther = (name) => name !== this.#me;
    const names = [...this.#names].sort((a, b) => isOther(a) - isOther(b) || a.localeCompare(b));
    byTestId('member-list').replaceChildren(
      ...names.map((name) =>
        el(
          'li',
          { class: 'member', 'data-testid': 'member' },
          avatar(name),
          el('span', { class: 'member-name' }, name),
          isOther(name) ? null : el('span', { class: 'you' }, 'you'),
        ),
      ),
    );
    byId('member-count').textContent = String(names.length);
    const faces = names.slice(0, MAX_FACES).map((name) => avatar(name));
    byId('open-members').replaceChildren(...faces, el('span', { class: 'faces-count' }, String(names.length)));
    byId('open-members').setAttribute('aria-label', `Who is here: ${names.length}`);
  }
}
