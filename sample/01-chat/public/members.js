// The members of the current room: the visitor first, then the others by name.
import { avatar } from './avatar.js';
import { byId, byTestId, el } from './dom.js';

const MAX_FACES = 3;

export class Members {
  me = '';
  #people = new Map(); // `{ name, away }` by user

  get count() {
    return this.#people.size;
  }

  /** Shows a `presence_state`. */
  reset(users) {
    this.#people = new Map(users);
    this.#draw();
  }

  /** Applies a `presence_diff`. Returns the names of the people who have left. */
  apply({ joins, leaves }) {
    const left = leaves.map((user) => this.#people.get(user)?.name);
    for (const [user, person] of joins) this.#people.set(user, person);
    for (const user of leaves) this.#people.delete(user);
    this.#draw();
    return left;
  }

  #draw() {
    const isOther = ({ name }) => name !== this.me;
    const people = [...this.#people.values()].sort((a, b) => isOther(a) - isOther(b) || a.name.localeCompare(b.name));
    byTestId('member-list').replaceChildren(
      ...people.map(({ name, away }) =>
        el(
          'li',
          { class: 'member', 'data-testid': 'member', 'data-away': away },
          el('span', { class: 'presence' }, avatar(name)),
          el('span', { class: 'member-name', dir: 'auto' }, name),
          name === this.me ? el('span', { class: 'you' }, 'you') : null,
          away ? el('span', { class: 'you' }, 'away') : null,
        ),
      ),
    );
    byId('member-count').textContent = String(people.length);
    const faces = people.slice(0, MAX_FACES).map(({ name }) => avatar(name));
    byId('open-members').replaceChildren(...faces, el('span', { class: 'faces-count' }, String(people.length)));
    byId('open-members').setAttribute('aria-label', `Who is here: ${people.length}`);
  }
}
