// The people who are typing. An entry expires after a few seconds, because the event that ends it may be lost.
import { byTestId, el } from './dom.js';

const EXPIRY = 4000; // ms

export class Typing {
  #line = byTestId('typing');
  #timers = new Map(); // by name

  set(name, active) {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
    if (active)
      this.#timers.set(
        name,
        setTimeout(() => this.set(name, false), EXPIRY),
      );
    this.#draw();
  }

  clear() {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#draw();
  }

  #draw() {
    const sentence = sentenceFor(Array.from(this.#timers.keys(), (name) => el('bdi', {}, name)));
    const dots = el('span', { class: 'dots', 'aria-hidden': 'true' }, el('i'), el('i'), el('i'));
    this.#line.replaceChildren(...(sentence.length > 0 ? [dots, el('span', {}, ...sentence)] : []));
  }
}

function sentenceFor(names) {
  if (names.length === 0) return [];
  if (names.length === 1) return [names[0], ' is typing…'];
  if (names.length === 2) return [names[0], ' and ', names[1], ' are typing…'];
  return ['Several people are typing…'];
}
