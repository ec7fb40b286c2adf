// The reactions to messages: their counts below a message, and the picker that adds one.
import { byId, el } from './dom.js';

export class Reactions {
  #picker = byId('picker');
  #react;
  #me = '';
  #message; // for which the picker is open

  /** `react({ id, emoji, on })` adds or removes a reaction of the visitor. */
  constructor({ react }) {
    this.#react = react;
    byId('scroll').addEventListener('scroll', () => this.#picker.hidePopover());
  }

  /** Fills the picker. */
  offer(emoji, me) {
    this.#me = me;
    const choose = (one) => {
      this.#picker.hidePopover(); // returns the focus to the message
      this.#toggle(this.#message, one);
    };
    this.#picker.replaceChildren(
      ...emoji.map((one) => el('button', { type: 'button', 'aria-label': one, onclick: () => choose(one) }, one)),
    );
  }

  /** Opens the picker above an element, or below it if there is no room above. */
  pick(message, anchor) {
    this.#message = message;
    this.#picker.showPopover();
    const { left, width, top, bottom } = anchor.getBoundingClientRect();
    const { offsetWidth, offsetHeight } = this.#picker;
    const x = Math.min(Math.max(8, left + width / 2 - offsetWidth / 2), innerWidth - offsetWidth - 8);
    const above = top - offsetHeight - 6;
    const y = above < 8 ? Math.min(bottom + 6, innerHeight - offsetHeight - 8) : above;
    this.#picker.style.translate = `${x}px ${y}px`;
    this.#picker.firstElementChild.focus();
  }

  /** Shows the reactions to a message in its element. Called again when they change. */
  show(item, message) {
    const list = item.querySelector('.reactions');
    const focused = list.contains(document.activeElement) && document.activeElement.value;
    list.replaceChildren(
      ...Object.entries(message.reactions ?? {}).map(([emoji, people]) =>
        el('li', {}, this.#count(message, emoji, people)),
      ),
    );
    if (focused) (list.querySelector(`[value="${focused}"]`) ?? item.querySelector('.react')).focus();
  }

  #count(message, emoji, people) {
    return el(
      'button',
      {
        type: 'button',
        class: 'reaction',
        'data-testid': 'reaction',
        value: emoji,
        title: people.join(', '),
        'aria-label': `${emoji} from ${people.join(', ')}`,
        'aria-pressed': String(people.includes(this.#me)),
        onclick: () => this.#toggle(message, emoji),
      },
      emoji,
      el('span', {}, String(people.length)),
    );
  }
  #toggle({ id, reactions }, emoji) {
    this.#react({ id, emoji, on: !reactions?.[emoji]?.includes(this.#me) });
  }
}

/** Returns the people by emoji, as they are after a reaction was added or removed. */
export function withReaction(reactions = {}, { emoji, name, on }) {
  const people = (reactions[emoji] ?? []).filter((one) => one !== name);
  if (on) people.push(name);
  return Object.fromEntries(Object.entries({ ...reactions, [emoji]: people }).filter(([, all]) => all.length > 0));
}
